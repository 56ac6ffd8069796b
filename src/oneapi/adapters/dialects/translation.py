"""A stream on its way from one dialect to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.interface import Tally
from oneapi.domain.chat import (
    Finished,
    Refusal,
    RefusalDelta,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
    text_of,
)
from oneapi.domain.usage import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oneapi.adapters.dialects.interface import EventReader, EventWriter
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatEvent, ChatReply


class Translation:
    """Implements ``StreamTranslator``: the upstream's reader in front of the client's writer."""

    def __init__(self, reader: EventReader, writer: EventWriter) -> None:
        self.tally = Tally()
        self._reader = reader
        self._writer = writer

    def feed(self, event: ServerSentEvent) -> bytes:
        return self._written(self._reader.feed(event))

    def finish(self) -> bytes:
        return self._written(self._reader.finish()) + self._writer.finish()

    def _written(self, events: Iterable[ChatEvent]) -> bytes:
        out = []
        for event in events:
            self._count(event)
            out.append(self._writer.feed(event))
        return b"".join(out)

    def _count(self, event: ChatEvent) -> None:
        match event:
            case TextDelta(text=text) | RefusalDelta(text=text) | ToolCallStarted(name=text):
                self._add(text)
            case ThinkingDelta(text=text) | ToolCallDelta(arguments=text):
                self._add(text)
            case UsageReported(usage=usage):
                if usage != NOTHING or self.tally.usage is None:  # zeros after a report say nothing
                    self.tally.usage = usage
            case Finished():
                self.tally.finished = True

    def _add(self, text: str) -> None:
        if text:
            self.tally.text.append(text)
            self.tally.produced = True


def tally_of(reply: ChatReply) -> Tally:
    """What a whole answer cost."""
    tally = Tally()
    tally.produced = tally.finished = True
    tally.usage = reply.usage
    for choice in reply.choices:
        for part in choice.parts:
            match part:
                case Thinking(text=text) | Refusal(text=text):
                    tally.text.append(text)
                case ToolCall(name=name, arguments=arguments):
                    tally.text += (name, arguments)
        tally.text.append(text_of(choice.parts))
    return tally
