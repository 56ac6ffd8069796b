"""Connections of clients: who is taken on, how long each may take, and what is buffered for it."""

from __future__ import annotations

import asyncio
from itertools import islice
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from sanic.exceptions import RequestCancelled
from sanic.http.constants import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from oneapi.domain.errors import GatewayError, Overloaded, RequestTooSlow
from oneapi.entrypoints.http.protocol.exchanges import GatewayHttp
from oneapi.entrypoints.http.protocol.heads import HEAD_TIMEOUT

if TYPE_CHECKING:
    from oneapi.adapters.writes import Writes
    from oneapi.entrypoints.http.capacity import Capacity

_MOST_BUFFERED = 64 * 1024
KEEP_ALIVE = 120.0
#: Seconds for a client to read what would not fit into the buffers between us.
SEND_TIMEOUT = 300.0
#: Seconds for which a client that was refused may go on sending, so that it comes to read why.
LINGER = 2.0
#: How often deadlines are looked at, and how many connections are ended each time: refusing a thousand at once would
#: hold up all others.
_LOOK_EVERY, _MOST_ENDED = 0.25, 50
_OVERLOADED = (
    b'{"error":{"message":"the gateway is overloaded, try again shortly","type":"one_api_error","param":"",'
    b'"code":"overloaded"}}'
)
#: For connections that are not taken on; nothing of a request has been read.
_NO_ROOM = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
) % (len(_OVERLOADED), _OVERLOADED)


class GatewayProtocol(HttpProtocol):
    """One connection of a client.

    Attributes:
        address: Whose guest it is; empty where many clients share it, as behind a proxy.
        due: When whatever it waits for is too late; ``time.monotonic``.
        guest: Whether it counts among those of callers who are not authenticated.
    """

    HTTP_CLASS = GatewayHttp
    __slots__ = (
        "_discards",
        "_opened",
        "_reader",
        "_writes",
        "address",
        "capacity",
        "due",
        "guest",
    )
    transport: Any
    conn_info: Any
    _http: GatewayHttp

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        #: Who waits for bytes; an Event would cost more.
        self._reader: asyncio.Future[None] | None = None
        self._writes: Writes = self.app.ctx.writes
        self.capacity: Capacity = self.app.ctx.capacity
        self.address = ""
        self.due = inf
        self._opened = 0.0
        self.guest = False
        self._discards = False

    # --- what asyncio calls ----------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """Take the connection on, or say that there is no room."""
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple) and not self.app.ctx.address.believes(peer[0]):
            self.address = peer[0]
        if not self.capacity.arrive(self, len(self.connections)):
            transport.write(_NO_ROOM)
            transport.close()
            return
        self.guest = True
        self._opened = monotonic()
        super().connection_made(transport)  # type: ignore[no-untyped-call]  # Sanic's
        if not self.capacity.watched:
            _watch(self.loop, self.capacity, self.connections)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.conn_info is not None:  # else it was never taken on
            self.authenticated()
            super().connection_lost(exc)  # type: ignore[no-untyped-call]  # Sanic's

    def data_received(self, data: bytes) -> None:
        """Keep ``data`` for the reader; a client that is too far ahead has to wait."""
        if self._discards:
            self.transport.pause_reading()
            self.capacity.discards.enter(self._read_on)
            return
        self.recv_buffer += data
        if len(self.recv_buffer) >= _MOST_BUFFERED:
            self.transport.pause_reading()
        reader = self._reader
        if reader is not None:
            self._reader = None
            if not reader.done():
                reader.set_result(None)

    # --- what the state machine calls ------------------------------------------------------------

    def idle_until(self) -> float:
        """How long the next request is waited for; the first has to come at once."""
        if self._opened:
            until, self._opened = self._opened + HEAD_TIMEOUT, 0.0
            return until
        return monotonic() + KEEP_ALIVE

    async def receive_more(self, until: float = inf) -> None:
        """Wait until more has been received. Raises RequestTooSlow after ``until``, Overloaded to make room."""
        self.transport.resume_reading()
        self._reader = self.loop.create_future()
        self.due = until
        try:
            await self._reader
        finally:
            self.due = inf

    async def send(self, data: bytes) -> None:
        """Write ``data``, when the client keeps up. Raises RequestCancelled when it has left."""
        if not self._can_write.is_set():
            self.due = monotonic() + SEND_TIMEOUT
            try:
                await self._can_write.wait()
            finally:
                self.due = inf
        if self.transport.is_closing():
            raise RequestCancelled
        self._writes.add(self.transport, data)

    async def linger(self) -> None:
        """Drop what the client still sends, for a moment: closing at once could take the answer from it."""
        self._discards = True
        self.recv_buffer.clear()
        self._writes.flush()
        if self.transport.is_closing():
            return
        self.transport.write_eof()
        self.transport.resume_reading()
        await asyncio.sleep(LINGER)  # ended by the client's own end

    def _read_on(self) -> None:
        transport = self.transport
        if transport is not None and not transport.is_closing():
            transport.resume_reading()

    def authenticated(self) -> None:
        """Its client is known: the connection is no guest any more."""
        if self.guest:
            self.guest = False
            self.capacity.leave(self)

    def caller_address(self) -> str:
        """Where the request in hand comes from."""
        request = self._http.request
        return self.app.ctx.address(request) if request else self.address

    # --- time and room ---------------------------------------------------------------------------

    def check_timeouts(self) -> None:
        """Not Sanic's way: it counts silence, and a byte now and then keeps a connection for ever."""

    def expire(self) -> None:
        """What is waited for has not come in time."""
        if self._reader is not None:
            self._interrupt(RequestTooSlow())
        elif not self._can_write.is_set():
            self.transport.abort()

    def give_way(self) -> bool:
        """Close unless a request is being answered; whether it does."""
        if self._reader is None or self._reader.done():
            return False
        self.guest = False
        self._interrupt(Overloaded())
        return True

    def _interrupt(self, error: GatewayError) -> None:
        """End the wait for more bytes: with ``error`` in the middle of a request, else without a word."""
        reader, self._reader = self._reader, None
        if self._http.stage is Stage.IDLE and self._task:
            self._task.cancel()
        elif reader is not None and not reader.done():
            reader.set_exception(error)

    def close(self, timeout: float | None = None) -> None:
        """Once all has gone out."""
        self._writes.flush()
        super().close(timeout)


def _watch(loop: asyncio.AbstractEventLoop, capacity: Capacity, connections: set[GatewayProtocol]) -> None:
    """Look at the deadlines of ``connections`` while there are any: they move too often for timers of their own."""
    capacity.watched = True
    planned = monotonic() + _LOOK_EVERY

    def look() -> None:
        now = monotonic()
        # Where this comes late, the loop was busy, and what is missing may have been waiting to be read.
        if now < planned + _LOOK_EVERY:
            late = (one for one in connections if one.due < now)
            for connection in tuple(islice(late, _MOST_ENDED)):
                connection.expire()
        if connections:
            _watch(loop, capacity, connections)
        else:
            capacity.watched = False

    loop.call_later(_LOOK_EVERY, look)
