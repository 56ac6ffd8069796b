"""Streams of chat completion chunks, read from an upstream or written for a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.openai_chat.details import signature_of
from oneapi.adapters.dialects.openai_chat.logprobs import read_logprobs
from oneapi.adapters.dialects.openai_chat.reply import (
    annotation_of,
    arguments_of,
    block_of,
    completion_id,
    counted,
    decoded,
    finish_reason,
    logprobs_of,
    texted,
    texts_in,
    usage_fields,
)
from oneapi.adapters.dialects.openai_chat.tap import DONE
from oneapi.adapters.dialects.openai_chat.usage import UsageReader
from oneapi.domain.chat import (
    ChatEvent,
    Cited,
    Finished,
    FinishReason,
    RefusalDelta,
    Started,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from oneapi.domain.errors import UpstreamBroken

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from oneapi.adapters.dialects.openai_chat.wire import NumberedCall, NumberedChoice
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import TokenLogprob
    from oneapi.domain.usage import Usage

_encode = msgspec.json.Encoder().encode


class Reader:
    """Implements ``EventReader``."""

    def __init__(self) -> None:
        self._started = self._done = False
        #: The id of each tool call so far, by choice.
        self._calls: dict[int, list[str]] = {}
        #: Where each call stands in that list, by choice and the number that the upstream gave it.
        self._places: dict[tuple[int, int], int] = {}
        self._finished: set[int] = set()
        #: Parts of the reasoning of the first choice that have not been passed on as a signature.
        self._details: list[Any] = []
        self._usage = UsageReader()

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        if self._done or not event.data:
            return ()
        if event.data.startswith(DONE):
            self._done = True
            return ()
        answer = decoded(event.data)
        events: list[ChatEvent] = []
        if not self._started and answer.choices:
            self._started = True
            events.append(Started(texted(answer.id), texted(answer.model)))
        reports = answer.usage is not None or answer.x_groq is not None
        for choice in answer.choices or ():
            events += self._choice(choice)
            reports = reports or choice.usage is not None
        if reports and (usage := self._usage.read(answer)) is not None:
            events.append(UsageReported(usage))
        return tuple(events)

    def finish(self) -> tuple[ChatEvent, ...]:
        if self._finished:
            return ()
        if not self._done or not self._started:
            raise UpstreamBroken("the stream ended without a finish reason and without its end marker")
        return (Finished(FinishReason.TOOL_CALLS if self._calls else FinishReason.STOP),)

    def _choice(self, choice: NumberedChoice) -> Iterable[ChatEvent]:
        number, delta = counted(choice.index, 0), choice.delta
        if delta is not None:
            if thought := texted(delta.reasoning_content) or texted(delta.reasoning):
                yield ThinkingDelta(thought, choice=number)
            if isinstance(delta.reasoning_details, list) and number == 0:
                self._details += delta.reasoning_details
            content = texts_in(delta.content)
            if self._details and (content or delta.tool_calls or choice.finish_reason):
                yield from self._signature()
            if content:
                yield TextDelta(content, number, read_logprobs(choice.logprobs) if choice.logprobs else ())
            if refusal := texted(delta.refusal):
                yield RefusalDelta(refusal, number)
            for call in delta.tool_calls or ():
                yield from self._call(call, number)
        reason = finish_reason(choice.finish_reason)
        if reason is not None and number not in self._finished:
            self._finished.add(number)
            if reason is FinishReason.STOP and number in self._calls:
                reason = FinishReason.TOOL_CALLS
            yield Finished(reason, number)

    def _signature(self) -> Iterable[ChatEvent]:
        details, self._details = self._details, []
        if signature := signature_of(details):
            yield ThinkingDelta(signature=signature)

    def _call(self, call: NumberedCall, choice: int) -> Iterable[ChatEvent]:
        if call.function is None:
            return
        calls = self._calls.setdefault(choice, [])
        given, name = texted(call.id), texted(call.function.name)
        # Where an upstream does not number its calls, or all the same, an id of its own begins a new one.
        place = (
            self._places.get((choice, number)) if (number := counted(call.index, -1)) >= 0 else len(calls) - 1
        )
        if place is None or place < 0 or (given and given != calls[place]):
            place = len(calls)
            calls.append(given)
            self._places[choice, number] = place
            yield ToolCallStarted(place, calls[place], name, choice)
        if arguments := arguments_of(call):
            yield ToolCallDelta(place, arguments, choice)


class Writer:
    """Implements ``EventWriter``."""

    def __init__(self, *, reply_id: str, model: str, created: int, include_usage: bool) -> None:
        self._include_usage = include_usage
        self._usage: Usage | None = None
        self._choices: set[int] = set()
        self._head = {"id": reply_id, "object": "chat.completion.chunk", "created": created, "model": model}

    def feed(self, event: ChatEvent) -> bytes:  # noqa: PLR0911  # one case a kind of event
        match event:
            case TextDelta(text=text, choice=choice, logprobs=logprobs):
                return self._delta(choice, {"content": text}, logprobs=logprobs)
            case ToolCallDelta(index=index, arguments=arguments, choice=choice):
                call: dict[str, Any] = {"index": index, "function": {"arguments": arguments}}
                return self._delta(choice, {"tool_calls": [call]})
            case ThinkingDelta(choice=choice):
                return self._delta(choice, _thought(event))
            case RefusalDelta(text=text, choice=choice):
                return self._delta(choice, {"refusal": text})
            case ToolCallStarted(index=index, id=call_id, name=name, choice=choice):
                function = {"name": name, "arguments": ""}
                call = {"index": index, "id": call_id, "type": "function", "function": function}
                return self._delta(choice, {"tool_calls": [call]})
            case Cited(citation=citation, choice=choice):
                return self._delta(choice, {"annotations": [annotation_of(citation)]})
            case Finished(reason=reason, choice=choice):
                return self._delta(choice, {}, reason)
            case UsageReported(usage=usage):
                self._usage = usage
            case Started(id=given) if given and not self._choices:
                self._head["id"] = completion_id(given)
        return b""

    def finish(self) -> bytes:
        if not self._include_usage or self._usage is None:
            return b""
        return self._chunk([], usage=usage_fields(self._usage))

    def _delta(
        self,
        choice: int,
        delta: dict[str, Any],
        reason: FinishReason | None = None,
        logprobs: Sequence[TokenLogprob] = (),
    ) -> bytes:
        if choice not in self._choices:
            self._choices.add(choice)
            delta = {"role": "assistant", **delta}
        finish = self._finish(reason) if reason else None
        piece = {"index": choice, "delta": delta, "finish_reason": finish}
        if logprobs:
            piece["logprobs"] = logprobs_of(logprobs)
        return self._chunk([piece])

    def _finish(self, reason: FinishReason) -> str:
        return reason.value

    def _chunk(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        return b"data: %b\n\n" % _encode({**self._head, "choices": choices, **more})


def _thought(event: ThinkingDelta) -> dict[str, Any]:
    if event.signature or event.redacted:
        return {"thinking_blocks": [block_of(Thinking(event.text, event.signature, event.redacted))]}
    return {"reasoning_content": event.text}
