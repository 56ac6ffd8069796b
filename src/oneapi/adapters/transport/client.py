"""httpx over our own transport: forms, JSON and authentication for calls that are not relayed requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from oneapi.adapters.transport.interface import Response, Transport


def client_over(transport: Transport, *, largest_answer: int) -> httpx.AsyncClient:
    """A client that follows no redirects, keeps no cookies and ignores the environment.

    Answers have only a status and a body; reading a body of more than ``largest_answer`` bytes raises UpstreamGarbage.
    Calls raise the errors of ``Transport.send`` and ``Response.read``, and httpx.InvalidURL or UnicodeError for a URL
    or text that cannot be encoded. They have no time limit: callers use ``asyncio.timeout``.
    """
    return httpx.AsyncClient(
        transport=_OverTransport(transport, largest_answer),
        # Without it httpx would replace a call's Authorization by the user and password of the URL.
        auth=httpx.Auth(),
        headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "one-api"},
        trust_env=False,
    )


class _OverTransport(httpx.AsyncBaseTransport):
    def __init__(self, transport: Transport, largest_answer: int) -> None:
        self._transport = transport
        self._largest_answer = largest_answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = [(_text(name), _text(value)) for name, value in request.headers.raw]
        body = await request.aread()
        answer = await self._transport.send(request.method, str(request.url), headers, body or None)
        # Headers are dropped: no Location to follow, no cookies to keep, and nothing to decompress twice.
        return httpx.Response(answer.status, stream=_Body(answer, self._largest_answer))


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: Response, limit: int) -> None:
        self._answer = answer
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield await self._answer.read(self._limit)

    async def aclose(self) -> None:
        self._answer.release()


def _text(value: bytes) -> str:
    """``value`` as the string that the transport encodes to the same bytes."""
    return value.decode("utf-8", "surrogateescape")
