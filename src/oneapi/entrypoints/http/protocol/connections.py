"""Client connections: their admission, timeouts and buffers."""

from __future__ import annotations

import asyncio
from itertools import islice
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from sanic.exceptions import RequestCancelled
from sanic.http.constants import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from oneapi.domain.errors import GatewayError, Overloaded, RequestTooSlow, ShuttingDown
from oneapi.entrypoints.http.protocol.exchanges import GatewayHttp
from oneapi.entrypoints.http.protocol.heads import HEAD_TIMEOUT

if TYPE_CHECKING:
    from oneapi.adapters.writes import Writes
    from oneapi.entrypoints.http.capacity import Capacity

_MOST_BUFFERED = 64 * 1024
KEEP_ALIVE = 120.0
#: Seconds in which a client must read data that does not fit into the network buffers.
SEND_TIMEOUT = 300.0
#: Seconds for which a refused client may keep sending, so that it gets to read the answer.
LINGER = 2.0
#: Seconds between two checks of the deadlines, and the most connections ended each time, because refusing a thousand at
#: once would delay all others.
_LOOK_EVERY, _MOST_ENDED = 0.25, 50
_OVERLOADED = (
    b'{"error":{"message":"the gateway is overloaded, try again shortly","type":"one_api_error","param":"",'
    b'"code":"overloaded"}}'
)
#: The answer for connections that are not admitted; no request has been read.
_NO_ROOM = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
) % (len(_OVERLOADED), _OVERLOADED)


class GatewayProtocol(HttpProtocol):
    """One connection of a client.

    Attributes:
        address: The client's address; empty if many clients share it, as behind a proxy.
        due: The deadline of what it waits for, in the time of ``time.monotonic``.
        guest: Whether it counts as a connection of an unauthenticated caller.
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
        #: The reader waiting for bytes; an Event would be slower.
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
        """Admit the connection, or answer that there is no room."""
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
        if self.conn_info is not None:  # otherwise it was never admitted
            self.authenticated()
            super().connection_lost(exc)  # type: ignore[no-untyped-call]  # Sanic's

    def data_received(self, data: bytes) -> None:
        """Buffer ``data`` for the reader; pause reading if the client is too far ahead."""
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
        """The deadline for the next request; the first must arrive at once."""
        if self._opened:
            until, self._opened = self._opened + HEAD_TIMEOUT, 0.0
            return until
        return monotonic() + KEEP_ALIVE

    async def receive_more(self, until: float = inf) -> None:
        """Wait for more data. Raises RequestTooSlow after ``until``, Overloaded to make room."""
        self.transport.resume_reading()
        self._reader = self.loop.create_future()
        self.due = until
        try:
            await self._reader
        finally:
            self.due = inf

    async def send(self, data: bytes) -> None:
        """Write ``data``, at the client's pace. Raises RequestCancelled if the client has left."""
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
        """Discard what the client still sends, for a moment: closing at once could destroy the answer in transit."""
        self._discards = True
        self.recv_buffer.clear()
        self._writes.flush()
        if self.transport.is_closing():
            return
        self.transport.write_eof()
        self.transport.resume_reading()
        await asyncio.sleep(LINGER)  # cancelled when the client closes

    def _read_on(self) -> None:
        transport = self.transport
        if transport is not None and not transport.is_closing():
            transport.resume_reading()

    def authenticated(self) -> None:
        """The caller is authenticated: the connection no longer counts as a guest's."""
        if self.guest:
            self.guest = False
            self.capacity.leave(self)

    def caller_address(self) -> str:
        """The client address of the current request."""
        request = self._http.request
        return self.app.ctx.address(request) if request else self.address

    # --- time and room ---------------------------------------------------------------------------

    def check_timeouts(self) -> None:
        """Do nothing: Sanic's timeouts only count silence, so that a byte now and then would keep a connection open."""

    def expire(self) -> None:
        """Handle a missed deadline."""
        if self._reader is not None:
            self._interrupt(RequestTooSlow())
        elif not self._can_write.is_set():
            self.transport.abort()

    def give_way(self) -> bool:
        """Close unless a request is being answered; whether the connection closes."""
        if self._reader is None or self._reader.done():
            return False
        self.guest = False
        self._interrupt(Overloaded())
        return True

    def close_if_idle(self) -> bool:
        """Called when the process is to end: half a request head is refused, as its rest could be long in coming."""
        if self._reader is not None and self._http.stage is Stage.REQUEST:
            self._interrupt(ShuttingDown())
        return super().close_if_idle()

    def _interrupt(self, error: GatewayError) -> None:
        """End the wait for more bytes: with ``error`` in the middle of a request, else silently."""
        reader, self._reader = self._reader, None
        if self._http.stage is Stage.IDLE and self._task:
            self._task.cancel()
        elif reader is not None and not reader.done():
            reader.set_exception(error)

    def close(self, timeout: float | None = None) -> None:
        """Close once everything has been sent."""
        self._writes.flush()
        super().close(timeout)


def _watch(loop: asyncio.AbstractEventLoop, capacity: Capacity, connections: set[GatewayProtocol]) -> None:
    """Check the deadlines of ``connections`` repeatedly; they change too often for a timer each."""
    capacity.watched = True
    planned = monotonic() + _LOOK_EVERY

    def look() -> None:
        now = monotonic()
        # If this check is late, the event loop was busy, and the data may be waiting to be read.
        if now < planned + _LOOK_EVERY:
            late = (one for one in connections if one.due < now)
            for connection in tuple(islice(late, _MOST_ENDED)):
                connection.expire()
        if connections:
            _watch(loop, capacity, connections)
        else:
            capacity.watched = False

    loop.call_later(_LOOK_EVERY, look)
