"""Anthropic's Messages API, spoken by upstreams and by clients."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.anthropic.encoding import write_request
from oneapi.adapters.dialects.anthropic.history import own_history
from oneapi.adapters.dialects.anthropic.prompt import check_content, read_limits, read_prompt
from oneapi.adapters.dialects.anthropic.reply import error_fields, read_reply, read_tally, write_reply
from oneapi.adapters.dialects.anthropic.request import read_request
from oneapi.adapters.dialects.anthropic.stream import Reader, Writer, rendered
from oneapi.adapters.dialects.anthropic.tap import Tap
from oneapi.adapters.dialects.anthropic.wire import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import EventReader, EventWriter, Pieces, StreamTranslator
    from oneapi.domain.chat import ChatRequest

PATH = "/v1/messages"


class Anthropic:
    """Implements ``Dialect``."""

    name = NAME
    end_marker = rendered("message_stop")
    inlines_images = False
    essential = ""  # a refusal may be empty
    left_out: tuple[str, ...] = ()
    pieces: Pieces | None = None
    own_ids = False
    returns_thoughts = True
    passes_lines = True
    names_model = True
    image_mark = b'"image"'
    check_content = staticmethod(check_content)
    read_prompt = staticmethod(read_prompt)
    read_limits = staticmethod(read_limits)
    own_history = staticmethod(own_history)
    read_request = staticmethod(read_request)
    read_reply = staticmethod(read_reply)
    read_tally = staticmethod(read_tally)
    write_reply = staticmethod(write_reply)

    def for_request(self, fields: Mapping[str, Any], account_mark: str = "") -> Anthropic:  # noqa: ARG002  # this format repeats nothing
        return self

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

    def event_writer(self, *, reply_id: str, model: str, created: int, include_usage: bool) -> EventWriter:  # noqa: ARG002  # this format has no date and always reports usage
        return Writer(reply_id=reply_id, model=model)

    def tap(self, *, include_usage: bool) -> StreamTranslator:  # noqa: ARG002  # this format always reports it
        return Tap()

    def system_prompt(self, body: bytes, prompt: str) -> Mapping[str, Any]:  # noqa: ARG002  # the prompt has a field of its own
        return {"system": prompt}

    def broken_off(self, event: bytes) -> bytes:
        return event

    def passed(self, body: bytes) -> bytes:
        return body

    def render_error(self, error: Mapping[str, Any], status: int = 0) -> bytes:
        return rendered("error", error=error_fields(error, status)["error"])
