"""OpenAI's Responses, spoken by upstreams and by clients."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.responses.encoding import write_request
from oneapi.adapters.dialects.responses.marks import marked, own_input
from oneapi.adapters.dialects.responses.prompt import check_content, read_limits, read_prompt
from oneapi.adapters.dialects.responses.reader import Reader
from oneapi.adapters.dialects.responses.reply import read_reply, read_tally, write_reply
from oneapi.adapters.dialects.responses.request import read_request
from oneapi.adapters.dialects.responses.stream import Writer, rendered
from oneapi.adapters.dialects.responses.tap import Tap, with_told
from oneapi.adapters.dialects.responses.tools import Toolbox
from oneapi.adapters.dialects.responses.wire import NAME, PREVIOUS
from oneapi.data import traits_of
from oneapi.domain.models.traits import ThinkingForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import EventReader, EventWriter, Pieces, StreamTranslator
    from oneapi.domain.chat import ChatReply, ChatRequest

#: Value of ``include`` that requests thoughts in a form that can be sent back.
ENCRYPTED = "reasoning.encrypted_content"
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Responses:
    """Implements ``Dialect``. An answer repeats its ``request``, and calls the tools by the request's names.

    A stream that breaks off ends with the response so far.
    """

    name = NAME
    end_marker = b""
    inlines_images = False
    essential = ""  # a limit may have left no room for any output
    passes_lines = False
    pieces: Pieces | None = None
    own_ids = True
    returns_thoughts = True
    image_mark = b'"input_image"'
    names_model = True
    check_content = staticmethod(check_content)
    read_prompt = staticmethod(read_prompt)
    read_limits = staticmethod(read_limits)
    read_reply = staticmethod(read_reply)
    read_tally = staticmethod(read_tally)

    def __init__(self, request: Mapping[str, Any] = NOTHING, account_mark: str = "") -> None:
        self._request = request
        self._account_mark = account_mark
        self.left_out: tuple[str, ...] = ()
        self._stream: Writer | Tap | None = None

    @cached_property
    def _toolbox(self) -> Toolbox:
        return Toolbox(self._request)

    def for_request(self, fields: Mapping[str, Any], account_mark: str = "") -> Responses:
        return Responses(fields, account_mark)

    def read_request(self, fields: Mapping[str, Any]) -> ChatRequest:
        return read_request(fields, self._toolbox if fields is self._request else Toolbox(fields))

    def write_request(
        self,
        request: ChatRequest,
        model: str,
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        return write_request(request, model)

    def write_reply(self, reply: ChatReply) -> bytes:
        return write_reply(reply, self._request, self._toolbox)

    def write_count(self, tokens: int) -> bytes:
        return msgspec.json.encode({"object": "response.input_tokens", "input_tokens": tokens})

    def event_reader(self) -> EventReader:
        return Reader()

    def event_writer(self, *, reply_id: str, model: str, created: int, include_usage: bool) -> EventWriter:  # noqa: ARG002  # this format always reports usage
        writer = Writer(self._request, self._toolbox, reply_id=reply_id, model=model, created=created)
        self._stream = writer
        return writer

    def tap(self, *, include_usage: bool) -> StreamTranslator:  # noqa: ARG002  # this format always reports it
        self._stream = Tap(self._account_mark, self._told)
        return self._stream

    def passed(self, body: bytes) -> bytes:
        return bytes(with_told(marked(body, self._account_mark), self._told))

    def system_prompt(self, body: bytes, prompt: str) -> Mapping[str, Any]:  # noqa: ARG002  # the prompt has a field of its own
        return {"instructions": prompt}

    def own_history(self, body: bytes, fields: Mapping[str, Any], model: str) -> Mapping[str, Any]:
        changes: dict[str, Any] = {}
        if fields.get("store") is True:  # it is stored by this gateway, and nowhere else
            changes["store"] = False
            included = fields.get("include") or ()
            if ENCRYPTED not in included and traits_of(model).thinking not in (None, ThinkingForm.NONE):
                changes["include"] = [*included, ENCRYPTED]  # without it the next turn has no thoughts
        own, self.left_out = own_input(body, fields, self._account_mark)
        if own is not None:
            changes["input"] = own
        return changes

    @cached_property
    def _told(self) -> Mapping[str, Any]:
        """The fields of a response that repeat parts of its request unknown to the upstream."""
        kept = {"store": True} if self._request.get("store") is True else {}
        previous = self._request.get(PREVIOUS)
        return {**kept, PREVIOUS: previous} if previous else kept

    def render_error(self, error: Mapping[str, Any], status: int = 0) -> bytes:
        return rendered("error", {"status": status, "error": error})

    def broken_off(self, event: bytes) -> bytes:
        return (self._stream.failed(event) if self._stream else b"") or event
