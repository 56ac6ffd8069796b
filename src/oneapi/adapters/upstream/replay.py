"""An answer that came whole, as the events of the stream that the client had asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.chat import (
    Finished,
    FinishReason,
    Refusal,
    RefusalDelta,
    Started,
    Text,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneapi.domain.chat import ChatEvent, ChatReply, Choice


def events_of(reply: ChatReply) -> Iterator[ChatEvent]:
    """``reply`` from its beginning to its usage. Raises UpstreamGarbage for parts that no stream can carry."""
    yield Started(reply.id, reply.model)
    for choice in reply.choices:
        yield from _events_of(choice)
    if reply.usage is not None:
        yield UsageReported(reply.usage)


def _events_of(choice: Choice) -> Iterator[ChatEvent]:
    calls = 0
    for part in choice.parts:
        match part:
            case Text(text=text):
                yield TextDelta(text, choice.index)
            case Thinking(text=text, signature=signature, redacted=redacted):
                yield ThinkingDelta(text, signature, redacted, choice.index)
            case Refusal(text=text):
                yield RefusalDelta(text, choice.index)
            case ToolCall(id=call_id, name=name, arguments=arguments):
                yield ToolCallStarted(calls, call_id, name, choice.index)
                yield ToolCallDelta(calls, arguments, choice.index)
                calls += 1
            case _:
                raise UpstreamGarbage("a whole answer came for a request of a stream")
    yield Finished(choice.finish or FinishReason.STOP, choice.index, choice.stop_sequence)
