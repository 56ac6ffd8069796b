"""Sanic's HTTP/1.1, with those steps written anew that every request of the hot path or every attack pays for.

To a client it is the same but stricter: a request that is malformed, too slow or too large in any part is refused, and
what is buffered for callers stays within the bounds of ``capacity.py``. Sanic's signals ``http.lifecycle`` are not sent
for these steps, its access log is not written, and there are no WebSockets. See
``docs/decisions/0007-where-we-replace-sanic.md`` and ``docs/explain/limits.md``.
"""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from itertools import islice
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from sanic.exceptions import (
    BadRequest,
    ExpectationFailed,
    PayloadTooLarge,
    RequestCancelled,
    SanicException,
    ServerError,
)
from sanic.headers import format_http1_response
from sanic.helpers import has_message_body
from sanic.http import Http
from sanic.http.constants import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from oneapi.domain.errors import GatewayError, HeadTooLarge, Overloaded, RequestTooSlow, UpgradeRequired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.adapters.writes import Writes
    from oneapi.entrypoints.http.capacity import Capacity, Room

_NAME = re.compile(r"[!-9;-~]+")
_MOST_LINES_KEPT, _LONGEST_LINE_KEPT = 4096, 128
_LENGTH_DIGITS = 18
_MOST_BUFFERED = 64 * 1024
_LINE_END = b"\r\n"
_END = b"\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: Protocol -> whether the connection is kept where the client says nothing about it.
_KEPT = {"HTTP/1.1": True, "HTTP/1.0": False}
#: Headers that frame the request or decide about its connection, and those of them that are given once at most.
_DECISIVE = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"})
_ONCE = frozenset({"host", "content-length", "transfer-encoding"})
#: https://www.rfc-editor.org/rfc/rfc9110#section-7.2: a name or an address, and a port; it may be empty.
_read_host = lru_cache(maxsize=64)(re.compile(r"[!$%&'()*+,\-.0-9:;=A-Z\[\]_a-z~]*").fullmatch)

LONGEST_HEAD = 16 * 1024
MOST_LINES = 128
#: https://www.rfc-editor.org/rfc/rfc9112#section-7.1.1: extensions have no use here, and are dropped.
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t -~\x80-\xff]*)?")
_LONGEST_CHUNK_LINE = 256
_TRAILER = re.compile(rb"[!-9;-~]+:[\t -~\x80-\xff]*")
_LONGEST_TRAILERS = 4096

#: Seconds from a connection's first moment, or a request's first byte, to the complete head.
HEAD_TIMEOUT = 10.0
KEEP_ALIVE = 120.0
#: A body may take so many seconds, and one more for so many bytes of it that have arrived.
BODY_GRACE, LEAST_RATE = 20.0, 32 * 1024
#: Seconds for a client to read what would not fit into the buffers between us.
SEND_TIMEOUT = 300.0
#: Seconds for which a client that was refused may go on sending, so that it comes to read why.
LINGER = 2.0
#: Answers that end with their heads: https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1
_BODILESS = frozenset({204, 304})
#: Load balancers ask these also while everybody else is refused.
_ALWAYS = frozenset({"/healthz", "/readyz"})
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


#: What would end a header, or the whole head, before its time.
_BREAKS = str.maketrans("", "", "\r\n\0")


class _Headers(dict[str, tuple[str, str]]):
    """Lines of heads, each with the header that it holds: the name in lower case, and the value.

    Clients send nearly the same head again and again, so that short lines are remembered, a bounded number of them.
    """

    def __missing__(self, line: str) -> tuple[str, str]:
        name, value = line.split(":", 1)
        if not _NAME.fullmatch(name):
            raise ValueError(name)
        header = name.lower(), value.strip(" \t")
        if len(line) <= _LONGEST_LINE_KEPT:
            if len(self) >= _MOST_LINES_KEPT:
                self.clear()
            self[line] = header
        return header


_header = _Headers().__getitem__


