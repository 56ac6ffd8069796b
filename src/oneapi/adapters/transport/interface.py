"""Bytes to and from providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@frozen
class Timeouts:
    """Seconds per attempt; ``total`` None: no limit of the whole exchange."""

    connect: float = 10.0
    #: From the request's last byte to the complete response header.
    first_byte: float = 300.0
    #: Between two pieces of the body.
    idle: float = 120.0
    total: float | None = None


class Response(Protocol):
    """An answer whose header is complete. Header names are in lower case; the last of equal names wins."""

    status: int
    headers: Mapping[str, str]

    async def read(self, limit: int) -> bytes:
        """The whole body, decoded of gzip/deflate; UpstreamGarbage when it exceeds ``limit`` bytes (decoded)."""

    async def next(self) -> bytes:
        """The next piece as it came; empty at the end.

        Raises UpstreamBroken when the body stops short, UpstreamTimeout when idle.
        """

    def release(self) -> None:
        """Back to the pool if the body was read to its end, else the connection is cut at once. Idempotent."""


class Transport(Protocol):
    async def send(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> Response:
        """Raises UpstreamUnreachable, UpstreamTimeout, UpstreamGarbage; their text names host and cause, no query.

        Raises InvalidParameter before anything is sent for a URL, method or header that could not be sent as it stands.
        Host, Content-Length and whatever else frames the request are the transport's own; no redirect is followed.
        Whoever is cancelled here, or in ``Response.next``, cuts the connection.
        """

    async def close(self) -> None: ...
