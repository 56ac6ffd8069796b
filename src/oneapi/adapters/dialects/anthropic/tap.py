"""The tap for Anthropic's format on both sides: bytes pass through while it reads their usage."""

from __future__ import annotations

from attrs import evolve

from oneapi.adapters.dialects.anthropic.wire import Answer, Block, Event, ReportedUsage, decoded_event
from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.framing.events import LINE, ServerSentEvent
from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage


class Tap:
    """Implements ``StreamTranslator`` between two sides of the same format."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._reported: ReportedUsage | None = None
        #: Whether the upstream reported the answer's usage, and not only the prompt's.
        self._complete = False
        self._over = False

    def feed(self, event: ServerSentEvent) -> bytes:
        if self._over or not event.data:
            return b""
        if event.name == LINE:
            return event.data + b"\n"
        try:
            read = decoded_event(event.data)
        except UpstreamGarbage:
            return _framed(event, event.name)  # left to the client
        if read.type == "message_stop":
            self._over = self.tally.finished = True
            self._forget_beginning()
            return b""
        self._count(read)
        return _framed(event, event.name or (read.type or "").encode())

    def finish(self) -> bytes:
        if not self.tally.finished:
            raise UpstreamBroken("the stream ended without a stop reason and without message_stop")
        self._forget_beginning()
        return b""

    def _forget_beginning(self) -> None:
        """Drop the usage of ``message_start`` if no other arrived: alone, it would be billed as the total."""
        if not self._complete:
            self.tally.usage = None

    def _count(self, event: Event) -> None:
        if isinstance(event.message, Answer) and event.message.usage is not None:
            self._reported = event.message.usage
            # If the stream is cut off, this is all that is known about the prompt.
            begun = self._reported.usage()
            self.tally.usage = begun and evolve(begun, completion=0, reasoning=0)
        for block in (event.content_block, event.delta):
            if block is not None:
                self._add(block)
        if event.type != "message_delta":
            return
        if event.delta is not None and event.delta.stop_reason:
            self.tally.finished = True
        if event.usage is not None:
            self._complete = True
            self._reported = event.usage.since(self._reported)
            self.tally.usage = self._reported.usage() or self.tally.usage

    def _add(self, block: Block) -> None:
        for text in (block.text, block.thinking, block.name, block.partial_json):
            if text:
                self.tally.text.append(text)
                self.tally.produced = True


def _framed(event: ServerSentEvent, name: bytes) -> bytes:
    data = event.data.replace(b"\n", b"\ndata: ") if b"\n" in event.data else event.data
    return b"event: %b\ndata: %b\n\n" % (name, data) if name else b"data: %b\n\n" % data