class GatewayHttp(Http):
    """Sanic's state machine of one connection.

    Attributes:
        room: Where bytes of the body are counted while it arrives.
    """

    __slots__ = ("_body_since", "_capacity", "_held", "_in_chunk", "room")
    # Sanic puts there more than it says.
    request_body: Any
    request_bytes: Any
    request_bytes_left: Any
    response_func: Any
    request: Any
    response: Any
    protocol: Any
    room: Room

    def __init__(self, protocol: GatewayProtocol) -> None:
        super().__init__(protocol)  # type: ignore[no-untyped-call]  # Sanic's
        self._capacity = protocol.capacity
        self._body_since = 0.0
        self._held = 0
        self._in_chunk = False

    async def http1(self) -> None:  # noqa: C901  # a call for each step would cost every request
        """Serve one request after another, until the client or an error ends it."""
        protocol, capacity = self.protocol, self._capacity
        while self.keep_alive and self.stage is Stage.IDLE and not protocol.signal.stopped:
            self.init_for_request()  # type: ignore[no-untyped-call]  # Sanic's
            if not self.recv_buffer:
                await protocol.receive_more(protocol.idle_until())
            self.stage = Stage.REQUEST
            self.response_func = self.http1_response_header
            counted = 0
            try:
                await self.http1_request_header()
                request = self.request
                self.stage = Stage.HANDLER
                request.conn_info = protocol.conn_info
                if capacity.requests >= capacity.most_requests and request.path not in _ALWAYS:
                    raise Overloaded  # noqa: TRY301  # answered as any other error
                counted = 1
                capacity.requests += counted
                await self._handle(request)
                if self.stage is not Stage.IDLE:
                    await self._conclude()
            except RequestCancelled:
                return
            except Exception as error:  # noqa: BLE001  # whatever it is, the client gets an answer
                self.request_body = self.request_body or self.stage is Stage.REQUEST
                await capacity.refusals.through()
                await self.error_response(error)
            finally:
                capacity.requests -= counted
                if self._held:
                    self.room.give_back(protocol.caller_address(), self._held)
                    self._held = 0
            if self.request_body:
                await self._leave_rest()
            if self.request:
                self.request.stream = None
                if self.response:
                    self.response.stream = None

    async def _handle(self, request: Any) -> None:
        """As Sanic's ``handle_request``; routes that read their bodies themselves have no middleware, nor signals."""
        app = self.protocol.app
        try:
            route, handler, arguments = app.router.get(
                request.path, request.method, request.headers.get("host")
            )
        except SanicException:
            handler = None
        if not hasattr(handler, "is_stream"):
            await self.protocol.request_handler(request)
            return
        request.route, request._match_info = route, arguments  # noqa: SLF001  # as Sanic does
        self.request_max_size = inf
        try:
            response = await handler(request, **arguments)
            if response is not None:
                await request.respond(response)
                await self.http1_response_header(b"", end_stream=True)
        except Exception as error:  # noqa: BLE001  # whatever it is, the client gets an answer
            await app.handle_exception(request, error)

    async def _conclude(self) -> None:
        """End an answer that its handler has not ended."""
        if self.stage is Stage.HANDLER:
            raise ServerError("the handler gave no response")
        if self.stage is Stage.RESPONSE:
            await self.response.send(end_stream=True)

    async def http1_request_header(self) -> None:
        """Receive a head; ``self.request`` is what it says. Raises BadRequest, HeadTooLarge, UpgradeRequired."""
        buffer = self.recv_buffer
        searched, until = 0, 0.0
        while (end := buffer.find(_END, searched)) < 0 and len(buffer) <= LONGEST_HEAD:
            searched = max(0, len(buffer) - len(_END) + 1)
            until = until or monotonic() + HEAD_TIMEOUT
            await self.protocol.receive_more(until)
        if not 0 <= end <= LONGEST_HEAD:
            self._remember_target(bytes(buffer[:LONGEST_HEAD]))
            raise HeadTooLarge(limit=f"{LONGEST_HEAD // 1024} kB")
        head = bytes(buffer[:end])
        first, *lines = head.decode(errors="surrogateescape").split("\r\n")
        if len(lines) > MOST_LINES:
            self._remember_target(head)
            raise HeadTooLarge(limit=f"{MOST_LINES} headers")
        # Names with blanks, bare line ends, and lengths in the digits of any script may be read as another request by
        # a proxy in front of us.
        if not head.count(b"\n") == head.count(b"\r") == len(lines) or b"\0" in head:
            raise BadRequest("the head of the request is malformed")
        try:
            method, self.url, version = first.split(" ")
            self.keep_alive = _KEPT[version]
            target = self.url.encode("ascii")
            headers: Any = list(map(_header, lines))
        except (ValueError, KeyError):
            raise BadRequest("Bad Request") from None
        self.head_only = method.upper() == "HEAD"
        told = dict(headers)
        if len(told) < len(headers):
            told = _decisive(headers)
        self._frame(told, version)
        protocol = self.protocol
        request = protocol.request_class(
            url_bytes=target,
            headers=headers,
            head=head,
            version=version[5:],
            method=method,
            transport=protocol.transport,
            app=protocol.app,
        )
        protocol.request_class._current.set(request)  # noqa: SLF001  # Sanic's own
        del buffer[: end + len(_END)]
        self.request, request.stream = request, self
        if method == "GET" and told.get("upgrade", "").lower() == "websocket":
            raise UpgradeRequired

    def _frame(self, told: Mapping[str, str], version: str) -> None:
        """What the headers say about the connection and the body. Raises BadRequest, ExpectationFailed."""
        # https://www.rfc-editor.org/rfc/rfc9112#section-3.2
        host = told.get("host")
        if not _read_host(host or "") or (host is None and version != "HTTP/1.0"):
            raise BadRequest("Bad host")
        if "connection" in told:
            connection = told["connection"].lower()
            if connection == "keep-alive" or "close" in connection:
                self.keep_alive = connection == "keep-alive"
        self.request_bytes_left = self.request_bytes = 0
        length, coding = told.get("content-length"), told.get("transfer-encoding")
        if coding is not None:
            if length is not None or coding.lower() != "chunked" or version == "HTTP/1.0":
                raise BadRequest("Bad transfer-encoding")
            self.request_body = "chunked"
        elif length is not None:
            if not (length.isascii() and length.isdigit() and len(length) <= _LENGTH_DIGITS):
                raise BadRequest("Bad content-length")
            self.request_body = True
            self.request_bytes_left = self.request_bytes = int(length)
        else:
            return
        self.room = self._capacity.bodies
        self._body_since, self._in_chunk = 0.0, False
        if expected := told.get("expect"):
            if expected.lower() != "100-continue":
                raise ExpectationFailed(f"Unknown Expect: {expected}")
            self.expecting_continue = True

    def _remember_target(self, head: bytes) -> None:
        """Note the target of a request that is refused unread, so that the refusal has the form of its surface."""
        _, _, rest = head.partition(_LINE_END)[0].partition(b" ")
        target = rest.partition(b" ")[0]
        if target.startswith(b"/") and target.isascii():
            self.url = target.decode()

    # --- the body --------------------------------------------------------------------------------

    def body_at_hand(self) -> bytes | None:
        """The whole body if it has come with its head; None if it has to be read."""
        size, buffer = self.request_bytes, self.recv_buffer
        if self.request_body is not True or len(buffer) < size or self.request_bytes_left < size:
            return None
        if self.expecting_continue or size > self.request_max_size:
            return None
        data = bytes(buffer[:size])
        del buffer[:size]
        self.request_body = None
        self.request_bytes_left = 0
        return data

    async def read(self) -> bytes | None:
        """The next piece of the body; None at its end.

        Raises BadRequest, PayloadTooLarge, RequestTooSlow, Overloaded.
        """
        if not self.request_body:
            return None
        if self.expecting_continue:
            self.expecting_continue = False
            await self._send(_CONTINUE)
        chunked = self.request_body == "chunked"
        if chunked and not self.request_bytes_left:
            await self._next_chunk()
        left = self.request_bytes_left
        if self.request_bytes > self.request_max_size:
            raise PayloadTooLarge("Request body exceeds the size limit")
        if not left:
            self.request_body = None
            return None
        buffer = self.recv_buffer
        if not buffer:
            await self._more_of_body()
        data = bytes(buffer[:left])
        size = len(data)
        del buffer[:size]
        self.request_bytes_left = left = left - size
        if left or self._held or chunked:  # it does not come in one piece
            try:
                self.room.take(self.protocol.caller_address(), size)
            except Overloaded:
                await self._capacity.refusals.through()
                raise
            self._held += size
        else:
            self.request_body = None
        return data

    async def _more_of_body(self) -> None:
        if not self._body_since:
            self._body_since = monotonic()
        received = self.request_bytes - self.request_bytes_left
        await self.protocol.receive_more(self._body_since + BODY_GRACE + received / LEAST_RATE)

    async def _next_chunk(self) -> None:
        """Read up to the next chunk's data, or to the body's end. Raises BadRequest."""
        if self._in_chunk and await self._line(0):
            raise BadRequest("Bad chunked encoding")
        size = _CHUNK_SIZE.fullmatch(await self._line(_LONGEST_CHUNK_LINE))
        if size is None:
            raise BadRequest("Bad chunked encoding")
        self.request_bytes_left = int(size[1], 16)
        self.request_bytes += self.request_bytes_left
        self._in_chunk = True
        left = _LONGEST_TRAILERS
        while not self.request_bytes_left and (line := await self._line(left)):
            left -= len(line) + len(_LINE_END)
            if left < 0 or not _TRAILER.fullmatch(line):
                raise BadRequest("Bad trailer")

    async def _line(self, longest: int) -> bytes:
        """The next line of the chunked framing, without its end. Raises BadRequest beyond ``longest`` bytes."""
        buffer = self.recv_buffer
        longest = max(0, longest)
        while (end := buffer.find(_LINE_END, 0, longest + len(_LINE_END))) < 0:
            if len(buffer) >= longest + len(_LINE_END):
                raise BadRequest("Bad chunked encoding")
            await self._more_of_body()
        line = bytes(buffer[:end])
        del buffer[: end + len(_LINE_END)]
        return line

    def _rest_is_here(self) -> bool:
        """Whether the next request could follow although this one's body was not read."""
        return (
            self.keep_alive
            and self.request_body is True
            and not self.expecting_continue
            and len(self.recv_buffer) >= self.request_bytes_left
        )

    async def _leave_rest(self) -> None:
        """Go on behind a body that was not read, if it is here; else the connection ends."""
        if self._rest_is_here():
            del self.recv_buffer[: self.request_bytes_left]
        else:
            self.keep_alive = False
            await self.protocol.linger()

    # --- the answer ------------------------------------------------------------------------------

    async def http1_response_header(self, data: bytes, end_stream: bool) -> None:  # noqa: FBT001  # as Sanic calls it
        """Send the head of ``self.response``, with ``data`` or the whole body."""
        response = self.response
        connection = self._afterwards()
        if (
            self.head_only
            or not has_message_body(response.status)  # type: ignore[no-untyped-call]  # Sanic's
            or "content-length" in response.headers
        ):
            await super().http1_response_header(data, end_stream)
            return
        if not data and response.body:
            data, end_stream = response.body, True
        if end_stream:
            self.response_func = None
            framing = b"content-length: %d" % len(data)
        else:
            self.response_func = self.http1_response_chunked
            framing = b"transfer-encoding: chunked"
            data = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        if response.content_type is not None:
            response.headers.setdefault("content-type", response.content_type)
        start = _start(response.status, response.headers)
        await self._send(b"%b%b\r\nconnection: %b\r\n\r\n%b" % (start, framing, connection, data))
        self.stage = Stage.IDLE if end_stream else Stage.RESPONSE

    async def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send a whole answer; ``headers`` are all of it but those of its framing."""
        connection, start = self._afterwards(), _start(status, headers)
        self.response_func = None
        if status in _BODILESS or self.head_only:
            await self._send(b"%bconnection: %b\r\n\r\n" % (start, connection))
        else:
            await self._send(
                b"%bcontent-length: %d\r\nconnection: %b\r\n\r\n%b" % (start, len(body), connection, body)
            )
        self.stage = Stage.IDLE

    def _afterwards(self) -> bytes:
        """What becomes of the connection behind the answer, as its head says it."""
        if self.request_body and not self._rest_is_here():
            self.keep_alive = False  # the rest of the body is not waited for
            self.expecting_continue = False  # nor asked for
        elif self.protocol.signal.stopped:
            self.keep_alive = False
        return b"keep-alive" if self.keep_alive else b"close"


def _decisive(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The headers that decide, where some are given more than once. Raises BadRequest."""
    told: dict[str, str] = {}
    for name, value in headers:
        if name in _DECISIVE:
            if name not in told:
                told[name] = value
            elif name in _ONCE:
                raise BadRequest(f"{name} is given twice")
            else:
                told[name] += f", {value}"
    return told


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


def _start(status: int, headers: Mapping[str, str]) -> bytes:
    """Status line and headers; line breaks in a name or a value are taken out, as Sanic does."""
    start, breaks = _status_line(status), len(headers) - 1
    try:
        lines = "\r\n".join(map(": ".join, headers.items()))
        plain = lines.isascii() and "\0" not in lines and lines.count("\n") == lines.count("\r") == breaks
    except TypeError:  # cookies are texts only when they are asked to be
        plain = False
    if not plain:
        lines = "\r\n".join([f"{name}: {value}".translate(_BREAKS) for name, value in headers.items()])
    return b"%b%b\r\n" % (start, lines.encode(errors="surrogateescape"))


@lru_cache(maxsize=128)
def _status_line(status: int) -> bytes:
    return format_http1_response(status, ())[:-2]
