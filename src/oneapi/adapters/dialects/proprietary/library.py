"""AI Proxy's questions about a library of documents."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import decoded, items_of, refuse, text, text_only
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Choice,
    Finished,
    FinishReason,
    Started,
    Text,
    TextDelta,
)
from oneapi.domain.errors import InvalidParameter, UpstreamBroken, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest

#: The heading above an answer's source documents, which clients of the original know.
SOURCES = "\n\n参考文档：\n"


class Library:
    """Implements ``UpstreamDialect``: the last message is the question; earlier ones are not sent."""

    name = "library"
    end_marker = b""
    inlines_images = False

    def write_request(
        self, request: ChatRequest, model: str, config: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        refuse(request)
        if not request.messages:
            raise InvalidParameter("messages", "messages is empty")
        return {
            "model": model,
            "query": text_only(request.messages[-1].parts),
            "libraryId": text(config.get("library_id")),
            "stream": request.stream,
        }

    def read_reply(self, body: bytes) -> ChatReply:
        answer = _answer(body)
        told = text(answer.get("answer")) + _sources(items_of(answer.get("documents")))
        return ChatReply("", "", (Choice((Text(told),), FinishReason.STOP),))

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``; the source documents are appended to the text in a separate delta."""

    def __init__(self) -> None:
        self._started = self._done = False
        self._documents: list[dict[str, Any]] = []

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(_answer(event.data)))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._done:
            raise UpstreamBroken("the stream ended before its last event")
        return ()

    def _events(self, event: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if not self._started:
            self._started = True
            yield Started()
        self._documents = items_of(event.get("documents")) or self._documents
        if piece := text(event.get("content")):
            yield TextDelta(piece)
        if event.get("finish") is True and not self._done:
            self._done = True
            if sources := _sources(self._documents):
                yield TextDelta(sources)
            yield Finished(FinishReason.STOP)


def _answer(body: bytes) -> dict[str, Any]:
    answer = decoded(body)
    if code := answer.get("errCode"):
        message = text(answer.get("message")) or "the upstream reported an error"
        raise UpstreamRefusal(400, message, type=str(code), code=code)
    return answer


def _sources(documents: Sequence[Mapping[str, Any]]) -> str:
    if not documents:
        return ""
    lines = [
        f"{number}. [{text(document.get('title'))}]({text(document.get('url'))})\n"
        for number, document in enumerate(documents, 1)
    ]
    return SOURCES + "".join(lines)
