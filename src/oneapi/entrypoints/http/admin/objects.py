"""Objects in answers of the admin API, with the original's names and types."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.adapters.texts.log_events import log_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.jobs import Report
    from oneapi.domain.logs.audit import AuditEntry
    from oneapi.domain.logs.rows import LogRow
    from oneapi.domain.money.redemptions import Redemption
    from oneapi.domain.people.sessions import OpenSession
    from oneapi.domain.people.tokens import Token
    from oneapi.domain.people.users import User
    from oneapi.domain.routing.channel_types import ChannelType


class UserObject(msgspec.Struct):
    """A user. Quotas are in quota units; the password, the code and the access token are always empty."""

    id: int = 0
    username: str = ""
    display_name: str = ""
    role: int = 0
    status: int = 0
    email: str = ""
    github_id: str = ""
    wechat_id: str = ""
    lark_id: str = ""
    oidc_id: str = ""
    quota: int = 0
    used_quota: int = 0
    request_count: int = 0
    group: str = ""
    aff_code: str = ""
    inviter_id: int = 0
    password: str = ""
    verification_code: str = ""
    access_token: str = ""


class OwnObject(UserObject):
    """The caller's own account. ``first_password``: root still has the initial password."""

    first_password: bool = False


class SessionObject(msgspec.Struct):
    """An open session; times are in unix seconds. ``current``: it is the caller's."""

    id: str = ""
    created_time: int = 0
    seen_time: int = 0
    address: str = ""
    browser: str = ""
    current: bool = False


class TokenObject(msgspec.Struct):
    """A token. ``key`` is shown without ``sk-``; ``expired_time`` -1: never."""

    id: int
    user_id: int
    key: str
    status: int
    name: str
    created_time: int
    accessed_time: int
    expired_time: int
    remain_quota: int
    unlimited_quota: bool
    used_quota: int
    models: str | None
    subnet: str | None
    stores_responses: bool


class OutcomeObject(msgspec.Struct):
    """The result of a test (``time`` in seconds) or of reading a balance, for one channel."""

    channel_id: int
    name: str
    success: bool
    message: str
    time: float
    balance: float


class ReportObject(msgspec.Struct):
    """The progress of a background run, or the result of the last one: ``done`` of ``total`` channels."""

    running: bool
    started_at: int
    total: int
    done: int
    results: list[OutcomeObject]


class WordsObject(msgspec.Struct):
    """A text in Chinese and English."""

    zh: str
    en: str


class ConfigFieldObject(msgspec.Struct):
    """A value in a channel's ``config``; a ``secret`` one is never shown again."""

    name: str
    label: WordsObject
    required: bool
    secret: bool
    default: str


class KeyFormObject(msgspec.Struct):
    """``text`` shows the format of a key; ``config`` names the values that make it up, if the form asks for those."""

    text: str
    hint: WordsObject | None
    config: list[str]


class ChannelTypeObject(msgspec.Struct):
    """A channel type, for the form: ``base_url`` is the default; ``key`` null: any text.

    ``other``: which value of ``config`` the deprecated field of that name stands for; ``models``: what the form offers.
    """

    type: int
    name: str
    label: WordsObject
    docs: str
    base_url: str
    base_url_required: bool
    key: KeyFormObject | None
    other: str
    config: list[ConfigFieldObject]
    testable: bool
    has_balance: bool
    models: list[str]


class RedemptionObject(msgspec.Struct):
    """A code, created by ``user_id``, used by ``redeemed_by``; ``redeemed_time`` 0: unused. ``count`` is always 0."""

    id: int
    user_id: int
    key: str
    status: int
    name: str
    quota: int
    created_time: int
    redeemed_time: int
    redeemed_by: int
    count: int = 0


class LogObject(msgspec.Struct):
    """A log row. ``elapsed_time`` is in milliseconds; ``attempts`` is a JSON list, empty if the first one succeeded."""

    id: int
    user_id: int
    created_at: int
    type: int
    content: str
    username: str
    token_name: str
    model_name: str
    quota: int
    prompt_tokens: int
    completion_tokens: int
    channel_id: int = msgspec.field(name="channel")
    request_id: str
    elapsed_time: int
    is_stream: bool
    system_prompt_reset: bool
    end_cause: str
    attempts: str


class AuditObject(msgspec.Struct):
    """An administrator's action; ``before`` and ``after`` are JSON objects of the changed fields, without secrets."""

    id: int
    created_at: int
    user_id: int
    username: str
    address: str
    request_id: str
    action: str
    target: str
    before: str
    after: str


def show_user(user: User) -> UserObject:
    return msgspec.convert(user, UserObject, from_attributes=True)


def show_self(user: User, *, first_password: bool) -> OwnObject:
    shown = msgspec.convert(user, OwnObject, from_attributes=True)
    shown.first_password = first_password
    return shown


def show_session(session: OpenSession, current: str) -> SessionObject:
    """``session`` as an object; ``current`` is the id of the caller's session."""
    return SessionObject(
        id=session.id,
        created_time=session.created_at,
        seen_time=session.seen_at,
        address=session.address,
        browser=session.browser,
        current=session.id == current,
    )


def show_login(user: User) -> UserObject:
    """Like ``show_user``, with only the fields of the answer to a sign-in."""
    return UserObject(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        status=user.status,
    )


def show_token(token: Token) -> TokenObject:
    return msgspec.convert(token, TokenObject, from_attributes=True)


def show_report(report: Report) -> ReportObject:
    results = [msgspec.convert(each, OutcomeObject, from_attributes=True) for each in report.results]
    return ReportObject(report.running, report.started_at, report.total, len(results), results)


def show_channel_type(known: ChannelType, models: Sequence[str]) -> ChannelTypeObject:
    shown = {
        field.name: getattr(known, field.name, None) for field in msgspec.structs.fields(ChannelTypeObject)
    }
    return msgspec.convert(
        shown | {"type": known.number, "models": list(models)}, ChannelTypeObject, from_attributes=True
    )


def show_redemption(code: Redemption) -> RedemptionObject:
    return msgspec.convert(code, RedemptionObject, from_attributes=True)


def show_log(row: LogRow, language: str) -> LogObject:
    """``row`` as an object, with its event, if any, as text in ``language``."""
    shown = LogObject(**{name: getattr(row, name) for name in _LOG_FIELDS})
    if row.event is not None:
        shown.content = log_text(row.event, language)
    return shown


def show_audit(entry: AuditEntry) -> AuditObject:
    return msgspec.convert(entry, AuditObject, from_attributes=True)


_LOG_FIELDS = tuple(field.name for field in msgspec.structs.fields(LogObject))
