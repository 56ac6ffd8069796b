"""The fields that we read from Responses' answers; all others pass unread.

https://platform.openai.com/docs/api-reference/responses/object,
https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from oneapi.adapters.dialects.openai_chat.tap import read_error
from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.chat import FinishReason
from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.domain.usage import Usage

NAME = "responses"
PREVIOUS = "previous_response_id"
#: Calls of tools that the client runs: with a JSON object of arguments, or with plain text.
FUNCTION_CALL, CUSTOM_CALL = "function_call", "custom_tool_call"
#: An image that the model generated.
PICTURE = "image_generation_call"
#: Value of ``include`` that requests the log probabilities of tokens.
LOGPROBS = "message.output_text.logprobs"
COMPLETED, INCOMPLETE, FAILED, IN_PROGRESS = "completed", "incomplete", "failed", "in_progress"
#: Deltas that cost tokens.
DELTAS = frozenset(
    {
        "response.output_text.delta",
        "response.refusal.delta",
        "response.reasoning_text.delta",
        "response.reasoning_summary_text.delta",
        "response.function_call_arguments.delta",
        "response.custom_tool_call_input.delta",
    }
)
ENDS = frozenset({"response.completed", "response.incomplete"})


class Part(msgspec.Struct):
    """A part of a message's content, or of a reasoning item."""

    type: Any = None
    text: Any = None
    refusal: Any = None
    annotations: Any = None
    logprobs: Any = None


class Item(msgspec.Struct):
    type: str | None = None
    id: Any = None
    call_id: Any = None
    name: Any = None
    namespace: Any = None
    arguments: Any = None
    input: Any = None
    content: list[Part] | None = None
    summary: list[Part] | None = None
    encrypted_content: Any = None
    result: Any = None
    output_format: Any = None


class Outcome(msgspec.Struct):
    """A response without its output, whose items may be of unknown kinds."""

    id: Any = None
    model: Any = None
    created_at: Any = None
    status: Any = None
    usage: Any = None
    error: Any = None
    incomplete_details: Any = None


class Answer(Outcome):
    output: list[Item] | None = None

    @property
    def finish(self) -> FinishReason:
        if self.status == INCOMPLETE:
            details = self.incomplete_details if isinstance(self.incomplete_details, dict) else {}
            filtered = details.get("reason") == "content_filter"
            return FinishReason.CONTENT_FILTER if filtered else FinishReason.LENGTH
        called = any(item.type in (FUNCTION_CALL, CUSTOM_CALL) for item in self.output or ())
        return FinishReason.TOOL_CALLS if called else FinishReason.STOP


class Event(msgspec.Struct):
    type: str | None = None
    response: Answer | None = None
    item: Item | None = None
    output_index: Any = None
    sequence_number: Any = None
    delta: Any = None
    annotation: Any = None
    logprobs: Any = None
    error: Any = None
    code: Any = None
    message: Any = None
    param: Any = None


Response = TypeVar("Response", bound=Outcome)
Told = TypeVar("Told", bound=Event)


class Named(msgspec.Struct):
    name: Any = None


class TappedEvent(Event):
    """The fields of an event that must be read when it passes through unchanged."""

    response: Outcome | None = None  # type: ignore[assignment]  # it has no output
    item: Named | None = None  # type: ignore[assignment]  # all that costs anything before its deltas


_decode_answer = msgspec.json.Decoder(Answer).decode
_decode_outcome = msgspec.json.Decoder(Outcome).decode
_decode_event = msgspec.json.Decoder(Event).decode
_decode_tapped = msgspec.json.Decoder(TappedEvent).decode


def decoded_answer(body: bytes) -> Answer:
    """Raises UpstreamGarbage if ``body`` is not a response, UpstreamRefusal for a failed one or an error object."""
    return _judged(body, _decode_answer)


def decoded_outcome(body: bytes) -> Outcome:
    """Like ``decoded_answer``, without the output."""
    return _judged(body, _decode_outcome)


def _judged(body: bytes, decode: Callable[[bytes], Response]) -> Response:
    try:
        answer = decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpstreamGarbage(f"not a response: {error}") from None
    if answer.error or answer.status == FAILED:
        raise read_error(answer.error)
    return answer


def decoded_event(data: bytes) -> Event:
    """Raises UpstreamGarbage if ``data`` is not an event, UpstreamRefusal for one that reports an error."""
    return _checked(data, _decode_event)


def tapped_event(data: bytes) -> TappedEvent:
    """Like ``decoded_event``, for an event that passes through unchanged."""
    return _checked(data, _decode_tapped)


def _checked(data: bytes, decode: Callable[[bytes], Told]) -> Told:
    try:
        event = decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpstreamGarbage(f"not an event of a response: {error}") from None
    if event.type == "error" or event.error:
        raise _refusal(event)
    if event.type == "response.failed":
        raise read_error(event.response.error if event.response else None)
    return event


def usage_in(data: bytes) -> Usage | None:
    """The usage in an error event: tokens generated before the error are billed."""
    response = _decode_tapped(data).response
    return read_usage(response.usage) if response else None


def _refusal(event: Event) -> UpstreamRefusal:
    """The error of a stream, either in the event itself or, in chat style, in a nested object."""
    if isinstance(event.error, dict):
        return read_error(event.error)
    return read_error({"message": event.message, "code": event.code, "param": event.param})
