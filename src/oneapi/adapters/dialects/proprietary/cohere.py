"""Cohere's chat, version 1: https://docs.cohere.com/v1/reference/chat."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import decoded, fields_of, given, refuse, text, text_only
from oneapi.adapters.dialects.usage import read_usage
from oneapi.data import upstream_names
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Choice,
    Finished,
    FinishReason,
    MessageRole,
    Started,
    Text,
    TextDelta,
    UsageReported,
)
from oneapi.domain.errors import InvalidParameter, UpstreamBroken, UpstreamGarbage, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest
    from oneapi.domain.usage import Usage

#: Models whose name has this suffix search the web first.
SEARCHING = "-internet"
ROLES = {MessageRole.SYSTEM: "SYSTEM", MessageRole.USER: "USER", MessageRole.ASSISTANT: "CHATBOT"}
FINISH = {
    "COMPLETE": FinishReason.STOP,
    "STOP_SEQUENCE": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "ERROR_LIMIT": FinishReason.LENGTH,
    "ERROR_TOXIC": FinishReason.CONTENT_FILTER,
}


class Cohere:
    """Implements ``UpstreamDialect``."""

    name = "cohere"
    end_marker = b""
    inlines_images = False

    def write_request(
        self,
        request: ChatRequest,
        model: str,
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        refuse(request)
        said = [(message.role, text_only(message.parts)) for message in request.messages]
        last = max((place for place, (role, _) in enumerate(said) if role is MessageRole.USER), default=-1)
        if last < 0:
            raise InvalidParameter("messages", "messages contains no user message")
        history = [
            {"role": ROLES.get(role, "USER"), "message": told}
            for place, (role, told) in enumerate(said)
            if place != last
        ]
        sampling = request.sampling
        fields = {
            "model": model.removesuffix(SEARCHING) or upstream_names(self.name)[""],
            "message": said[last][1],
            "chat_history": history or None,
            "connectors": [{"id": "web-search"}] if model.endswith(SEARCHING) else None,
            "stream": True if request.stream else None,
            "temperature": sampling.temperature,
            "p": sampling.top_p,
            "k": sampling.top_k,
            "max_tokens": request.max_tokens,
            "seed": sampling.seed,
            "frequency_penalty": sampling.frequency_penalty,
            "presence_penalty": sampling.presence_penalty,
            "stop_sequences": list(sampling.stop) or None,
        }
        return given(fields)

    def read_reply(self, body: bytes) -> ChatReply:
        answer = decoded(body)
        if not answer.get("response_id"):
            raise _refusal(answer)
        choice = Choice((Text(text(answer.get("text"))),), _finish(answer))
        return ChatReply(text(answer.get("response_id")), "", (choice,), usage=_usage(answer))

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``; every line of the stream is an event."""

    def __init__(self) -> None:
        self._started = self._done = False

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(decoded(event.data)))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._done:
            raise UpstreamBroken("the stream ended before its event stream-end")
        return ()

    def _events(self, event: Mapping[str, Any]) -> Iterator[ChatEvent]:
        kind = event.get("event_type")
        if kind is None:
            raise _refusal(event)
        if not self._started:
            self._started = True
            yield Started(text(event.get("generation_id")))
        if kind == "text-generation" and (piece := text(event.get("text"))):
            yield TextDelta(piece)
        if kind == "stream-end" and not self._done:
            self._done = True
            response = fields_of(event.get("response"))
            if (usage := _usage(response)) is not None:
                yield UsageReported(usage)
            if event.get("finish_reason") == "ERROR":
                raise _refusal(event)
            yield Finished(_finish(event))


def _finish(answer: Mapping[str, Any]) -> FinishReason:
    return FINISH.get(text(answer.get("finish_reason")), FinishReason.STOP)


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    """All tokens, or the billed ones if only those are reported: https://docs.cohere.com/v1/reference/chat."""
    meta = fields_of(answer.get("meta"))
    tokens = fields_of(meta.get("tokens")) or fields_of(meta.get("billed_units"))
    return read_usage({name: tokens[name] for name in ("input_tokens", "output_tokens") if name in tokens})


def _refusal(answer: Mapping[str, Any]) -> UpstreamRefusal | UpstreamGarbage:
    message = text(answer.get("message")) or text(answer.get("error"))
    if not message:
        return UpstreamGarbage("neither an answer nor an error")
    return UpstreamRefusal(502, message, type="cohere_error")
