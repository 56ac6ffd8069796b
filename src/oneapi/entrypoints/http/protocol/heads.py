"""Request heads, parsed strictly: anything that a proxy in front of us could read differently is refused."""

from __future__ import annotations

import re
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any

from sanic.exceptions import BadRequest, ExpectationFailed
from sanic.http import Http

from oneapi.domain.errors import HeadTooLarge, UpgradeRequired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.entrypoints.http.capacity import Capacity, Room

LONGEST_HEAD = 16 * 1024
MOST_LINES = 128
#: Seconds from the start of a connection, or the first byte of a request, to the complete head.
HEAD_TIMEOUT = 10.0

_NAME = re.compile(r"[!-9;-~]+")
_MOST_LINES_KEPT, _LONGEST_LINE_KEPT = 4096, 128
_LENGTH_DIGITS = 18
_LINE_END = b"\r\n"
_END = b"\r\n\r\n"
#: Protocol -> whether the connection is kept open by default.
_KEPT = {"HTTP/1.1": True, "HTTP/1.0": False}
#: Headers that frame the request or control its connection, and those of them that may appear only once.
_DECISIVE = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "upgrade"})
_ONCE = frozenset({"host", "content-length", "transfer-encoding"})
#: A name or an address, and a port; possibly empty: https://www.rfc-editor.org/rfc/rfc9110#section-7.2.
_read_host = lru_cache(maxsize=64)(re.compile(r"[!$%&'()*+,\-.0-9:;=A-Z\[\]_a-z~]*").fullmatch)


class _Headers(dict[str, tuple[str, str]]):
    """Header lines -> their name in lower case, and their value.

    Clients send nearly the same heads repeatedly, so a bounded number of short lines is cached.
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


class StrictHeads(Http):
    """The part of Sanic's state machine that reads heads.

    Attributes:
        room: Counts the bytes of the body while it arrives.
    """

    __slots__ = ("_body_since", "_capacity", "_in_chunk", "room")
    # Sanic assigns more than it declares.
    request_body: Any
    request_bytes: Any
    request_bytes_left: Any
    request: Any
    protocol: Any
    room: Room

    def __init__(self, protocol: Any) -> None:
        super().__init__(protocol)  # type: ignore[no-untyped-call]  # Sanic's
        self._capacity: Capacity = protocol.capacity
        self._body_since = 0.0
        self._in_chunk = False

    async def http1_request_header(self) -> None:
        """Receive a head into ``self.request``. Raises BadRequest, HeadTooLarge, UpgradeRequired."""
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
        # A proxy in front of us may read names with spaces, bare line ends, and lengths in other scripts' digits
        # differently.
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
        """Apply the headers about the connection and the body. Raises BadRequest, ExpectationFailed."""
        # https://www.rfc-editor.org/rfc/rfc9112#section-3.2
        host = told.get("host")
        if not _read_host(host or "") or (host is None and version != "HTTP/1.0"):
            raise BadRequest("Bad host")
        if "connection" in told:
            connection = told["connection"].lower()
            if connection == "keep-alive" or "close" in connection:
                self.keep_alive = connection == "keep-alive"
        length, coding = told.get("content-length"), told.get("transfer-encoding")
        if coding is not None:
            if length is not None or coding.lower() != "chunked" or version == "HTTP/1.0":
                raise BadRequest("Bad transfer-encoding")
            self.request_body = "chunked"
            self.request_bytes_left = self.request_bytes = 0
        elif length is not None:
            if not (length.isascii() and length.isdigit() and len(length) <= _LENGTH_DIGITS):
                raise BadRequest("Bad content-length")
            self.request_body = True
            self.request_bytes_left = self.request_bytes = int(length)
        else:
            self.request_bytes_left = self.request_bytes = 0
            return
        self.room = self._capacity.bodies
        self._body_since, self._in_chunk = 0.0, False
        if expected := told.get("expect"):
            if expected.lower() != "100-continue":
                raise ExpectationFailed(f"Unknown Expect: {expected}")
            self.expecting_continue = True

    def _remember_target(self, head: bytes) -> None:
        """Note the target of a request refused unread, so that the refusal has the format of its surface."""
        _, _, rest = head.partition(_LINE_END)[0].partition(b" ")
        target = rest.partition(b" ")[0]
        if target.startswith(b"/") and target.isascii():
            self.url = target.decode()


def _decisive(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The decisive headers, if some appear more than once. Raises BadRequest."""
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
