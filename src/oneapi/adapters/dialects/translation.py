"""Translation of a stream from one dialect to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.adapters.dialects.interface import Tally
from oneapi.domain.chat import (
    Audio,
    AudioDelta,
    Finished,
    ImageMade,
    ModelRefusal,
    RefusalDelta,
    Started,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
    text_of,
)
from oneapi.domain.usage import NOTHING, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from oneapi.adapters.dialects.interface import EventReader, EventWriter
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatEvent, ChatReply


class Translation:
    """Implements ``StreamTranslator``: the upstream's reader followed by the client's writer.

    ``estimate`` returns the prompt's tokens, for clients that expect them before the upstream reports them.
    """

    def __init__(
        self, reader: EventReader, writer: EventWriter, estimate: Callable[[], int] = lambda: 0
    ) -> None:
        self.tally = Tally()
        self._reader = reader
        self._writer = writer
        self._estimate = estimate
        #: Whether the upstream reported the answer's usage, and not only the prompt's.
        self.reported = False

    def feed(self, event: ServerSentEvent) -> bytes:
        return self._written(self._reader.feed(event))

    def finish(self) -> bytes:
        owed = self._written(self._reader.finish())
        if not self.reported:
            self.tally.usage = None  # usage known before the answer would be billed as the total
        return owed + self._writer.finish()

    def show(self, usage: Usage) -> None:
        """Report usage to the client when the upstream reports none; call it before ``finish``."""
        self._writer.feed(UsageReported(usage))

    def _written(self, events: Iterable[ChatEvent]) -> bytes:
        out = []
        for event in events:
            if type(event) is TextDelta:  # most events are
                self._add(event.text)
                out.append(self._writer.feed(event))
            else:
                out.append(self._writer.feed(self._counted(event)))
        return out[0] if len(out) == 1 else b"".join(out)

    def _counted(self, event: ChatEvent) -> ChatEvent:
        """``event`` with the usage that the client should read."""
        match event:
            case ThinkingDelta(text=text) | ToolCallDelta(arguments=text):
                self._add(text)
            case RefusalDelta(text=text) | ToolCallStarted(name=text):
                self._add(text)
            case AudioDelta(audio=audio):
                self._add(audio.transcript)
                self.tally.produced = True
            case ImageMade():
                self.tally.produced = True
            case UsageReported(usage=usage):
                if usage != NOTHING or self.tally.usage is None:  # zeros after a report say nothing
                    self.tally.usage, self.reported = usage, True
            case Started(usage=None):
                return evolve(event, usage=Usage(prompt=self._estimate()))
            case Started(usage=usage):
                # If the stream is cut off, this is all that is known about the prompt.
                self.tally.usage = usage and evolve(usage, completion=0, reasoning=0)
            case Finished():
                self.tally.finished = True
        return event

    def _add(self, text: str) -> None:
        if text:
            self.tally.text.append(text)
            self.tally.produced = True


def tally_of(reply: ChatReply) -> Tally:
    """The usage and text of a whole answer."""
    tally = Tally()
    tally.produced = tally.finished = True
    tally.usage = reply.usage
    for choice in reply.choices:
        for part in choice.parts:
            match part:
                case Thinking(text=text) | ModelRefusal(text=text):
                    tally.text.append(text)
                case ToolCall(name=name, arguments=arguments):
                    tally.text += (name, arguments)
                case Audio(transcript=text):
                    tally.text.append(text)
        tally.text.append(text_of(choice.parts))
    return tally
