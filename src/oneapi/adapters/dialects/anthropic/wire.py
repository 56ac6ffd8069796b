"""The fields that we read from Anthropic's answers; all others pass unread.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.domain.chat import FinishReason
from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "anthropic"

FINISH: Mapping[str, FinishReason] = MappingProxyType(
    {
        "end_turn": FinishReason.STOP,
        "stop_sequence": FinishReason.STOP,
        "pause_turn": FinishReason.STOP,
        "max_tokens": FinishReason.LENGTH,
        "model_context_window_exceeded": FinishReason.LENGTH,
        "tool_use": FinishReason.TOOL_CALLS,
        "refusal": FinishReason.CONTENT_FILTER,
    }
)
#: https://docs.anthropic.com/en/api/errors
STATUS: Mapping[str, int] = MappingProxyType(
    {
        "invalid_request_error": 400,
        "authentication_error": 401,
        "billing_error": 402,
        "permission_error": 403,
        "not_found_error": 404,
        "conflict_error": 409,
        "request_too_large": 413,
        "rate_limit_error": 429,
        "api_error": 500,
        "timeout_error": 504,
        "overloaded_error": 529,
    }
)
TYPES: Mapping[int, str] = MappingProxyType({status: kind for kind, status in STATUS.items()})


_NOT_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")


def call_id(given: str) -> str:
    """A call's id, limited to the characters that the API accepts."""
    return _NOT_IN_ID.sub("_", given)


class Error(msgspec.Struct):
    type: str | None = None
    message: str | None = None


class OutputDetails(msgspec.Struct):
    thinking_tokens: int | None = None


class CacheCreation(msgspec.Struct):
    """Tokens written to a cache, by lifetime.

    https://docs.claude.com/en/docs/build-with-claude/prompt-caching
    """

    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class Iteration(msgspec.Struct):
    """One step of an answer that took several: https://platform.claude.com/docs/en/build-with-claude/compaction."""

    type: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class ReportedUsage(msgspec.Struct):
    """Cumulative within a stream; ``input_tokens`` counts only tokens neither read from nor written to a cache.

    The sums exclude compactions, which appear only in ``iterations``.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens_details: OutputDetails | None = None
    cache_creation: CacheCreation | None = None
    iterations: list[Iteration] | None = None

    def since(self, earlier: ReportedUsage | None) -> ReportedUsage:
        """This usage, completed from ``earlier``: later events may omit counts, or report zeros for them."""
        if earlier is None:
            return self
        return ReportedUsage(
            self.input_tokens or earlier.input_tokens,
            self.output_tokens or earlier.output_tokens,
            self.cache_creation_input_tokens or earlier.cache_creation_input_tokens,
            self.cache_read_input_tokens or earlier.cache_read_input_tokens,
            self.output_tokens_details or earlier.output_tokens_details,
            self.cache_creation or earlier.cache_creation,
            self.iterations or earlier.iterations,
        )

    def usage(self) -> Usage | None:
        """The usage; None if all counts are zero."""
        cached = max(0, self.cache_read_input_tokens or 0)
        by_time = self.cache_creation or _NOT_TOLD
        written_1h = max(0, by_time.ephemeral_1h_input_tokens or 0)
        written = max(0, by_time.ephemeral_5m_input_tokens or 0) + written_1h
        written = max(written, self.cache_creation_input_tokens or 0)
        prompt = max(0, self.input_tokens or 0)
        completion = max(0, self.output_tokens or 0)
        for step in self.iterations or ():
            if step.type == "compaction":
                prompt += max(0, step.input_tokens or 0)
                completion += max(0, step.output_tokens or 0)
                cached += max(0, step.cache_read_input_tokens or 0)
                written += max(0, step.cache_creation_input_tokens or 0)
        prompt += written + cached
        if not prompt and not completion:
            return None
        thought = self.output_tokens_details.thinking_tokens if self.output_tokens_details else None
        return Usage(
            prompt,
            completion,
            cached=cached,
            reasoning=min(max(0, thought or 0), completion),
            cache_write=written - written_1h,
            cache_write_1h=written_1h,
        )


_NOT_TOLD = CacheCreation()


class Block(msgspec.Struct):
    """A block of content, and a delta of one."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: Any = None
    partial_json: str | None = None
    citations: Any = None
    citation: Any = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class Answer(msgspec.Struct):
    type: str | None = None
    id: str | None = None
    model: str | None = None
    content: list[Block] | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None
    usage: ReportedUsage | None = None
    error: Error | str | None = None


class Event(msgspec.Struct):
    type: str | None = None
    index: int | None = None
    message: Answer | str | None = None
    content_block: Block | None = None
    delta: Block | None = None
    usage: ReportedUsage | None = None
    error: Error | str | None = None


class _Skimmed(msgspec.Struct):
    content: msgspec.Raw
    usage: ReportedUsage


_skim = msgspec.json.Decoder(_Skimmed).decode
_decode_answer = msgspec.json.Decoder(Answer).decode
_decode_event = msgspec.json.Decoder(Event).decode


def decoded_answer(body: bytes) -> Answer:
    """Raises UpstreamGarbage if ``body`` is not a message, UpstreamRefusal for an error object."""
    try:
        answer = _decode_answer(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpstreamGarbage(f"not a message: {error}") from None
    if answer.error is not None:
        raise refusal(answer.error)
    return answer


def reported_usage(body: bytes) -> Usage | None:
    """The usage of a message whose content cannot be read. Raises UpstreamGarbage if it is not a message."""
    try:
        return _skim(body).usage.usage()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpstreamGarbage(f"not a message: {error}") from None


def decoded_event(data: bytes) -> Event:
    """Raises UpstreamGarbage if ``data`` is not an event, UpstreamRefusal for one that reports an error."""
    try:
        event = _decode_event(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpstreamGarbage(f"not an event of a message: {error}") from None
    if event.error is not None:
        raise refusal(event.error)
    return event


def refusal(error: Error | str) -> UpstreamRefusal:
    """An error object in an answer or a stream with a success status, as a refusal with the proper status."""
    if isinstance(error, str):
        return UpstreamRefusal(502, error)
    kind = error.type or "upstream_error"
    message = error.message or "the upstream reported an error"
    return UpstreamRefusal(STATUS.get(kind, 502), message, type=kind, code=error.type)
