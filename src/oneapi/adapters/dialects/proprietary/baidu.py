"""Baidu's Wenxin workshop: https://cloud.baidu.com/doc/WENXINWORKSHOP/s/clntwmv7t."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import decoded, given, refuse, text, text_only
from oneapi.adapters.dialects.usage import read_usage
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
from oneapi.domain.errors import UpstreamBroken, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest
    from oneapi.domain.usage import Usage

#: Error codes -> HTTP status: https://cloud.baidu.com/doc/WENXINWORKSHOP/s/tlmyncueh
STATUSES = {
    2: 503,
    4: 429,
    6: 403,
    17: 429,
    18: 429,
    19: 429,
    100: 401,
    110: 401,
    111: 401,
    336000: 500,
    336100: 503,
    336501: 429,
    336502: 429,
}
FINISH = {"length": FinishReason.LENGTH, "content_filter": FinishReason.CONTENT_FILTER}


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """``answer``. Raises UpstreamRefusal if it is an error, which has status 200."""
    code = answer.get("error_code")
    if not code:
        return answer
    status = STATUSES.get(code, 400) if isinstance(code, int) else 400
    message = text(answer.get("error_msg")) or "the upstream reported an error"
    raise UpstreamRefusal(status, message, type="baidu_error", code=code)


class Baidu:
    """Implements ``UpstreamDialect``."""

    name = "baidu"
    end_marker = b""
    inlines_images = False

    def write_request(
        self,
        request: ChatRequest,
        model: str,  # noqa: ARG002  # the URL contains it
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        refuse(request)
        told = [(message.role, text_only(message.parts)) for message in request.messages]
        sampling = request.sampling
        fields = {
            "messages": [
                {"role": role.value, "content": said} for role, said in told if role is not MessageRole.SYSTEM
            ],
            "system": "\n".join(said for role, said in told if role is MessageRole.SYSTEM) or None,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "penalty_score": sampling.frequency_penalty,
            "max_output_tokens": request.max_tokens,
            "stop": list(sampling.stop) or None,
            "user_id": request.user or None,
            "stream": True if request.stream else None,
        }
        return given(fields)

    def read_reply(self, body: bytes) -> ChatReply:
        answer = checked(decoded(body))
        choice = Choice((Text(text(answer.get("result"))),), _finish(answer))
        return ChatReply(
            text(answer.get("id")),
            "",
            (choice,),
            created=_seconds(answer.get("created")),
            usage=_usage(answer),
        )

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``."""

    def __init__(self) -> None:
        self._started = self._done = False

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(checked(decoded(event.data))))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._done:
            raise UpstreamBroken("the stream ended before its last sentence")
        return ()

    def _events(self, answer: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if not self._started:
            self._started = True
            yield Started(text(answer.get("id")))
        if piece := text(answer.get("result")):
            yield TextDelta(piece)
        if (usage := _usage(answer)) is not None:
            yield UsageReported(usage)
        if answer.get("is_end") is True and not self._done:
            self._done = True
            yield Finished(_finish(answer))


def _seconds(value: Any) -> int:
    """A date in Unix seconds, which would exceed the limit of ``count``; 0 for anything else."""
    return value if isinstance(value, int) and value > 0 else 0


def _finish(answer: Mapping[str, Any]) -> FinishReason:
    return FINISH.get(text(answer.get("finish_reason")), FinishReason.STOP)


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    return read_usage(answer.get("usage"))
