"""One HTTP/1.1 connection to a provider, and the pool in which it waits between requests."""

from __future__ import annotations

import asyncio
import math
import re
import select
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import httptools

from oneapi.domain.errors import (
    UpstreamBroken,
    UpstreamError,
    UpstreamGarbage,
    UpstreamTimeout,
    UpstreamUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.transport.interface import Timeouts
    from oneapi.adapters.writes import Writes

#: The most bytes of an answer's header, of its trailer, and of anything else that arrives without body data.
MAX_HEADER = 64 * 1024
#: The most bytes of one read. The event loop's own buffers have up to 256 kB, and a stalled stream would keep several.
READ_SIZE = 32 * 1024
#: Unread bytes at which reading from the socket pauses.
_HIGH_WATER = READ_SIZE
#: The time for which a server keeps an idle connection, and how many seconds earlier we discard it:
#: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Keep-Alive
_KEPT_FOR = re.compile(r"(?:.*[,\s])?timeout\s*=\s*(\d{1,9})(?:[,\s].*)?", re.IGNORECASE)
_EARLIER = 1.0
#: Bodies up to this size are copied behind the header, to be sent in one piece.
_SMALL_BODY = 64 * 1024
#: Seconds for one more look at the socket before a timeout, because the event loop itself may be late.
_SECOND_LOOK = 0.02


class _LowerNames(dict[bytes, str]):
    """Header names as lower-case text; caches a bounded number of them."""

    def __missing__(self, name: bytes) -> str:
        lower = name.decode("latin-1").lower()
        if len(self) < _MAX_NAMES and len(name) <= _MAX_NAME:
            self[name] = lower
        return lower


_MAX_NAMES = 2048
_MAX_NAME = 64
_LOWER_NAMES = _LowerNames()


class Pool:
    """The idle connections to one origin, the most recently used last."""

    __slots__ = ("closed", "idle", "idle_lifetime", "name", "size")

    def __init__(self, name: str, size: int, idle_lifetime: float) -> None:
        self.name = name
        self.size = size
        self.idle_lifetime = idle_lifetime
        self.idle: list[Connection] = []
        self.closed = False

    def take(self) -> Connection | None:
        """Remove and return the most recently used connection that can carry a request; cut all that cannot."""
        while self.idle:
            connection = self.idle.pop()
            if connection.fresh():
                return connection
            connection.cut()
        return None

    def put(self, connection: Connection) -> bool:
        """Add an idle connection; return False if there is no room."""
        if self.closed or len(self.idle) >= self.size:
            return False
        self.idle.append(connection)
        return True

    def forget(self, connection: Connection) -> None:
        """Remove a connection that has ended, if it is idle."""
        if connection in self.idle:
            self.idle.remove(connection)


class Connection(asyncio.BufferedProtocol):
    """A connection that carries one exchange at a time.

    Between exchanges ``complete`` is true, and any data that arrives ends the connection. A single timer runs for the
    connection's lifetime and checks the current deadline, so that moving the deadline is only an assignment.
    """

    # Without slots, every attribute access is slower on an object with more than thirty attributes.
    __slots__ = (
        "__weakref__",
        "_answered",
        "_barren",
        "_bodiless",
        "_buffered",
        "_closed_properly",
        "_deadline",
        "_interim",
        "_interval",
        "_lost",
        "_overdue",
        "_parser",
        "_poll",
        "_raw_headers",
        "_reusable",
        "_sent",
        "_timer",
        "_total_at",
        "_until_close",
        "_uploading",
        "complete",
        "ended",
        "error",
        "headers",
        "inbox",
        "living",
        "loop",
        "on_body",
        "on_header",
        "pieces",
        "pool",
        "reading_paused",
        "status",
        "timeouts",
        "transport",
        "waiter",
        "writes",
    )

    def __init__(
        self, pool: Pool, timeouts: Timeouts, living: set[Connection], writes: Writes, inbox: memoryview
    ) -> None:
        self.pool = pool
        self.writes = writes
        self.inbox = inbox
        self.timeouts = timeouts
        self.living = living
        self.pieces: list[bytes] = []
        self.complete = True
        self.error: UpstreamError | None = None
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.waiter: asyncio.Future[None] | None = None
        self.reading_paused = False
        self._buffered = 0
        self._barren = 0
        self._answered = False
        self._interim = False
        self._until_close = False
        self._reusable = False
        self._bodiless = False
        self._total_at = math.inf
        self._uploading: int | None = None
        self._deadline = math.inf
        self._overdue = False
        self._lost = False
        self._sent = False
        self._closed_properly = False
        self._timer: asyncio.TimerHandle | None = None
        self._interval = min(
            timeouts.first_byte, timeouts.idle, timeouts.total or math.inf, pool.idle_lifetime
        )
        # Bound methods that the parser keeps: body pieces and headers then cost no call of Python code.
        self._raw_headers: dict[bytes, bytes] = {}
        self.on_header = self._raw_headers.__setitem__
        self.on_body = self.pieces.append
        self._parser: Any = httptools.HttpResponseParser(self)

    # For the transport

    @property
    def usable(self) -> bool:
        return not (self._lost or self.transport.is_closing())

    def fresh(self) -> bool:
        """Whether this idle connection can carry another request, as far as this side can tell."""
        # Anything readable on an idle connection is its end, which the loop may not have noticed yet.
        return self.usable and self.loop.time() < self._deadline and not self._poll.poll(0)

    async def exchange(self, head: bytes, body: bytes | None, *, bodiless: bool, total_at: float) -> bool:
        """Send a request and wait for the complete header of its answer.

        Returns False if the connection ended before any byte of the request was sent, so that another connection may be
        tried. Raises UpstreamUnreachable, UpstreamTimeout, UpstreamGarbage.
        """
        if self._lost:
            return False
        self._raw_headers.clear()
        self._answered = self._interim = self.complete = False
        self._sent = True
        self._barren = 0
        self._bodiless = bodiless
        self._total_at = total_at
        self._deadline = min(self.loop.time() + self.timeouts.first_byte, total_at)
        if body and len(body) > _SMALL_BODY:
            self.writes.add(self.transport, head, self._unsent)
            self.writes.add(self.transport, body)
        else:
            self.writes.add(self.transport, head + body if body else head, self._unsent)
        await self.wait()
        if self._answered:
            return True
        if self.error is not None:
            raise self.error
        if self._sent:
            raise UpstreamUnreachable(f"{self.pool.name}: the connection ended before an answer")
        return False

    async def wait(self) -> None:
        """Wait for the next event on the connection. Cancelling the wait cuts the connection."""
        if self._lost:
            return
        self.waiter = self.loop.create_future()
        try:
            await self.waiter
        except BaseException:
            self.waiter = None
            self.cut()
            raise

    def take(self) -> bytes:
        """The bytes of the body that have arrived since the last call."""
        pieces = self.pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._buffered = 0
        if self.reading_paused:
            self._resume_reading()
        return data

    def finish(self) -> None:
        """End the exchange: return the connection to the pool after a clean end, otherwise cut it."""
        clean = self.complete and self._reusable and self.error is None and self._uploading is None
        if not clean or not self.usable:
            self.cut()
            return
        self.pieces.clear()
        self._buffered = 0
        if self.reading_paused:
            self._resume_reading()
        lifetime = self.pool.idle_lifetime
        if "keep-alive" in self.headers:
            lifetime = min(lifetime, _kept_for(self.headers["keep-alive"]))
        self._deadline = self.loop.time() + lifetime
        if not self.pool.put(self):
            self.cut()

    def cut(self) -> None:
        """Close the connection at once, without sending or receiving anything more."""
        if self.error is None and not self.complete:
            self.error = UpstreamBroken(f"{self.pool.name}: cut by the gateway")
        self._reusable = False
        self.transport.abort()

    # For asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self.loop.create_future()
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self.living.add(self)
        self._timer = self.loop.call_later(self._interval, self._tick)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  # the signature that asyncio calls
        return self.inbox

    def eof_received(self) -> None:
        """Note whether the other side ended the connection properly, and close it."""
        tls = self.transport.get_extra_info("ssl_object")
        try:
            # After close_notify the TLS object reports the end; after a cut connection it still waits for data.
            self._closed_properly = tls is None or not tls.read(1)
        except ssl.SSLZeroReturnError:
            self._closed_properly = True
        except ssl.SSLError:
            self._closed_properly = False

    def buffer_updated(self, nbytes: int) -> None:
        if self.complete:  # unsolicited data, or more than the announced body
            self._reusable = False
            self.transport.abort()
            return
        data = self.inbox[:nbytes]
        self._barren += nbytes
        try:
            if self._barren > MAX_HEADER and not self._answered:
                data = self._feed_header(data)
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._garbled(error)
            return
        if self.pieces:
            self._barren = 0
            self._buffered += nbytes
            if self.waiter is not None:
                self._wake()
            elif self._buffered >= _HIGH_WATER and not self.reading_paused and not self.complete:
                self._pause_reading()
                return
            if not self.complete:
                self._deadline = min(self.loop.time() + self.timeouts.idle, self._total_at)
        elif self.complete:
            self._wake()
        elif self._barren > MAX_HEADER:
            self._fail(UpstreamGarbage(f"{self.pool.name}: {MAX_HEADER} bytes of header without an end"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self.living.discard(self)
        self.ended.set_result(None)
        self.pool.forget(self)
        if self._timer is not None:
            self._timer.cancel()
        if not self.complete and self.error is None:
            if self._answered and self._until_close and self._closed_properly and exc is None:
                self.complete = True
            elif self._answered:
                self.error = UpstreamBroken(
                    f"{self.pool.name}: the connection ended in the middle of the answer"
                )
            elif self._barren:
                self.error = UpstreamUnreachable(f"{self.pool.name}: the connection ended within the header")
        self._wake()
        self._parser = None  # breaks a reference cycle

    def pause_writing(self) -> None:
        self._uploading = self.transport.get_write_buffer_size()

    def resume_writing(self) -> None:
        self._uploading = None
        if not self._answered:
            self._deadline = min(self.loop.time() + self.timeouts.first_byte, self._total_at)

    # For the parser

    def on_message_begin(self) -> None:
        if self.complete:
            raise ValueError("an answer without a request")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        raw = self._raw_headers
        if status < HTTPStatus.OK:
            if status == HTTPStatus.SWITCHING_PROTOCOLS:
                raise ValueError("the protocol was switched")
            self._interim = True
            raw.clear()
            return
        headers = _decoded(raw)
        coding = headers.get("transfer-encoding")
        if coding is not None and coding.strip().lower() != "chunked":
            raise ValueError("its transfer coding is not supported")
        self.status = status
        self.headers = headers
        self._until_close = coding is None and "content-length" not in headers
        self._answered = True
        self._barren = 0
        self._deadline = min(self.loop.time() + self.timeouts.idle, self._total_at)
        if self._bodiless:
            self.complete = True
            self._deadline = math.inf
        self._wake()

    def on_message_complete(self) -> None:
        if self._interim:
            self._interim = False
            return
        self._reusable = not self._bodiless and self._parser.should_keep_alive()
        self.complete = True
        self._deadline = math.inf

    # Internal

    def _unsent(self) -> None:
        """Note that the connection ended before any of the request was sent."""
        self._sent = False

    def _wake(self) -> None:
        waiter = self.waiter
        if waiter is not None:
            self.waiter = None
            if not waiter.done():
                waiter.set_result(None)

    def _fail(self, error: UpstreamError) -> None:
        self._reusable = False
        if self.error is None:
            self.error = error
        self._wake()
        self.transport.abort()

    def _garbled(self, error: Exception) -> None:
        reason = str(error.__context__ or error)
        if self.complete:
            self._fail(UpstreamBroken(f"{self.pool.name}: more data arrived than the answer's length"))
        elif self._answered:
            self._fail(UpstreamBroken(f"{self.pool.name}: the rest of the answer cannot be read: {reason}"))
        else:
            self._fail(UpstreamGarbage(f"{self.pool.name}: this is not an HTTP answer: {reason}"))

    def _feed_header(self, data: memoryview) -> memoryview:
        """Parse data that may still be header, up to its size limit; return the rest of ``data``."""
        room = len(data) - (self._barren - MAX_HEADER)
        self._parser.feed_data(data[:room])
        return data[room:] if self._answered else data[:0]

    def _pause_reading(self) -> None:
        self.reading_paused = True
        self.transport.pause_reading()
        self._deadline = self._total_at

    def _resume_reading(self) -> None:
        self.reading_paused = False
        if self.usable:
            self.transport.resume_reading()
        if not self.complete:
            self._deadline = min(self.loop.time() + self.timeouts.idle, self._total_at)

    def _tick(self) -> None:
        now = self.loop.time()
        if self._uploading is not None and now >= self._deadline:
            self._look_at_upload(now)
        if now < self._deadline:
            self._overdue = False
            self._timer = self.loop.call_at(min(self._deadline, now + self._interval), self._tick)
        elif not self._overdue:
            self._overdue = True
            self._timer = self.loop.call_later(_SECOND_LOOK, self._tick)
        elif self.complete:
            self.cut()
        else:
            self._fail(UpstreamTimeout(f"{self.pool.name}: {self._lateness(now)}"))

    def _look_at_upload(self, now: float) -> None:
        """Check that the upload makes progress; the first-byte limit starts when its last byte is sent."""
        left = self.transport.get_write_buffer_size()
        if self._uploading is not None and left < self._uploading:
            self._uploading = left
            self._deadline = min(now + self.timeouts.first_byte, self._total_at)

    def _lateness(self, now: float) -> str:
        if now >= self._total_at:
            return f"not done within {self.timeouts.total} s"
        if self._answered:
            return f"silent for {self.timeouts.idle} s within its answer"
        return f"no answer within {self.timeouts.first_byte} s"


def _kept_for(said: str) -> float:
    """Seconds for which an idle connection may be reused, from a ``Keep-Alive`` header."""
    found = _KEPT_FOR.fullmatch(said)
    return int(found[1]) - _EARLIER if found else math.inf


def _decoded(raw: Mapping[bytes, bytes]) -> dict[str, str]:
    """Decode all values in one call, which is three times as fast as one call each."""
    values = b"\n".join(raw.values()).decode("latin-1").split("\n")
    return dict(zip(map(_LOWER_NAMES.__getitem__, raw), values, strict=True)) if raw else {}
