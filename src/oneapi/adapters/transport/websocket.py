"""Exchanges over a WebSocket: one frame is sent, and the frames of the answer come back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException

from oneapi.adapters.transport.proxies import DIRECT, ProxyRules, open_tunnel
from oneapi.adapters.transport.responses import BodyInPieces
from oneapi.adapters.transport.targets import Target
from oneapi.domain.errors import UpstreamBroken, UpstreamTimeout, UpstreamUnreachable

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from oneapi.adapters.transport.interface import Response, Timeouts

MAX_FRAME = 16 * 1024 * 1024


class WebSockets(Protocol):
    """Exchanges frames with providers."""

    async def send(self, url: str, frame: bytes) -> Response:
        """Connect to ``url`` (``ws://`` or ``wss://``) and send ``frame``.

        The answer's body has one line per frame. Raises the errors of ``Transport.send``.
        """


class WebSocketCaller:
    """Implements ``WebSockets``, with one connection per exchange."""

    def __init__(self, timeouts: Timeouts, proxies: ProxyRules = DIRECT) -> None:
        self._timeouts = timeouts
        self._proxies = proxies

    async def send(self, url: str, frame: bytes) -> FramesResponse:
        target = Target.parse("http" + url.removeprefix("ws"))
        name = target.name
        try:
            async with asyncio.timeout(self._timeouts.connect):
                connection = await connect(
                    url,
                    sock=await self._tunnel(target),
                    proxy=None,
                    max_size=MAX_FRAME,
                    compression=None,
                    open_timeout=None,
                )
        except InvalidStatus as refused:
            response = refused.response
            headers = {key.lower(): value for key, value in response.headers.raw_items()}
            return FramesResponse(
                None, name, self._timeouts, response.status_code, headers, bytes(response.body or b"")
            )
        except TimeoutError:
            raise UpstreamTimeout(f"{name}: no connection within {self._timeouts.connect:g} s") from None
        except (OSError, InvalidHandshake, WebSocketException) as error:
            raise UpstreamUnreachable(f"{name}: {type(error).__name__}") from None
        try:
            await connection.send(frame.decode())
        except ConnectionClosed:
            raise UpstreamBroken(f"{name}: the connection ended before an answer") from None
        except BaseException:
            connection.transport.abort()
            raise
        return FramesResponse(connection, name, self._timeouts, 200, {"content-type": "application/x-ndjson"})

    async def _tunnel(self, target: Target) -> socket.socket | None:
        """A tunnel to ``target``; None if it is reached without a proxy."""
        proxy = self._proxies.way_to(target.scheme, target.host, target.port)
        if proxy is None:
            return None
        return await open_tunnel(asyncio.get_running_loop(), proxy, target.host, target.port)


class FramesResponse(BodyInPieces):
    """Implements ``Response`` for the frames of an answer, one line each, or for a refused handshake."""

    def __init__(
        self,
        connection: ClientConnection | None,
        source: str,
        timeouts: Timeouts,
        status: int,
        headers: Mapping[str, str],
        body: bytes = b"",
    ) -> None:
        self.status = status
        self.headers = headers
        self._connection = connection
        self.source = source
        self._timeouts = timeouts
        self._body = body
        self._silent_for = timeouts.first_byte

    async def next(self) -> bytes:
        body, self._body = self._body, b""
        if body or self._connection is None:
            return body
        try:
            async with asyncio.timeout(self._silent_for):
                frame = await self._connection.recv()
        except TimeoutError:
            raise UpstreamTimeout(f"{self.source}: silent for {self._silent_for:g} s") from None
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                raise UpstreamBroken(f"{self.source}: the connection was lost") from None
            return b""
        self._silent_for = self._timeouts.idle
        data = frame.encode() if isinstance(frame, str) else frame
        return data.replace(b"\n", b" ") + b"\n"

    def release(self) -> None:
        """Cut the connection at once, without the closing handshake: nobody would wait for its round trip."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.transport.abort()
