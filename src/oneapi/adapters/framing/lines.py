"""Streams with one JSON value per line."""

from __future__ import annotations

from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.domain.errors import UpstreamGarbage

MAX_LINE = 16 * 1024 * 1024


class LineFramer:
    """Implements ``Framer``: every line that is not blank is the data of an unnamed event."""

    __slots__ = ("_line", "_max")

    def __init__(self, max_line: int = MAX_LINE) -> None:
        self._line = bytearray()
        self._max = max_line

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        self._line += data
        if len(self._line) > self._max and b"\n" not in self._line:
            raise UpstreamGarbage(f"a line of the stream is larger than {self._max} bytes")
        if b"\n" not in data:
            return []
        *lines, rest = bytes(self._line).split(b"\n")
        self._line = bytearray(rest)
        return [ServerSentEvent(b"", stripped) for line in lines if (stripped := line.strip())]

    def finish(self) -> list[ServerSentEvent]:
        rest = bytes(self._line).strip()
        self._line.clear()
        return [ServerSentEvent(b"", rest)] if rest else []
