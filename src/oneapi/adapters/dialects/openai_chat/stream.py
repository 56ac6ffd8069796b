"""Streams of chat completion chunks, read from an upstream or written for a client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.openai_chat.beside_text import (
    annotation_of,
    citations_in,
    pages_in,
    pictures_in,
    pictures_of,
    read_logprobs,
    signature_of,
    sound_in,
    sound_piece,
)
from oneapi.adapters.dialects.openai_chat.encoding import call_fields
from oneapi.adapters.dialects.openai_chat.reply import (
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
    AudioDelta,
    ChatEvent,
    Cited,
    Finished,
    FinishReason,
    ImageMade,
    RefusalDelta,
    Started,
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
    from collections.abc import Iterable, Sequence

    from oneapi.adapters.dialects.openai_chat.wire import NumberedCall, NumberedChoice, NumberedDelta
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import Citation, TokenLogprob
    from oneapi.domain.usage import Usage

_encode = msgspec.json.Encoder().encode
#: Pieces of an answer other than plain text.
Told = ToolCallDelta | ThinkingDelta | RefusalDelta | ToolCallStarted | Cited | ImageMade | AudioDelta


class Reader:
    """Implements ``EventReader``."""

    def __init__(self) -> None:
        self._started = self._done = False
        #: The id of each tool call so far, by choice.
        self._calls: dict[int, list[str]] = {}
        #: The index of each call in that list, by choice and the number that the upstream assigned.
        self._places: dict[tuple[int, int], int] = {}
        self._finished: set[int] = set()
        #: Reasoning parts of the first choice that have not been passed on as a signature.
        self._details: list[Any] = []
        #: Citations of the answer, if reported beside the choices.
        self._pages: tuple[Citation, ...] = ()
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
        if answer.citations:
            self._pages = tuple(pages_in(answer.citations))  # every chunk repeats them
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
        number = counted(choice.index, 0)
        if choice.delta is not None:
            yield from self._told(choice.delta, choice, number)
        reason = finish_reason(choice.finish_reason)
        if reason is not None and number not in self._finished:
            self._finished.add(number)
            if reason is FinishReason.STOP and number in self._calls:
                reason = FinishReason.TOOL_CALLS
            for page in self._pages:
                yield Cited(page, number)
            yield Finished(reason, number)

    def _told(self, delta: NumberedDelta, choice: NumberedChoice, number: int) -> Iterable[ChatEvent]:
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
        if delta.annotations or delta.images or delta.audio:
            yield from _beside(delta, number)

    def _signature(self) -> Iterable[ChatEvent]:
        details, self._details = self._details, []
        if signature := signature_of(details):
            yield ThinkingDelta(signature=signature)

    def _call(self, call: NumberedCall, choice: int) -> Iterable[ChatEvent]:
        about = call.function or call.custom
        if about is None:
            return
        calls = self._calls.setdefault(choice, [])
        given, name = texted(call.id), texted(about.name)
        # If an upstream does not number its calls, or numbers them all alike, a new id begins a new call.
        place = (
            self._places.get((choice, number)) if (number := counted(call.index, -1)) >= 0 else len(calls) - 1
        )
        if place is None or place < 0 or (given and given != calls[place]):
            place = len(calls)
            calls.append(given)
            self._places[choice, number] = place
            yield ToolCallStarted(place, calls[place], name, choice, is_custom=call.function is None)
        if arguments := arguments_of(call):
            yield ToolCallDelta(place, arguments, choice)


def _beside(delta: NumberedDelta, choice: int) -> Iterable[ChatEvent]:
    """The events of a delta other than its text."""
    for citation in citations_in(delta.annotations):
        yield Cited(citation, choice)
    for image in pictures_in(delta.images):
        yield ImageMade(image, choice)
    if (sound := sound_in(delta.audio)) is not None:
        yield AudioDelta(sound, choice)


class Writer:
    """Implements ``EventWriter``."""

    def __init__(self, *, reply_id: str, model: str, created: int, include_usage: bool) -> None:
        self._include_usage = include_usage
        self._usage: Usage | None = None
        self._choices: set[int] = set()
        #: Calls of custom tools, by choice and index.
        self._custom: set[tuple[int, int]] = set()
        self._head = {"id": reply_id, "object": "chat.completion.chunk", "created": created, "model": model}

    def feed(self, event: ChatEvent) -> bytes:
        match event:
            case TextDelta(text=text, choice=choice, logprobs=logprobs):
                return self._delta(choice, {"content": text}, logprobs=logprobs)
            case Finished(reason=reason, choice=choice):
                return self._delta(choice, {}, reason)
            case UsageReported(usage=usage):
                self._usage = usage
            case Started(id=given):
                if given and not self._choices:
                    self._head["id"] = completion_id(given)
            case _:
                return self._delta(event.choice, self._told(event))
        return b""

    def _told(self, event: Told) -> dict[str, Any]:  # noqa: PLR0911  # one case a kind of event
        """The fields of a delta other than plain text."""
        match event:
            case ToolCallDelta(index=index, arguments=arguments, choice=choice):
                piece = {"function": {"arguments": arguments}}
                if (choice, index) in self._custom:
                    piece = {"custom": {"input": arguments}}
                return {"tool_calls": [{"index": index, **piece}]}
            case ThinkingDelta():
                return _thought(event)
            case RefusalDelta(text=text):
                return {"refusal": text}
            case ToolCallStarted(index=index, id=call_id, name=name, choice=choice, is_custom=is_custom):
                if is_custom:
                    self._custom.add((choice, index))
                call = call_fields(ToolCall(call_id, name, "", is_custom=is_custom))
                return {"tool_calls": [{"index": index, **call}]}
            case Cited(citation=citation):
                return {"annotations": [annotation_of(citation)]}
            case ImageMade(image=image):
                return {"images": pictures_of([image])}
            case AudioDelta(audio=audio):
                return {"audio": sound_piece(audio)}

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
