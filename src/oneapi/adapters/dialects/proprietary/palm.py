"""Google's PaLM 2, which Google has shut down; formerly documented at https://ai.google.dev/api/palm."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import decoded, given, items_of, refuse, text, text_only
from oneapi.domain.chat import ChatReply, Choice, FinishReason, MessageRole, Text
from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatEvent, ChatRequest


class Palm:
    """Implements ``UpstreamDialect``; the API has no token limit and no streams."""

    name = "palm"
    end_marker = b""
    inlines_images = False

    def write_request(
        self,
        request: ChatRequest,
        model: str,  # noqa: ARG002  # the API had only one
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        refuse(request, n=True)
        context = [
            text_only(message.parts) for message in request.messages if message.role is MessageRole.SYSTEM
        ]
        messages = [
            {"author": "0" if message.role is MessageRole.USER else "1", "content": text_only(message.parts)}
            for message in request.messages
            if message.role is not MessageRole.SYSTEM
        ]
        fields = {
            "prompt": given({"context": "\n\n".join(context) or None, "messages": messages}),
            "temperature": request.sampling.temperature,
            "candidateCount": request.sampling.n,
            "topP": request.sampling.top_p,
            "topK": request.sampling.top_k,
        }
        return given(fields)

    def read_reply(self, body: bytes) -> ChatReply:
        answer = decoded(body)
        candidates = items_of(answer.get("candidates"))
        if not candidates:
            reasons = [text(item.get("reason")) for item in items_of(answer.get("filters"))]
            if not reasons:
                raise UpstreamGarbage("an answer without candidates")
            message = f"Prompt blocked: {', '.join(reasons)}"
            raise UpstreamRefusal(400, message, type="palm_error", code="content_filter")
        return ChatReply(
            "",
            "",
            tuple(
                Choice((Text(text(candidate.get("content"))),), FinishReason.STOP, index)
                for index, candidate in enumerate(candidates)
            ),
        )

    def event_reader(self) -> EventReader:
        return NoStream()


class NoStream:
    """Implements ``EventReader``."""

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        del event
        raise UpstreamGarbage("an API without streams sent one")

    def finish(self) -> tuple[ChatEvent, ...]:
        return ()
