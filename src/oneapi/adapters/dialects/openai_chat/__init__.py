"""OpenAI's chat completions: the format that most clients and most upstreams speak."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.openai_chat.encoding import write_request
from oneapi.adapters.dialects.openai_chat.functions import FunctionWriter, write_function_reply
from oneapi.adapters.dialects.openai_chat.reply import read_reply, write_reply
from oneapi.adapters.dialects.openai_chat.request import read_request
from oneapi.adapters.dialects.openai_chat.stream import Reader, Writer
from oneapi.adapters.dialects.openai_chat.tap import Tap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import EventReader, EventWriter, StreamTranslator
    from oneapi.domain.chat import ChatRequest


class OpenAIChat:
    """Implements ``Dialect``."""

    name = "openai_chat"
    end_marker = b"data: [DONE]\n\n"
    inlines_images = False
    read_request = staticmethod(read_request)
    read_reply = staticmethod(read_reply)
    write_reply = staticmethod(write_reply)

    def write_request(
        self,
        request: ChatRequest,
        model: str,
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # nothing of it stands in the body
    ) -> dict[str, Any]:
        return write_request(request, model)

    def event_reader(self) -> EventReader:
        return Reader()

    def event_writer(self, *, reply_id: str, model: str, created: int, include_usage: bool) -> EventWriter:
        return Writer(reply_id=reply_id, model=model, created=created, include_usage=include_usage)

    def tap(self, *, include_usage: bool) -> StreamTranslator:
        return Tap(include_usage=include_usage)

    def render_error(self, error: Mapping[str, Any]) -> bytes:
        return b"data: %b\n\n" % msgspec.json.encode({"error": error})


class OpenAIFunctions(OpenAIChat):
    """The same, for a client that speaks of functions and not of tools."""

    write_reply = staticmethod(write_function_reply)

    def event_writer(self, *, reply_id: str, model: str, created: int, include_usage: bool) -> EventWriter:
        return FunctionWriter(reply_id=reply_id, model=model, created=created, include_usage=include_usage)
