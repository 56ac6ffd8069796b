"""Anthropic's Messages API, as Claude Code and Anthropic's SDKs call it.

https://platform.claude.com/docs/en/api/messages, https://platform.claude.com/docs/en/api/errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.dialects.anthropic.reply import error_fields
from oneapi.domain.errors import (
    GatewayError,
    InvalidParameter,
    TokenQuotaExhausted,
    UnsupportedFeature,
    UserQuotaExhausted,
)
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import event_fields, name_of, status_of, text_of
from oneapi.entrypoints.http.relay.bodies import MOST_MESSAGES, MOST_TOKENS, misfit
from oneapi.entrypoints.http.request import credential as usual_credential
from oneapi.entrypoints.http.surfaces.conversations import reads_conversation
from oneapi.entrypoints.http.surfaces.interface import Surface, final_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sanic import Request


DIALECT = "anthropic"
#: Prefixes below which other gateways serve this API, and which many clients are configured with.
ADDRESSES = ("", "/anthropic", "/claude")
HEARTBEAT = b'event: ping\ndata: {"type":"ping"}\n\n'
#: Every field that the gateway reads, prices, limits or refuses, and those that change what an upstream does.
FIELDS = frozenset(
    """
    cache_control container context_management diagnostics fallback_credit_token fallbacks inference_geo max_tokens
    mcp_servers messages metadata model output_config output_format service_tier speed stop_sequences stream system
    temperature thinking thread tool_choice tools top_k top_p
    """.split()
)
#: Headers passed on to providers of this API. Repeated headers are joined into one list.
#: https://platform.claude.com/docs/en/api/beta-headers
PASSED_HEADERS = ("content-type", "accept", "anthropic-version", "anthropic-beta")
#: Fields refused because the provider has separate prices for them, or keeps their data for everybody who shares the
#: channel's account. ``fallbacks`` may name models that the token may not use; ``thread`` may continue anybody's
#: conversation.
REFUSED = ("fallbacks", "fallback_credit_token", "thread")
FAST = "fast"

NEEDED = {Work.CONVERSE: ("messages", "max_tokens"), Work.COUNT: ("messages",)}

Tokens = Annotated[int, msgspec.Meta(ge=0, le=MOST_TOKENS)] | None
Number = float | None
Whole = int | None


class MessagesFields(msgspec.Struct):
    """The fields whose types the gateway relies on; others pass unread."""

    max_tokens: Tokens = None
    messages: list[dict[str, Any]] | None = None
    system: str | list[dict[str, Any]] | None = None
    stream: bool | None = None
    temperature: Number = None
    top_p: Number = None
    top_k: Whole = None
    stop_sequences: list[str] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: dict[str, Any] | None = None
    thinking: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    output_config: dict[str, Any] | None = None
    speed: str | None = None


def credential(request: Request) -> str:
    """The key in ``Authorization: Bearer`` or ``x-api-key``; another scheme may belong to a proxy in front of us."""
    authorization = str(request.headers.get("authorization") or "")
    if authorization[:7].lower() == "bearer ":
        return authorization
    return str(request.headers.get("x-api-key") or "") or usual_credential(request)


def checked(fields: Mapping[str, Any], work: Work) -> MessagesFields:
    """The typed view of a request. Raises InvalidParameter, or UnsupportedFeature for fields that cannot be billed."""
    try:
        known = msgspec.convert(fields, MessagesFields)
    except msgspec.ValidationError as error:
        raise misfit(error) from None
    for name in NEEDED[work]:
        if getattr(known, name) in (None, []):
            raise _missing(name)
    messages = known.messages or ()
    blocks = sum(_blocks_in(message.get("content")) for message in messages)
    if len(messages) + blocks > MOST_MESSAGES:
        raise InvalidParameter("messages", f"messages holds more than {MOST_MESSAGES} messages and blocks")
    for name in REFUSED:
        if fields.get(name):
            raise UnsupportedFeature(feature=name)
    if known.speed == FAST:
        raise UnsupportedFeature(feature="speed: fast")
    return known


def _missing(name: str) -> InvalidParameter:
    return InvalidParameter(name, f"{name}: Field required", "missing_required_parameter")


def _blocks_in(content: object) -> int:
    """The number of blocks in one message, including those in tool results."""
    if not isinstance(content, list):
        return 0
    inner = (block.get("content") for block in content if isinstance(block, dict))
    return len(content) + sum(len(each) for each in inner if isinstance(each, list))


# --- errors ------------------------------------------------------------------------------------

QUOTA_TEXTS: Mapping[type[GatewayError], Mapping[str, str]] = {
    UserQuotaExhausted: {
        "zh": "账户余额不足以支付本次请求（按 max_tokens 预估）：请充值，或调小 max_tokens",
        "en": "your account's quota does not cover this request with its max_tokens: top up, or ask for fewer tokens",
    },
    TokenQuotaExhausted: {
        "zh": "令牌额度不足以支付本次请求（按 max_tokens 预估）：请提高令牌额度，或调小 max_tokens",
        "en": "this token's quota does not cover this request with its max_tokens: raise it, or ask for fewer tokens",
    },
}
#: Statuses that this API does not have -> those with the same effect on its clients.
STATUSES = {502: 500, 503: 529}


def error(error: GatewayError, language: str, request_id: str) -> tuple[int, bytes]:
    status = final_status(error)
    status = STATUSES.get(status, status)
    told = {
        "message": f"{_text(error, language)} (request id: {request_id})",
        "type": name_of(error).type,
        "code": name_of(error).code,
    }
    return status, msgspec.json.encode({**error_fields(told, status), "request_id": request_id})


def _text(error: GatewayError, language: str) -> str:
    """The error's text; Claude Code shows it to a person, so it says what can be done."""
    texts = QUOTA_TEXTS.get(type(error))
    return texts[language] if texts else text_of(error, language)


def error_event(error: GatewayError, request_id: str) -> bytes:
    return SURFACES[DIALECT].render_error(event_fields(error, request_id), status_of(error))


ANTHROPIC = Surface(
    routes={
        f"{address}/v1/{path}": work
        for address in ADDRESSES
        for path, work in (("messages", Work.CONVERSE), ("messages/count_tokens", Work.COUNT))
    },
    credential=credential,
    read=reads_conversation(
        DIALECT,
        names=FIELDS,
        headers=PASSED_HEADERS,
        streams=lambda fields, work: checked(fields, work).stream,
    ),
    error=error,
    error_event=error_event,
    heartbeat=HEARTBEAT,
    id_header="request-id",
)
