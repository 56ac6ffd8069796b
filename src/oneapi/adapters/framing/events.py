"""What every framing makes of the bytes of a stream."""

from __future__ import annotations

from typing import NamedTuple, Protocol

#: The name of what is no event: one line between the data of events, such as a comment. No real event has this name,
#: as a field of a line ends at its first colon.
LINE = b":"


class ServerSentEvent(NamedTuple):
    """One event of a stream: its name (empty if none was given) and its data, lines joined with LF."""

    name: bytes
    data: bytes


class Framer(Protocol):
    """Bytes of one stream in, its events out; where the bytes are split makes no difference."""

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """The events that ``data`` completes. Raises UpstreamGarbage."""

    def finish(self) -> list[ServerSentEvent]:
        """What the stream's end completes."""
