"""Zhipu's third version, for the models before GLM-4: plain text in, events of plain text out."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import (
    decoded,
    fields_of,
    given,
    items_of,
    refuse,
    text,
    text_only,
)
from oneapi.adapters.dialects.usage import read_usage
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
from oneapi.domain.errors import UpstreamBroken, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest
    from oneapi.domain.usage import Usage


class ZhipuV3:
    """Implements ``UpstreamDialect``."""

    name = "zhipu_v3"
    end_marker = b""
    inlines_images = False

    def write_request(
        self,
        request: ChatRequest,
        model: str,  # noqa: ARG002  # the URL contains it
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        refuse(request)
        prompt = [
            {"role": message.role.value, "content": text_only(message.parts)} for message in request.messages
        ]
        sampling = request.sampling
        return given({"prompt": prompt, "temperature": sampling.temperature, "top_p": sampling.top_p})

    def read_reply(self, body: bytes) -> ChatReply:
        answer = decoded(body)
        if answer.get("success") is not True:
            raise _refusal(answer)
        data = fields_of(answer.get("data"))
        told = [text(item.get("content")).strip('"') for item in items_of(data.get("choices"))]
        choice = Choice((Text("".join(told)),), FinishReason.STOP)
        usage = _usage(fields_of(data.get("usage")))
        return ChatReply(text(data.get("task_id")), "", (choice,), usage=usage)

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``; the event ``finish`` has its own field ``meta``, which the framer reads."""

    def __init__(self) -> None:
        self._started = self._done = False

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(event))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._done:
            raise UpstreamBroken("the stream ended before its event finish")
        return ()

    def _events(self, event: ServerSentEvent) -> Iterator[ChatEvent]:
        if not self._started:
            self._started = True
            yield Started()
        match event.name:
            case b"meta":
                self._done = True
                if (usage := _usage(fields_of(decoded(event.data).get("usage")))) is not None:
                    yield UsageReported(usage)
                yield Finished(FinishReason.STOP)
            case b"error" | b"interrupted":
                message = event.data.decode(errors="replace") or "the upstream broke the answer off"
                raise UpstreamRefusal(502, message, type="zhipu_error")
            case _ if event.data:
                yield TextDelta(event.data.decode(errors="replace"))


def _usage(reported: Mapping[str, Any]) -> Usage | None:
    return read_usage(reported)


def _refusal(answer: Mapping[str, Any]) -> UpstreamRefusal:
    message = text(answer.get("msg")) or "the upstream reported an error"
    return UpstreamRefusal(400, message, type="zhipu_error", code=answer.get("code"))
