"""Llama 3 in Bedrock's native format: a prompt with the model's special tokens in, text out.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import count, decoded, given, refuse, text, text_only
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Choice,
    Finished,
    FinishReason,
    Started,
    Text,
    TextDelta,
    UsageReported,
)
from oneapi.domain.errors import UpstreamBroken
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest

DEFAULT_MAX_TOKENS = 2048


class Llama:
    """Implements ``UpstreamDialect``."""

    name = "llama"
    end_marker = b""
    inlines_images = False

    def write_request(
        self,
        request: ChatRequest,
        model: str,  # noqa: ARG002  # the URL contains it
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        refuse(request)
        turns = [
            f"<|start_header_id|>{message.role.value}<|end_header_id|>{text_only(message.parts)}<|eot_id|>"
            for message in request.messages
        ]
        fields = {
            "prompt": f"<|begin_of_text|>{''.join(turns)}<|start_header_id|>assistant<|end_header_id|>\n",
            "max_gen_len": request.max_tokens or DEFAULT_MAX_TOKENS,
            "temperature": request.sampling.temperature,
            "top_p": request.sampling.top_p,
        }
        return given(fields)

    def read_reply(self, body: bytes) -> ChatReply:
        answer = decoded(body)
        choice = Choice((Text(text(answer.get("generation"))),), _finish(answer) or FinishReason.STOP)
        prompt, completion = (
            count(answer.get("prompt_token_count")),
            count(answer.get("generation_token_count")),
        )
        return ChatReply("", "", (choice,), usage=Usage(prompt, completion) if completion else None)

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``; the first event counts the prompt's tokens, each event those of the answer so far."""

    def __init__(self) -> None:
        self._started = self._done = False
        self._prompt = 0

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(decoded(event.data)))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._done:
            raise UpstreamBroken("the stream ended without a stop reason")
        return ()

    def _events(self, answer: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if not self._started:
            self._started = True
            yield Started()
        self._prompt = count(answer.get("prompt_token_count")) or self._prompt
        if piece := text(answer.get("generation")):
            yield TextDelta(piece)
        if completion := count(answer.get("generation_token_count")):
            yield UsageReported(Usage(self._prompt, completion))
        if (finish := _finish(answer)) is not None and not self._done:
            self._done = True
            yield Finished(finish)


def _finish(answer: Mapping[str, Any]) -> FinishReason | None:
    reason = text(answer.get("stop_reason"))
    if not reason:
        return None
    return FinishReason.LENGTH if reason == "length" else FinishReason.STOP
