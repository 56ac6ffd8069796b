"""Converts whole answers to the events of a stream and back, for upstreams that support only one of the two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field

from oneapi.adapters.dialects.media import joined_base64
from oneapi.domain.chat import (
    Audio,
    AudioDelta,
    ChatReply,
    Choice,
    Citation,
    Cited,
    Finished,
    FinishReason,
    Image,
    ImageMade,
    ModelRefusal,
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
    from collections.abc import Iterable, Iterator

    from oneapi.domain.chat import ChatEvent, Part, TokenLogprob
    from oneapi.domain.usage import Usage


def events_of(reply: ChatReply) -> Iterator[ChatEvent]:
    """The events that stream ``reply``, its usage last. Raises UpstreamGarbage for parts that no stream can carry."""
    begun = reply.usage and evolve(reply.usage, completion=0, reasoning=0)
    yield Started(reply.id, reply.model, begun)
    for choice in reply.choices:
        yield from _events_of(choice)
    if reply.usage is not None:
        yield UsageReported(reply.usage)


def _events_of(choice: Choice) -> Iterator[ChatEvent]:
    calls, logprobs = 0, choice.logprobs
    for part in choice.parts:
        match part:
            case Text(text=text):
                yield TextDelta(text, choice.index, logprobs)
                logprobs = ()
            case Thinking(text=text, signature=signature, redacted=redacted):
                yield ThinkingDelta(text, signature, redacted, choice.index)
            case ModelRefusal(text=text):
                yield RefusalDelta(text, choice.index)
            case Citation():
                yield Cited(part, choice.index)
            case Image():
                yield ImageMade(part, choice.index)
            case Audio():
                yield AudioDelta(part, choice.index)
            case ToolCall(id=call_id, name=name, arguments=arguments, is_custom=is_custom):
                yield ToolCallStarted(calls, call_id, name, choice.index, is_custom)
                yield ToolCallDelta(calls, arguments, choice.index)
                calls += 1
            case _:
                raise UpstreamGarbage("the answer has a part that cannot be streamed")
    yield Finished(choice.finish or FinishReason.STOP, choice.index, choice.stop_sequence)


def reply_of(events: Iterable[ChatEvent]) -> ChatReply:
    """The whole answer that was streamed as ``events``. Raises UpstreamGarbage for audio that is not base64."""
    reply_id = model = ""
    usage: Usage | None = None
    choices: dict[int, _Growing] = {}
    for event in events:
        match event:
            case Started(id=reply_id, model=model):
                pass
            case UsageReported(usage=usage):
                pass
            case _:
                choices.setdefault(event.choice, _Growing()).take(event)
    return ChatReply(
        reply_id,
        model,
        tuple(growing.choice(index) for index, growing in sorted(choices.items())),
        usage=usage,
    )


@define
class _Growing:
    """One choice while its pieces arrive. Parts are in the order in which they began."""

    parts: list[Part] = field(factory=list)
    #: Index of a tool call -> its place in ``parts``.
    calls: dict[int, int] = field(factory=dict)
    finish: FinishReason | None = None
    stop_sequence: str = ""
    logprobs: list[TokenLogprob] = field(factory=list)

    def take(self, event: ChatEvent) -> None:  # noqa: C901  # one case a kind of event
        match event:
            case TextDelta(text=text, logprobs=logprobs):
                self._extend(Text, text)
                self.logprobs += logprobs
            case RefusalDelta(text=text):
                self._extend(ModelRefusal, text)
            case ThinkingDelta(redacted=redacted) if redacted:
                self.parts.append(Thinking(redacted=redacted))
            case ThinkingDelta(text=text, signature=signature):
                self._think(text, signature)
            case ToolCallStarted(index=index, id=call_id, name=name, is_custom=is_custom):
                self.calls[index] = len(self.parts)
                self.parts.append(ToolCall(call_id, name, "", is_custom=is_custom))
            case ToolCallDelta(index=index, arguments=arguments):
                place = self.calls[index]
                call = self.parts[place]
                assert isinstance(call, ToolCall)  # noqa: S101  # ToolCallStarted put it there
                self.parts[place] = evolve(call, arguments=call.arguments + arguments)
            case Cited(citation=citation):
                self.parts.append(citation)
            case ImageMade(image=image):
                self.parts.append(image)
            case AudioDelta(audio=audio):
                self._hear(audio)
            case Finished(reason=reason, stop_sequence=stop_sequence):
                self.finish, self.stop_sequence = reason, stop_sequence

    def choice(self, index: int) -> Choice:
        return Choice(tuple(self.parts), self.finish, index, self.stop_sequence, tuple(self.logprobs))

    def _extend(self, kind: type[Text | ModelRefusal], text: str) -> None:
        last = self.parts[-1] if self.parts else None
        if isinstance(last, kind):
            self.parts[-1] = evolve(last, text=last.text + text)
        elif text:
            self.parts.append(kind(text))

    def _think(self, text: str, signature: str) -> None:
        last = self.parts[-1] if self.parts else None
        if isinstance(last, Thinking) and not last.redacted and not last.signature:
            self.parts[-1] = evolve(last, text=last.text + text, signature=signature)
        else:
            self.parts.append(Thinking(text, signature))

    def _hear(self, piece: Audio) -> None:
        """Append a piece of audio to the choice's only one. Raises UpstreamGarbage if it is not base64."""
        place = next((n for n, part in enumerate(self.parts) if isinstance(part, Audio)), None)
        if place is None:
            self.parts.append(piece)
            return
        heard = self.parts[place]
        assert isinstance(heard, Audio)  # noqa: S101  # just found
        self.parts[place] = Audio(
            data=joined_base64(heard.data, piece.data),
            format=heard.format or piece.format,
            id=heard.id or piece.id,
            transcript=heard.transcript + piece.transcript,
            expires=piece.expires or heard.expires,
        )
