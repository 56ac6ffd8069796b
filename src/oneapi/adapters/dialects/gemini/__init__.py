"""Google's Gemini API, spoken by upstreams (the developer API and Google's cloud) and by clients.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.gemini.answer import Writer, error_fields, write_reply
from oneapi.adapters.dialects.gemini.encoding import write_request
from oneapi.adapters.dialects.gemini.history import own_history
from oneapi.adapters.dialects.gemini.prompt import check_content, read_limits, read_prompt
from oneapi.adapters.dialects.gemini.reply import read_reply
from oneapi.adapters.dialects.gemini.request import read_request, shows_thoughts
from oneapi.adapters.dialects.gemini.stream import Reader
from oneapi.adapters.dialects.gemini.tap import Tap, read_tally
from oneapi.adapters.dialects.gemini.wire import NAME, encode, event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import EventReader, EventWriter, Pieces, StreamTranslator
    from oneapi.domain.chat import ChatReply, ChatRequest


class Gemini:
    """Implements ``Dialect``; of a channel's ``config`` it reads the threshold of the safety settings.

    ``shows_thoughts``: whether the client reads the model's thoughts; it gets the signatures in any case.
    """

    name = NAME
    end_marker = b""
    inlines_images = True
    essential = ""  # an answer to a blocked prompt is empty
    returns_thoughts = True
    passes_lines = False  # comments break off the stream for Google's clients
    names_model = False
    left_out: tuple[str, ...] = ()
    pieces: Pieces | None = None
    own_ids = False
    image_mark = b"image/"
    check_content = staticmethod(check_content)
    read_prompt = staticmethod(read_prompt)
    read_limits = staticmethod(read_limits)
    own_history = staticmethod(own_history)
    read_request = staticmethod(read_request)
    read_reply = staticmethod(read_reply)
    read_tally = staticmethod(read_tally)

    def __init__(self, *, shows_thoughts: bool = True) -> None:
        self._shows_thoughts = shows_thoughts

    def for_request(self, fields: Mapping[str, Any], account_mark: str = "") -> Gemini:  # noqa: ARG002  # nothing here is bound to an account
        return self if shows_thoughts(fields) else _WITHOUT_THOUGHTS

    def write_request(
        self, request: ChatRequest, model: str, config: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        return write_request(request, model, config)

    def event_reader(self) -> EventReader:
        return Reader()

    def write_reply(self, reply: ChatReply) -> bytes:
        return write_reply(reply, shows_thoughts=self._shows_thoughts)

    def write_count(self, tokens: int) -> bytes:
        return encode({"totalTokens": tokens})

    def event_writer(self, *, reply_id: str, model: str, created: int, include_usage: bool) -> EventWriter:  # noqa: ARG002  # this format has no date and always reports usage
        return Writer(reply_id=reply_id, model=model, shows_thoughts=self._shows_thoughts)

    def tap(self, *, include_usage: bool) -> StreamTranslator:  # noqa: ARG002  # this format always reports it
        return Tap()

    def system_prompt(self, body: bytes, prompt: str) -> Mapping[str, Any]:  # noqa: ARG002  # the prompt has a field of its own
        return {"system_instruction": msgspec.UNSET, "systemInstruction": {"parts": [{"text": prompt}]}}

    def broken_off(self, event: bytes) -> bytes:
        return event

    def passed(self, body: bytes) -> bytes:
        return body

    def render_error(self, error: Mapping[str, Any], status: int = 0) -> bytes:
        return event(error_fields(str(error.get("message") or ""), status or 500))


_WITHOUT_THOUGHTS = Gemini(shows_thoughts=False)
