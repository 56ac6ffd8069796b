"""Coze's chat with bots, version 2: https://www.coze.com/docs/developer_guides/chat."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import decoded, fields_of, given, items_of, refuse, text, text_only
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
)
from oneapi.domain.errors import InvalidParameter, UpstreamBroken, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest, Message

ANSWER = "answer"


class Coze:
    """Implements ``UpstreamDialect``. A model is ``bot-`` and the number of a bot, which has its own instructions."""

    name = "coze"
    end_marker = b""
    inlines_images = False

    def write_request(
        self, request: ChatRequest, model: str, config: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        refuse(request)
        if not request.messages:
            raise InvalidParameter("messages", "messages is empty")
        *earlier, last = request.messages
        fields = {
            "bot_id": model.removeprefix("bot-"),
            "user": config.get("user_id"),
            "query": text_only(last.parts),
            "chat_history": [_turn(message) for message in earlier] or None,
            "stream": request.stream,
        }
        return given(fields)

    def read_reply(self, body: bytes) -> ChatReply:
        answer = decoded(body)
        if answer.get("code"):
            raise _refusal(answer)
        messages = items_of(answer.get("messages"))
        told = next((text(item.get("content")) for item in messages if item.get("type") == ANSWER), "")
        choice = Choice((Text(told),), FinishReason.STOP)
        return ChatReply(text(answer.get("conversation_id")), "", (choice,))

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``."""

    def __init__(self) -> None:
        self._started = self._done = False

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(decoded(event.data)))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._done:
            raise UpstreamBroken("the stream ended before its event done")
        return ()

    def _events(self, event: Mapping[str, Any]) -> Iterator[ChatEvent]:
        match event.get("event"):
            case "message":
                if not self._started:
                    self._started = True
                    yield Started(text(event.get("conversation_id")))
                message = fields_of(event.get("message"))
                if message.get("type") == ANSWER and (piece := text(message.get("content"))):
                    yield TextDelta(piece)
            case "error":
                raise _refusal(fields_of(event.get("error_information")))
            case "done" if not self._done:
                self._done = True
                yield Finished(FinishReason.STOP)


def _turn(message: Message) -> dict[str, Any]:
    role = "assistant" if message.role is MessageRole.ASSISTANT else "user"
    fields = {
        "role": role,
        "type": ANSWER if role == "assistant" else None,
        "content": text_only(message.parts),
        "content_type": "text",
    }
    return given(fields)


def _refusal(error: Mapping[str, Any]) -> UpstreamRefusal:
    message = text(error.get("msg")) or "the upstream reported an error"
    return UpstreamRefusal(400, message, type="coze_error", code=error.get("code"))
