"""OpenAI's Responses API, as Codex and OpenAI's SDKs call it.

https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from oneapi.adapters.dialects import SURFACES
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import event_fields, status_of
from oneapi.entrypoints.http.relay.bodies import MOST_MESSAGES, MOST_TOKENS, misfit
from oneapi.entrypoints.http.request import credential
from oneapi.entrypoints.http.surfaces import openai
from oneapi.entrypoints.http.surfaces.conversations import reads_conversation
from oneapi.entrypoints.http.surfaces.interface import Surface, final_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.errors import GatewayError

DIALECT = "responses"
PATH = "/v1/responses"
#: Every field that the gateway reads, prices, limits or refuses, and those that change what an upstream does.
FIELDS = frozenset(
    """
    background background_options context_management conversation include input instructions max_output_tokens
    max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key reasoning
    service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user
    """.split()
)
PASSED_HEADERS = ("content-type", "accept", "openai-beta")
#: Fields refused because their data is in the account that all users of the channel share, or only the
#: provider could keep to the time.
REFUSED = ("background_options", "conversation", "prompt")
#: The lists that an input item may contain.
LISTS = ("content", "output", "summary", "tools")

Tokens = Annotated[int, msgspec.Meta(ge=1, le=MOST_TOKENS)] | None
Text = str | None
Number = float | None
Flag = bool | None
Object = dict[str, Any] | None


class ResponsesFields(msgspec.Struct):
    """The fields whose types the gateway relies on; others pass unread."""

    input: str | list[dict[str, Any]] | None = None
    instructions: Text = None
    previous_response_id: Text = None
    max_output_tokens: Tokens = None
    store: Flag = None
    background: Flag = None
    stream: Flag = None
    temperature: Number = None
    top_p: Number = None
    top_logprobs: int | None = None
    parallel_tool_calls: Flag = None
    include: list[str] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    reasoning: Object = None
    text: Object = None
    metadata: Object = None
    user: Text = None
    safety_identifier: Text = None
    prompt_cache_key: Text = None


def checked(fields: Mapping[str, Any]) -> ResponsesFields:
    """The typed view of a request. Raises InvalidParameter, or UnsupportedFeature for fields shared between users."""
    try:
        known = msgspec.convert(fields, ResponsesFields)
    except msgspec.ValidationError as error:
        raise misfit(error) from None
    for name in REFUSED:
        if fields.get(name):
            raise UnsupportedFeature(feature=name)
    if not known.input and not known.previous_response_id:
        raise InvalidParameter("input", "input is required", "missing_required_parameter")
    items = known.input if isinstance(known.input, list) else []
    inner = (item.get(name) for item in items for name in LISTS)
    if len(items) + sum(len(each) for each in inner if isinstance(each, list)) > MOST_MESSAGES:
        raise InvalidParameter("input", f"input holds more than {MOST_MESSAGES} items and parts")
    return known


def error(error: GatewayError, language: str, request_id: str) -> tuple[int, bytes]:
    """The error in OpenAI's format, with a status that clients do not retry if a retry is useless."""
    _, body = openai.error(error, language, request_id)
    return final_status(error), body


def error_event(error: GatewayError, request_id: str) -> bytes:
    return SURFACES[DIALECT].render_error(event_fields(error, request_id), status_of(error))


RESPONSES = Surface(
    routes={PATH: Work.CONVERSE, f"{PATH}/input_tokens": Work.COUNT, f"{PATH}/compact": Work.COMPACT},
    credential=credential,
    read=reads_conversation(
        DIALECT,
        names=FIELDS,
        headers=PASSED_HEADERS,
        streams=lambda fields, _work: checked(fields).stream,
    ),
    error=error,
    error_event=error_event,
    heartbeat=openai.HEARTBEAT,
    keeps_answers=True,
)
