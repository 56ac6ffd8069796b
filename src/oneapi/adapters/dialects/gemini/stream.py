"""Streams of answers, whose events are fragments of an answer.

https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from oneapi.adapters.dialects.gemini.grounding import Length, citations_of
from oneapi.adapters.dialects.gemini.reply import checked, parts_of, reason_of, usage_of
from oneapi.adapters.dialects.narrow import count, decoded, items_of, text
from oneapi.domain.chat import (
    Audio,
    AudioDelta,
    ChatEvent,
    Cited,
    Finished,
    FinishReason,
    Image,
    ImageMade,
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
from oneapi.domain.errors import UpstreamBroken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import Part


class Reader:
    """Implements ``EventReader``. Calls arrive whole; every event has the usage so far, and the last one counts."""

    def __init__(self) -> None:
        self._started = False
        #: The number of calls of each candidate.
        self._calls: dict[int, int] = {}
        self._produced: set[int] = set()
        self._finished: set[int] = set()
        self._lengths: defaultdict[int, Length] = defaultdict(Length)

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(checked(decoded(event.data)))) if event.data else ()

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._finished:
            raise UpstreamBroken("the stream ended without a finish reason")
        return ()

    def _events(self, answer: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if not self._started:
            self._started = True
            yield Started(text(answer.get("responseId")), text(answer.get("modelVersion")))
        for number, candidate in enumerate(items_of(answer.get("candidates"))):
            index = count(candidate.get("index")) or number
            yield from self._said(candidate, index)
        usage = usage_of(answer)
        # Early events count only the prompt, which is not enough to bill a client that disconnects then.
        if usage is not None and (usage.completion or self._finished):
            yield UsageReported(usage)

    def _said(self, candidate: Mapping[str, Any], index: int) -> Iterator[ChatEvent]:
        for part in parts_of(candidate, self._calls.get(index, 0)):
            self._produced.add(index)
            yield from self._told(part, index)
        if "groundingMetadata" in candidate:
            for citation in citations_of(candidate, self._lengths[index]):
                yield Cited(citation, index)
        reason = reason_of(candidate, produced=index in self._produced)
        if reason is not None and index not in self._finished:
            self._finished.add(index)
            if reason is FinishReason.STOP and self._calls.get(index):
                reason = FinishReason.TOOL_CALLS
            yield Finished(reason, index)

    def _told(self, part: Part, index: int) -> Iterator[ChatEvent]:
        match part:
            case Text(text=told):
                self._lengths[index].add(told)
                yield TextDelta(told, index)
            case Image():
                yield ImageMade(part, index)
            case Audio():
                yield AudioDelta(part, index)
            case Thinking(text=told, signature=signature):
                yield ThinkingDelta(told, signature, choice=index)
            case ToolCall(id=call_id, name=name, arguments=arguments):
                call = self._calls.get(index, 0)
                self._calls[index] = call + 1
                yield ToolCallStarted(call, call_id, name, index)
                yield ToolCallDelta(call, arguments, index)
