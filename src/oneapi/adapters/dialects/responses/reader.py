"""Reading a stream of response events from an upstream for a client of another format."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.adapters.dialects.custom_tools import as_arguments
from oneapi.adapters.dialects.narrow import text
from oneapi.adapters.dialects.openai_chat.beside_text import read_tokens
from oneapi.adapters.dialects.responses.reply import citations_in, joined_name, picture_in, signature_of
from oneapi.adapters.dialects.responses.wire import CUSTOM_CALL, ENDS, FUNCTION_CALL, PICTURE, decoded_event
from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.chat import (
    ChatEvent,
    Cited,
    Finished,
    FinishReason,
    ImageMade,
    RefusalDelta,
    Started,
    TextDelta,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from oneapi.domain.errors import UpstreamBroken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.responses.wire import Answer, Event, Item
    from oneapi.adapters.framing.events import ServerSentEvent

DONE = b"[DONE]"
WORDS: Mapping[str, type[TextDelta | RefusalDelta | ThinkingDelta]] = MappingProxyType(
    {
        "response.output_text.delta": TextDelta,
        "response.refusal.delta": RefusalDelta,
        "response.reasoning_text.delta": ThinkingDelta,
        "response.reasoning_summary_text.delta": ThinkingDelta,
    }
)


class Reader:
    """Implements ``EventReader``."""

    def __init__(self) -> None:
        self._over = False
        #: Index in the output -> number of the call there.
        self._calls: dict[int, int] = {}
        #: Calls whose arguments arrived in deltas.
        self._told: set[int] = set()
        #: Characters of text so far, and those before the open part.
        self._written = self._before = 0

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        if self._over or not event.data or event.data.startswith(DONE):
            return ()
        return tuple(self._events(decoded_event(event.data)))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._over:
            raise UpstreamBroken("the stream ended before the response did")
        return ()

    def _events(self, event: Event) -> Iterator[ChatEvent]:  # one case a kind of event
        place = event.output_index if isinstance(event.output_index, int) else 0
        piece = text(event.delta)
        match event.type:
            case "response.created" if event.response:
                yield Started(text(event.response.id), text(event.response.model))
            case str(kind) if kind in WORDS:
                if piece:
                    yield from self._said(WORDS[kind](piece), event)
            case "response.output_text.annotation.added":
                yield from map(Cited, citations_in([event.annotation], self._before))
            case "response.content_part.added":
                self._before = self._written
            case "response.output_item.added" if event.item:
                yield from self._begun(event.item, place)
            case "response.function_call_arguments.delta" if place in self._calls and piece:
                self._told.add(place)
                yield ToolCallDelta(self._calls[place], piece)
            case "response.output_item.done" if event.item:
                yield from self._ended(event.item, place)
            case kind if kind in ENDS and event.response:
                yield from self._finished(event.response)

    def _said(self, delta: TextDelta | RefusalDelta | ThinkingDelta, event: Event) -> Iterator[ChatEvent]:
        if isinstance(delta, TextDelta):
            self._written += len(delta.text)
            if event.logprobs:
                delta = evolve(delta, logprobs=read_tokens(event.logprobs))
        yield delta

    def _begun(self, item: Item, place: int) -> Iterator[ChatEvent]:
        if item.type in (FUNCTION_CALL, CUSTOM_CALL) and place not in self._calls:
            call = self._calls[place] = len(self._calls)
            yield ToolCallStarted(call, text(item.call_id), joined_name(item))

    def _ended(self, item: Item, place: int) -> Iterator[ChatEvent]:
        yield from self._begun(item, place)
        if item.type == CUSTOM_CALL:
            yield ToolCallDelta(self._calls[place], as_arguments(text(item.input)))
        elif item.type == FUNCTION_CALL and place not in self._told:
            yield ToolCallDelta(self._calls[place], text(item.arguments) or "{}")
        elif item.type == PICTURE and (picture := picture_in(item)) is not None:
            yield ImageMade(picture)
        elif item.type == "reasoning" and (signature := signature_of(item)):
            yield ThinkingDelta(signature=signature)

    def _finished(self, response: Answer) -> Iterator[ChatEvent]:
        self._over = True
        calls = self._calls and response.finish is FinishReason.STOP
        yield Finished(FinishReason.TOOL_CALLS if calls else response.finish)
        if usage := read_usage(response.usage):
            yield UsageReported(usage)
