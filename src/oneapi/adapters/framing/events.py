"""The events that every framing produces from the bytes of a stream."""

from __future__ import annotations

from typing import NamedTuple, Protocol

#: The name under which a framer returns a line that belongs to no event, such as a comment. Real events cannot have it,
#: because a field's name ends at the first colon.
LINE = b":"


class ServerSentEvent(NamedTuple):
    """One event of a stream: its name, or "" if it has none, and its data with lines joined by LF."""

    name: bytes
    data: bytes


class Framer(Protocol):
    """Turns the bytes of one stream into events, however the bytes are split."""

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        """The events that ``data`` completes. Raises UpstreamGarbage."""

    def finish(self) -> list[ServerSentEvent]:
        """The events that the end of the stream completes."""
