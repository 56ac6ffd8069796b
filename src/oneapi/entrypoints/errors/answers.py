"""The answer for an error: its text, its HTTP status, and its name in OpenAI's error object."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.domain.errors import (
    ABOUT_IDENTITY,
    BodyTooLarge,
    CallerError,
    Fault,
    ForeignOrigin,
    GatewayError,
    InvalidParameter,
    Refusal,
    TokenRefused,
    Told,
    TooManyRequests,
    TooManyValues,
    UpstreamError,
    UpstreamRefusal,
)
from oneapi.domain.errors.people import IdentityProviderError
from oneapi.entrypoints.errors import administration, channels, messages, money, options, people, relay
from oneapi.entrypoints.errors.rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    import attrs

LANGUAGES = ("zh", "en")
ROWS: Mapping[type[GatewayError], Row] = MappingProxyType(
    {
        **relay.CALLER,
        **relay.ACCESS,
        **relay.SERVICE,
        **administration.ROWS,
        **people.ROWS,
        **channels.ROWS,
        **money.ROWS,
        **messages.ROWS,
        **options.ROWS,
    }
)
#: Our texts for a provider's refusal: for too many requests, the original's, which clients know, ...
BUSY = Row(
    "当前分组上游负载已饱和，请稍后再试",
    "the upstreams of this group are saturated, try again later",
    429,
)
#: ... and for a refusal of the channel itself.
CONCEALED = Row(
    "上游拒绝了该渠道的密钥、账户或权限，与您的令牌和额度无关，请联系管理员",
    "the upstream refused this gateway's own key, account or permissions; your token and quota are not"
    " concerned: ask the administrator",
    502,
    relay.UPSTREAM,
    "upstream_refused_channel",
)
#: Errors of the caller that keep their own status in the admin API, where others are answered with 200.
KEEP_STATUS = (Refusal, BodyTooLarge, TooManyValues, TooManyRequests, ForeignOrigin, TokenRefused)
SUCCESS, BAD_REQUEST, BAD_GATEWAY = 200, 400, 502


def text_of(error: GatewayError, language: str) -> str:
    """The text for the caller, in ``language``: ``zh`` or ``en``."""
    if isinstance(error, UpstreamRefusal):
        if error.busy:
            return _in(language, BUSY)
        return _in(language, CONCEALED) if error.concealed else error.cause
    return _in(language, row_of(error)).format_map(_shown(error, language))


def reason_of(error: GatewayError, language: str) -> str:
    """The text for administrators, with the provider's message even if callers do not see it."""
    return error.cause if isinstance(error, UpstreamError) else text_of(error, language)


def probe_failure(error: GatewayError, language: str) -> str:
    """The reason why a test of a channel failed, with a provider's HTTP status, as in the original."""
    if isinstance(error, UpstreamRefusal):
        return f"http status code: {error.said}, error message: {error.cause}"
    return reason_of(error, language)


def status_of(error: GatewayError) -> int:
    """The HTTP status for clients of OpenAI's API, and of the admin API's own refusals."""
    return _status_of_refusal(error) if isinstance(error, UpstreamRefusal) else row_of(error).status


def admin_status(error: GatewayError) -> int:
    """The HTTP status in the admin API, where the caller's faults are answered with 200 as in the original."""
    return (
        SUCCESS if isinstance(error, CallerError) and not isinstance(error, KEEP_STATUS) else status_of(error)
    )


def name_of(error: GatewayError) -> Told:
    """Its name in OpenAI's error object; a provider's own name is kept."""
    if isinstance(error, UpstreamRefusal):
        return Told(CONCEALED.type, CONCEALED.param, CONCEALED.code) if error.concealed else error.told
    row = row_of(error)
    if isinstance(error, InvalidParameter):
        return Told(row.type, error.name, error.code)
    return Told(row.type, row.param, row.code)


def event_fields(error: GatewayError, request_id: str) -> dict[str, object]:
    """The fields of OpenAI's error object in a stream, always in English."""
    told = name_of(error)
    return {
        "message": f"{text_of(error, 'en')} (request id: {request_id})",
        "type": told.type,
        "param": told.param or "",
        "code": told.code,
    }


def row_of(error: GatewayError) -> Row:
    """The row of its class, or of the nearest base class that has one."""
    if isinstance(error, IdentityProviderError):
        return people.IDENTITY_PROVIDER_ROWS[type(error), error.provider.name]
    return next(ROWS[kind] for kind in type(error).__mro__ if kind in ROWS)


def _status_of_refusal(refusal: UpstreamRefusal) -> int:
    if refusal.fault is Fault.REQUEST:
        return BAD_REQUEST if refusal.said in ABOUT_IDENTITY else refusal.said
    if refusal.busy:
        return refusal.said
    return BAD_GATEWAY if refusal.blames_channel else refusal.said


def _in(language: str, row: Row) -> str:
    return row.en if language == "en" else row.zh


def _shown(error: GatewayError, language: str) -> Mapping[str, object]:
    """The error's attributes, with a nested error replaced by its text."""
    fields: tuple[attrs.Attribute[object], ...] = getattr(type(error), "__attrs_attrs__", ())
    values = {field.name: getattr(error, field.name) for field in fields}
    return {
        name: reason_of(value, language) if isinstance(value, GatewayError) else value
        for name, value in values.items()
    }
