"""The transport's interface: bytes to and from providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@frozen
class Timeouts:
    """Time limits of one attempt in seconds; ``total`` limits the whole exchange, unless it is None."""

    connect: float = 10.0
    #: From the request's last byte to the end of the response header.
    first_byte: float = 300.0
    #: Between two pieces of the body.
    idle: float = 120.0
    total: float | None = None


class Response(Protocol):
    """An answer whose header is complete. Header names are in lower case; of repeated names the last counts."""

    status: int
    headers: Mapping[str, str]

    async def read(self, limit: int) -> bytes:
        """The whole body, decompressed. Raises UpstreamGarbage for more than ``limit`` decompressed bytes."""

    async def next(self) -> bytes:
        """The next piece of the body as it arrives; empty at the end.

        Raises UpstreamBroken if the body is truncated, UpstreamTimeout if nothing arrives for too long.
        """

    def release(self) -> None:
        """Return the connection to the pool if the body was read to its end, otherwise cut it. Idempotent."""


class Transport(Protocol):
    """Sends requests to providers."""

    async def send(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> Response:
        """Send a request, and return its answer once the header is complete. No redirect is followed.

        The transport sets Host, Content-Length and all other framing headers itself. Cancelling this call, or
        ``Response.next``, cuts the connection.

        Raises:
            UpstreamUnreachable, UpstreamTimeout, UpstreamGarbage: The message names host and cause, without the query.
            InvalidParameter: Before anything is sent, if the URL, the method or a header cannot be sent unchanged.
        """

    async def close(self) -> None: ...
