"""Server-sent events, framed on bytes.

As in https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation, except that an event
at the end of a stream needs no blank line after it: some providers omit it after their last event.
"""

from __future__ import annotations

import re

from oneapi.adapters.framing.events import LINE, ServerSentEvent
from oneapi.domain.errors import UpstreamGarbage

EVENT_STREAM = "text/event-stream"
MAX_EVENT = 16 * 1024 * 1024

#: As integers, because a search in bytes is then ten times as fast.
_CR, _LF = b"\r\n"

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\n|\r")


class Framer:
    """Turns the bytes of one stream into events, however the bytes are split.

    Args:
        max_event: The most bytes of one event or line; larger ones raise UpstreamGarbage.
        own_field: A field that the provider adds to the standard; its value is the data of an event of that name.
        keeps_lines: Whether comments, ids and unknown fields are returned too, each as an event named ``LINE``.
    """

    __slots__ = (
        "_after_cr",
        "_data",
        "_first",
        "_keeps_lines",
        "_line",
        "_max",
        "_name",
        "_own_field",
        "_settled",
        "_size",
    )

    def __init__(
        self, max_event: int = MAX_EVENT, own_field: bytes = b"", *, keeps_lines: bool = False
    ) -> None:
        self._max = max_event
        self._own_field = own_field
        self._keeps_lines = keeps_lines
        #: The current, incomplete line.
        self._line = bytearray()
        #: The data lines of the current, incomplete event, and their size in bytes.
        self._data: list[bytes] = []
        self._size = 0
        self._name = b""
        self._after_cr = False
        self._first = True
        #: Whether the next byte starts a new event.
        self._settled = False

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """The events that ``data`` completes, in order."""
        if (  # a single complete event of one line, the usual case
            self._settled
            and data[:6] == b"data: "
            and data[-2:] == b"\n\n"
            and data.find(_LF) == len(data) - 2
            and _CR not in data
            and len(data) <= self._max
        ):
            return [ServerSentEvent(b"", data[6:-2])]
        events: list[ServerSentEvent] = []
        if self._first and not self._line and data[:5] == b"data:":
            self._first, self._settled = False, True
        if self._settled:
            if data[-4:] == b"\r\n\r\n":
                data = data.replace(b"\r\n", b"\n")
            end = data.rfind(b"\n\n")
            if end > 0 and _CR not in data and len(data) <= self._max:
                self._blocks(data[:end], events)
                data = data[end + 2 :]
                if not data:
                    return events
        self._lines(data, events)
        self._settled = not (self._line or self._data or self._name or self._after_cr or self._first)
        return events

    def _blocks(self, data: bytes, events: list[ServerSentEvent]) -> None:
        """Read complete events, except for the end of the last one; nearly all have the first two forms here."""
        for block in data.split(b"\n\n"):
            if block[:6] == b"data: " and _LF not in block:
                events.append(ServerSentEvent(b"", block[6:]))
                continue
            name, _, value = block.partition(b"\ndata: ")
            if name[:7] == b"event: " and value and _LF not in name and _LF not in value:
                events.append(ServerSentEvent(name[7:], value))
            else:
                self._lines(block + b"\n\n", events)

    def finish(self) -> list[ServerSentEvent]:
        """The events that the end of the stream completes."""
        events: list[ServerSentEvent] = []
        self._lines(b"\n\n", events)
        return events

    def _lines(self, data: bytes, events: list[ServerSentEvent]) -> None:
        if self._after_cr and data:
            self._after_cr = False
            if data.startswith(b"\n"):
                data = data[1:]
        for piece in data.splitlines(keepends=True):  # on bytes it splits only at LF, CR and CRLF
            line = piece.rstrip(b"\r\n")
            if len(line) == len(piece):
                self._line += line
            elif self._line:
                self._line += line
                line = bytes(self._line)
                self._line.clear()
                self._take(line, events)
            else:
                self._take(line, events)
            if self._size + len(self._line) > self._max:
                raise UpstreamGarbage(f"an event of the stream is larger than {self._max} bytes")
        self._after_cr = data.endswith(b"\r") or (self._after_cr and not data)

    def _take(self, line: bytes, events: list[ServerSentEvent]) -> None:
        """Read one line without its line end; an empty line ends the event."""
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        if not line:
            if self._data:
                events.append(ServerSentEvent(self._name, b"\n".join(self._data)))
                self._data.clear()
                self._size = 0
            self._name = b""
            return
        field, _, value = line.partition(b":")
        if field == b"data":
            value = value.removeprefix(b" ")
            self._data.append(value)
            self._size += len(value) + 1
        elif field == b"event":
            self._name = value.removeprefix(b" ")
        elif field and field == self._own_field:
            events.append(ServerSentEvent(field, value.removeprefix(b" ")))
        elif self._keeps_lines:
            events.append(ServerSentEvent(LINE, line))


def frame(data: bytes) -> bytes:
    """One unnamed event as sent on the wire, with a data line for each line of ``data``."""
    if b"\n" in data or b"\r" in data:
        return b"".join(b"data: %b\n" % line for line in _LINE_END.split(data)) + b"\n"
    return b"data: %b\n\n" % data
