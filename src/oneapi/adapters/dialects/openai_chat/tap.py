"""The tap for OpenAI's format on both sides: bytes pass through unchanged while it reads their usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.openai_chat.usage import UsageReader
from oneapi.adapters.dialects.openai_chat.wire import Answer, Chunk, TextChunk, texts_of
from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.errors import UpstreamBroken, UpstreamRefusal

if TYPE_CHECKING:
    from oneapi.adapters.framing.events import ServerSentEvent

DONE = b"[DONE]"
#: The finish reason of a choice that an error cut off: https://openrouter.ai/docs/api-reference/errors
FAILED = "error"
#: Codes and types of OpenAI's errors -> the status they lost when they came inside a successful answer:
#: https://platform.openai.com/docs/guides/error-codes
STATUSES = {
    "invalid_api_key": 401,
    "authentication_error": 401,
    "permission_error": 403,
    "model_not_found": 404,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "requests": 429,
    "tokens": 429,
    "insufficient_quota": 429,
    "context_length_exceeded": 400,
    "content_filter": 400,
    "invalid_request_error": 400,
    "server_error": 500,
    "overloaded_error": 529,
}
_decode = msgspec.json.Decoder(Chunk).decode
#: For the rare chunks whose choice matters.
_decode_numbered = msgspec.json.Decoder(Answer).decode
_decode_any = msgspec.json.Decoder().decode
_decode_text = msgspec.json.Decoder(TextChunk).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Tap:
    """Implements ``StreamTranslator`` between two sides of the same format."""

    def __init__(self, *, include_usage: bool) -> None:
        self.tally = Tally()
        self._include_usage = include_usage
        self._usage = UsageReader()
        self._over = False
        #: Whether the last chunk was text, in which case the next most likely is too.
        self._writing = True

    def feed(self, event: ServerSentEvent) -> bytes:
        data = event.data
        if self._over or not data:
            return b""
        if self._writing:
            try:
                chunk = _decode_text(data)
            except _UNREADABLE:
                self._writing = False
            else:
                for choice in chunk.choices:
                    if text := choice.delta.content:
                        self.tally.text.append(text)
                        self.tally.produced = True
                return _framed(data)
        return self._other(data)

    def _other(self, data: bytes) -> bytes:  # noqa: C901, PLR0912  # hot: once an event, in one piece
        if data.startswith(DONE):
            self._over = True
            self.tally.finished |= self.tally.produced  # an end without content does not count
            return b""
        try:
            chunk = _decode(data)
        except _UNREADABLE:
            return self._strange(data)
        if chunk.error:
            raise read_error(chunk.error)
        if chunk.usage is not None or chunk.x_groq is not None:
            self.tally.usage = self._usage.read(chunk)
        if not chunk.choices:
            # Azure's filter results carry neither; a usage chunk is only passed on if the client asked for it
            return _framed(data) if chunk.usage is not None and self._include_usage else b""
        tally = self.tally
        for choice in chunk.choices:
            delta = choice.delta
            if choice.finish_reason:
                if choice.finish_reason == FAILED or choice.error:
                    raise read_error(choice.error)
                tally.finished = True
            if choice.usage is not None:
                tally.usage = self._usage.read(_decode_numbered(data))
            if delta is not None and isinstance(delta.content, str) and delta.tool_calls is None:
                texts = [delta.content] if delta.content else []
                if delta.reasoning_content or delta.reasoning or delta.refusal or delta.function_call:
                    texts = texts_of(choice)
                else:
                    self._writing = not choice.finish_reason
            else:
                texts = texts_of(choice)
            if texts:
                tally.text += texts
                tally.produced = True
            elif choice.error:
                raise read_error(choice.error)
            elif delta is not None and delta.audio:
                tally.produced = True
        return _framed(data)

    def finish(self) -> bytes:
        if not self.tally.finished:
            raise UpstreamBroken("the stream ended without a finish reason and without its end marker")
        return b""

    def _strange(self, data: bytes) -> bytes:
        """Handle data that is not a known chunk: an error of an unexpected shape, or something for the client."""
        try:
            value = _decode_any(data)
        except _UNREADABLE:
            value = None
        first = value[0] if isinstance(value, list) and value else value  # Google sends errors in a list
        if isinstance(first, dict) and first.get("error"):
            raise read_error(first["error"])
        if isinstance(value, dict):
            self.tally.usage = read_usage(value.get("usage")) or self.tally.usage
        self.tally.produced = True
        return _framed(data)


def read_error(error: Any) -> UpstreamRefusal:
    """The error object of a stream, or of an answer with a success status, as a refusal with a proper status."""
    if not isinstance(error, dict):
        return UpstreamRefusal(502, str(error or "the upstream reported an error"))
    code = error.get("code")
    if isinstance(code, int) and 400 <= code <= 599:  # noqa: PLR2004  # HTTP's errors
        status = code
    else:
        status = STATUSES.get(str(code)) or STATUSES.get(str(error.get("type"))) or 502
    param = error.get("param")
    return UpstreamRefusal(
        status,
        str(error.get("message") or "the upstream reported an error"),
        type=str(error.get("type") or "upstream_error"),
        param=param if isinstance(param, str) else "",
        code=code,
    )


def _framed(data: bytes) -> bytes:
    if b"\n" in data:
        data = data.replace(b"\n", b"\ndata: ")
    return b"data: %b\n\n" % data
