"""OpenAI's chat completions: the format that most clients and most upstreams speak."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.interface import Pieces
from oneapi.adapters.dialects.openai_chat.encoding import write_request
from oneapi.adapters.dialects.openai_chat.functions import FunctionWriter, write_function_reply
from oneapi.adapters.dialects.openai_chat.pieces import joined, parted
from oneapi.adapters.dialects.openai_chat.prompt import check_content, read_limits, read_prompt
from oneapi.adapters.dialects.openai_chat.reply import read_reply, usage_fields, write_reply
from oneapi.adapters.dialects.openai_chat.request import read_request
from oneapi.adapters.dialects.openai_chat.stream import Reader, Writer
from oneapi.adapters.dialects.openai_chat.tally import reply_tally
from oneapi.adapters.dialects.openai_chat.tap import Tap
from oneapi.adapters.dialects.openai_chat.wire import NAME
from oneapi.adapters.dialects.patch import patch, raw_messages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import EventReader, EventWriter, StreamTranslator
    from oneapi.domain.chat import ChatRequest

NOTHING: Mapping[str, Any] = MappingProxyType({})


class OpenAIChat:
    """Implements ``Dialect``."""

    name = NAME
    end_marker = b"data: [DONE]\n\n"
    inlines_images = False
    essential = "choices"
    left_out: tuple[str, ...] = ()
    own_ids = False
    pieces: Pieces | None = Pieces(joined, parted, usage_fields)
    returns_thoughts = False
    passes_lines = False
    names_model = True
    image_mark = b"image_url"
    check_content = staticmethod(check_content)
    read_prompt = staticmethod(read_prompt)
    read_limits = staticmethod(read_limits)
    read_request = staticmethod(read_request)
    read_reply = staticmethod(read_reply)
    read_tally = staticmethod(reply_tally)
    write_reply = staticmethod(write_reply)

    def for_request(self, fields: Mapping[str, Any], account_mark: str = "") -> OpenAIChat:  # noqa: ARG002  # nothing here is bound to an account
        return _FUNCTIONS if fields.get("functions") else self

    def write_request(
        self,
        request: ChatRequest,
        model: str,
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        return write_request(request, model)

    def event_reader(self) -> EventReader:
        return Reader()

    def write_count(self, tokens: int) -> bytes:
        return msgspec.json.encode({"input_tokens": tokens})

    def event_writer(self, *, reply_id: str, model: str, created: int, include_usage: bool) -> EventWriter:
        return Writer(reply_id=reply_id, model=model, created=created, include_usage=include_usage)

    def tap(self, *, include_usage: bool) -> StreamTranslator:
        return Tap(include_usage=include_usage)

    def system_prompt(self, body: bytes, prompt: str) -> Mapping[str, Any]:
        messages = raw_messages(body)
        if messages and msgspec.json.decode(messages[0]).get("role") == "system":
            first = patch(bytes(messages[0]), {"content": prompt})
            return {"messages": [msgspec.Raw(first), *messages[1:]]}
        return {"messages": [{"role": "system", "content": prompt}, *messages]}

    def own_history(self, body: bytes, fields: Mapping[str, Any], model: str) -> Mapping[str, Any]:  # noqa: ARG002  # upstreams of this format differ too much
        return NOTHING

    def broken_off(self, event: bytes) -> bytes:
        return event

    def passed(self, body: bytes) -> bytes:
        return body

    def render_error(self, error: Mapping[str, Any], status: int = 0) -> bytes:  # noqa: ARG002  # this format has no place for it
        return b"data: %b\n\n" % msgspec.json.encode({"error": error})


class OpenAIFunctions(OpenAIChat):
    """The same, for a client that uses ``functions`` instead of ``tools``."""

    write_reply = staticmethod(write_function_reply)

    def event_writer(self, *, reply_id: str, model: str, created: int, include_usage: bool) -> EventWriter:
        return FunctionWriter(reply_id=reply_id, model=model, created=created, include_usage=include_usage)


_FUNCTIONS = OpenAIFunctions()
