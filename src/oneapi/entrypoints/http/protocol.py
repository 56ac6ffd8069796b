"""Sanic's HTTP/1.1, with those steps written anew that every request of the hot path pays for.

To a client it is the same but stricter. Sanic's signals ``http.lifecycle`` are not sent for these steps, its access log
is not written, and there are no WebSockets. See ``docs/decisions/0007-where-we-replace-sanic.md``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from sanic.exceptions import BadRequest, ExpectationFailed, PayloadTooLarge, RequestCancelled
from sanic.headers import format_http1_response
from sanic.helpers import has_message_body
from sanic.http import Http
from sanic.http.constants import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from sanic.response import BaseHTTPResponse

    from oneapi.adapters.writes import Writes

_NAME = re.compile(r"[!-9;-~]+")
_MOST_NAMES, _LONGEST_NAME = 2048, 64
_LENGTH_DIGITS = 18
_MOST_BUFFERED = 64 * 1024
_END = b"\r\n\r\n"
#: Protocol -> whether the connection is kept where the client says nothing about it.
_KEPT = {"HTTP/1.1": True, "HTTP/1.0": False}


class _LowerNames(dict[str, str]):
    """Names of headers in lower case; remembers a bounded number of those that were seen, and found to be names."""

    def __missing__(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError(name)
        lower = name.lower()
        if len(self) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
            self[name] = lower
        return lower


_LOWER_NAMES = _LowerNames()


class GatewayHttp(Http):
    """Sanic's state machine of one connection."""

    __slots__ = ()
    # Sanic puts there more than it says.
    request_body: Any
    response_func: Any

    async def http1_request_header(self) -> None:
        """Receive a head; ``self.request`` is what it says. Raises BadRequest, PayloadTooLarge."""
        buffer = self.recv_buffer
        searched = 0
        while (end := buffer.find(_END, searched)) < 0 and len(buffer) < self.HEADER_MAX_SIZE:
            searched = max(0, len(buffer) - len(_END) + 1)
            await self._receive_more()
        if not 0 <= end < self.HEADER_MAX_SIZE:
            raise PayloadTooLarge("Request header exceeds the size limit")
        head = bytes(buffer[:end])
        first, *lines = head.decode(errors="surrogateescape").split("\r\n")
        # Names with blanks, bare line ends, and lengths in the digits of any script may be read as another request by
        # a proxy in front of us.
        if not head.count(b"\n") == head.count(b"\r") == len(lines) or b"\0" in head:
            raise BadRequest("the head of the request is malformed")
        try:
            method, self.url, version = first.split(" ")
            self.keep_alive = _KEPT[version]
            target = self.url.encode("ascii")
            headers: Any = [
                (_LOWER_NAMES[name], value.strip(" \t"))
                for line in lines
                for name, value in [line.split(":", 1)]
            ]
        except (ValueError, KeyError):
            raise BadRequest("Bad Request") from None
        self.head_only = method.upper() == "HEAD"
        self._frame_body(headers)
        protocol: Any = self.protocol
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
        # Of a chunked body one line end stays, where its first chunk's size is looked for.
        del buffer[: end + (2 if self.request_body == "chunked" else 4)]
        self.request, request.stream = request, self
        protocol.state["requests_count"] += 1

    def _frame_body(self, headers: Sequence[tuple[str, str]]) -> None:
        """What the headers say about the body, and about the connection."""
        self.request_bytes_left = self.request_bytes = 0
        expected = ""
        for name, value in headers:
            if name == "content-length":
                if self.request_body or not (
                    value.isascii() and value.isdigit() and len(value) <= _LENGTH_DIGITS
                ):
                    raise BadRequest("Bad content-length")
                self.request_body = True
                self.request_bytes_left = self.request_bytes = int(value)
            elif name == "transfer-encoding":
                if self.request_body or value.lower() != "chunked":
                    raise BadRequest("Bad transfer-encoding")
                self.request_body = "chunked"
            elif name == "connection":
                self.keep_alive = value.lower() == "keep-alive"
            elif name == "expect":
                expected = value.lower()
        if expected and self.request_body:
            if expected != "100-continue":
                raise ExpectationFailed(f"Unknown Expect: {expected}")
            self.expecting_continue = True

    async def http1_response_header(self, data: bytes, end_stream: bool) -> None:  # noqa: FBT001  # as Sanic calls it
        """Send the head of ``self.response``, with ``data`` or the whole body."""
        response = self.response
        if (
            self.head_only
            or self.expecting_continue
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
        connection = b"keep-alive" if self.keep_alive else b"close"
        await self._send(b"%b%b\r\nconnection: %b\r\n\r\n%b" % (_start(response), framing, connection, data))
        self.stage = Stage.IDLE if end_stream else Stage.RESPONSE


class GatewayProtocol(HttpProtocol):
    """One connection of a client."""

    HTTP_CLASS = GatewayHttp
    __slots__ = ("_reader", "_writes")
    transport: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        #: Who waits for bytes; an Event would cost more.
        self._reader: asyncio.Future[None] | None = None
        self._writes: Writes = self.app.ctx.writes

    def data_received(self, data: bytes) -> None:
        """Keep ``data`` for whoever reads; a client that is too far ahead has to wait."""
        self._time = monotonic()
        self.recv_buffer += data
        if len(self.recv_buffer) >= _MOST_BUFFERED:
            self.transport.pause_reading()
        reader = self._reader
        if reader is not None:
            self._reader = None
            if not reader.done():
                reader.set_result(None)

    async def receive_more(self) -> None:
        """Wait until more has been received."""
        self.transport.resume_reading()
        self._reader = self.loop.create_future()
        await self._reader

    async def send(self, data: bytes) -> None:
        """Write ``data``, when the client keeps up. Raises RequestCancelled when it has left."""
        if not self._can_write.is_set():
            await self._can_write.wait()
        if self.transport.is_closing():
            raise RequestCancelled
        self._writes.add(self.transport, data)
        self._time = monotonic()

    def close(self, timeout: float | None = None) -> None:
        """Once all has gone out."""
        self._writes.flush()
        super().close(timeout)


def _start(response: BaseHTTPResponse) -> bytes:
    """Status line and headers; line breaks in a name or a value are taken out, as Sanic does."""
    headers = response.headers
    if response.content_type is not None:
        headers.setdefault("content-type", response.content_type)
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    # Sanic looks through every name and value by itself, which takes five times as long.
    if lines.isascii() and "\0" not in lines and lines.count("\n") == lines.count("\r") == len(headers):
        return _status_line(response.status) + lines.encode()
    return format_http1_response(response.status, response.processed_headers)[:-2]


@lru_cache(maxsize=128)
def _status_line(status: int) -> bytes:
    return format_http1_response(status, ())[:-2]
