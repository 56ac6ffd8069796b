"""Settings that an administrator changes while the gateway runs: the rows of the table ``options``, typed."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen

from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Never listed: values that nobody needs to read again.
HIDDEN = re.compile(r"(Token|Secret|SecretKey)$")
#: Quotas are kept within what JavaScript and a double can hold exactly.
LARGEST = 2**53
THEMES = ("default", "berry", "air")
POLICIES = ("default", "refuse")

Ratios = "Mapping[str, Decimal]"


@frozen
class Kind:
    """How a stored text is read (ValueError if it cannot be), and how a value is written."""

    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


def _read_ratios(text: str) -> dict[str, Decimal]:
    value = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)
    if not isinstance(value, dict):
        raise ValueError("it must be a JSON object")  # noqa: TRY004  # the reader raises one class
    for name, ratio in value.items():
        if not isinstance(ratio, Decimal):
            raise ValueError(f"{name!r} must be a number")  # noqa: TRY004
    return value


def _no_number(name: str) -> Decimal:
    raise ValueError(f"{name} is not a number")


def _write_ratios(ratios: Mapping[str, Decimal]) -> str:
    return json.dumps({name: _plain(ratio) for name, ratio in ratios.items()}, ensure_ascii=False, indent=2)


def _plain(ratio: Decimal) -> int | float:
    return int(ratio) if ratio == ratio.to_integral_value() else float(ratio)


def _read_number(text: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("it must be a number") from None
    if not value.is_finite():
        raise ValueError("it must be a finite number")
    return value


def _read_switch(text: str) -> bool:
    return text == "true"


TEXT = Kind(str)
SWITCH = Kind(_read_switch, lambda value: "true" if value else "false")
WHOLE = Kind(int)
NUMBER = Kind(_read_number, lambda value: str(_plain(value)))
RATIOS = Kind(_read_ratios, _write_ratios)


def option(key: str, kind: Kind, default: Any, *, listed: bool = True) -> Any:
    """A field that is the option ``key``; not ``listed``: shown only once it is stored, as in the original."""
    return attrs.field(default=default, metadata={"key": key, "kind": kind, "listed": listed})


@frozen(kw_only=True)
class Options:
    """Every option that the gateway knows. Quotas are in quota units, the threshold in seconds."""

    password_login_enabled: bool = option("PasswordLoginEnabled", SWITCH, True)
    password_register_enabled: bool = option("PasswordRegisterEnabled", SWITCH, True)
    register_enabled: bool = option("RegisterEnabled", SWITCH, True)
    email_verification_enabled: bool = option("EmailVerificationEnabled", SWITCH, False)
    email_domain_restriction_enabled: bool = option("EmailDomainRestrictionEnabled", SWITCH, False)
    email_domain_whitelist: str = option(
        "EmailDomainWhitelist",
        TEXT,
        "gmail.com,163.com,126.com,qq.com,outlook.com,hotmail.com,icloud.com,yahoo.com,foxmail.com",
    )
    github_oauth_enabled: bool = option("GitHubOAuthEnabled", SWITCH, False)
    github_client_id: str = option("GitHubClientId", TEXT, "")
    github_client_secret: str = option("GitHubClientSecret", TEXT, "")
    oidc_enabled: bool = option("OidcEnabled", SWITCH, False)
    oidc_client_id: str = option("OidcClientId", TEXT, "", listed=False)
    oidc_client_secret: str = option("OidcClientSecret", TEXT, "", listed=False)
    oidc_well_known: str = option("OidcWellKnown", TEXT, "", listed=False)
    oidc_authorization_endpoint: str = option("OidcAuthorizationEndpoint", TEXT, "", listed=False)
    oidc_token_endpoint: str = option("OidcTokenEndpoint", TEXT, "", listed=False)
    oidc_userinfo_endpoint: str = option("OidcUserinfoEndpoint", TEXT, "", listed=False)
    lark_client_id: str = option("LarkClientId", TEXT, "", listed=False)
    lark_client_secret: str = option("LarkClientSecret", TEXT, "", listed=False)
    wechat_auth_enabled: bool = option("WeChatAuthEnabled", SWITCH, False)
    wechat_server_address: str = option("WeChatServerAddress", TEXT, "")
    wechat_server_token: str = option("WeChatServerToken", TEXT, "")
    wechat_account_qrcode_image_url: str = option("WeChatAccountQRCodeImageURL", TEXT, "")
    turnstile_check_enabled: bool = option("TurnstileCheckEnabled", SWITCH, False)
    turnstile_site_key: str = option("TurnstileSiteKey", TEXT, "")
    turnstile_secret_key: str = option("TurnstileSecretKey", TEXT, "")
    smtp_server: str = option("SMTPServer", TEXT, "")
    smtp_port: int = option("SMTPPort", WHOLE, 587)
    smtp_account: str = option("SMTPAccount", TEXT, "")
    smtp_from: str = option("SMTPFrom", TEXT, "")
    smtp_token: str = option("SMTPToken", TEXT, "")
    message_pusher_address: str = option("MessagePusherAddress", TEXT, "")
    message_pusher_token: str = option("MessagePusherToken", TEXT, "")
    system_name: str = option("SystemName", TEXT, "One API")
    server_address: str = option("ServerAddress", TEXT, "")
    logo: str = option("Logo", TEXT, "")
    footer: str = option("Footer", TEXT, "")
    notice: str = option("Notice", TEXT, "")
    about: str = option("About", TEXT, "")
    home_page_content: str = option("HomePageContent", TEXT, "")
    top_up_link: str = option("TopUpLink", TEXT, "")
    chat_link: str = option("ChatLink", TEXT, "")
    theme: str = option("Theme", TEXT, "default")
    quota_for_new_user: int = option("QuotaForNewUser", WHOLE, 0)
    quota_for_inviter: int = option("QuotaForInviter", WHOLE, 0)
    quota_for_invitee: int = option("QuotaForInvitee", WHOLE, 0)
    quota_remind_threshold: int = option("QuotaRemindThreshold", WHOLE, 1000)
    pre_consumed_quota: int = option("PreConsumedQuota", WHOLE, 500)
    quota_per_unit: Decimal = option("QuotaPerUnit", NUMBER, Decimal(500_000))
    display_in_currency_enabled: bool = option("DisplayInCurrencyEnabled", SWITCH, True)
    display_token_stat_enabled: bool = option("DisplayTokenStatEnabled", SWITCH, True)
    log_consume_enabled: bool = option("LogConsumeEnabled", SWITCH, True)
    #: None: the defaults of ``domain/pricing.py`` and nothing else.
    model_ratio: Mapping[str, Decimal] | None = option("ModelRatio", RATIOS, None)
    completion_ratio: Mapping[str, Decimal] | None = option("CompletionRatio", RATIOS, None)
    group_ratio: Mapping[str, Decimal] | None = option("GroupRatio", RATIOS, None)
    unpriced_model_policy: str = option("UnpricedModelPolicy", TEXT, "default")
    retry_times: int = option("RetryTimes", WHOLE, 0)
    channel_disable_threshold: Decimal = option("ChannelDisableThreshold", NUMBER, Decimal(5))
    automatic_disable_channel_enabled: bool = option("AutomaticDisableChannelEnabled", SWITCH, False)
    automatic_enable_channel_enabled: bool = option("AutomaticEnableChannelEnabled", SWITCH, False)
    approximate_token_enabled: bool = option("ApproximateTokenEnabled", SWITCH, False)
    #: Stored under keys that this release does not know; kept, and listed.
    unknown: Mapping[str, str] = attrs.field(factory=dict, metadata={"key": ""})


FIELDS = {field.metadata["key"]: field for field in attrs.fields(Options) if field.metadata["key"]}


def read_options(stored: Mapping[str, str]) -> Options:
    """The options that these rows mean; a text that cannot be read counts as the default."""
    values: dict[str, Any] = {}
    unknown = {}
    for key, text in stored.items():
        field = FIELDS.get(key)
        if field is None:
            unknown[key] = text
            continue
        try:
            values[field.name] = field.metadata["kind"].read(text)
        except (ValueError, RecursionError):
            continue
    return Options(**values, unknown=unknown)


def list_options(options: Options, stored: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Key -> text of everything that may be shown. ``defaults`` are texts for options that have none of their own."""
    listed = {}
    for key, field in FIELDS.items():
        if not HIDDEN.search(key) and (field.metadata["listed"] or key in stored):
            value = getattr(options, field.name)
            listed[key] = defaults[key] if value is None else field.metadata["kind"].write(value)
    listed |= {key: text for key, text in options.unknown.items() if not HIDDEN.search(key)}
    return listed


def check_option(key: str, value: str, options: Options) -> None:
    """Raise InvalidParameter, with what to do about it, unless ``value`` may be stored under ``key``."""
    field = FIELDS.get(key)
    if field is None:
        if key and key in options.unknown:
            return
        raise InvalidParameter(key or "key", f"unknown option {key!r}")
    kind = field.metadata["kind"]
    if kind is SWITCH and value not in ("true", "false"):
        raise InvalidParameter(key, f"{key} must be true or false")
    try:
        read = kind.read(value)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(key, f"{key} cannot be read: {error}") from None
    _check_range(key, read)
    _check_choice(key, value)
    _check_prerequisite(key, value, options)


def _check_range(key: str, value: Any) -> None:
    ratios = value.values() if isinstance(value, dict) else [value]
    for number in ratios:
        if isinstance(number, bool | str):
            continue
        if not 0 <= number <= LARGEST:
            raise InvalidParameter(key, f"{key} must lie between 0 and {LARGEST}")
    if key == "QuotaPerUnit" and not value:
        raise InvalidParameter(key, "QuotaPerUnit must be greater than 0")


def _check_choice(key: str, value: str) -> None:
    if key == "Theme" and value not in THEMES:
        raise InvalidParameter(key, "无效的主题")
    if key == "UnpricedModelPolicy" and value not in POLICIES:
        raise InvalidParameter(key, f"UnpricedModelPolicy must be one of {', '.join(POLICIES)}")


#: Switch -> the option that must be filled in first, and what is said if it is not.
PREREQUISITES = {
    "GitHubOAuthEnabled": (
        "github_client_id",
        "无法启用 GitHub OAuth，请先填入 GitHub Client Id 以及 GitHub Client Secret！",
    ),
    "EmailDomainRestrictionEnabled": (
        "email_domain_whitelist",
        "无法启用邮箱域名限制，请先填入限制的邮箱域名！",
    ),
    "WeChatAuthEnabled": (
        "wechat_server_address",
        "无法启用微信登录，请先填入微信登录相关配置信息！",
    ),
    "TurnstileCheckEnabled": (
        "turnstile_site_key",
        "无法启用 Turnstile 校验，请先填入 Turnstile 校验相关配置信息！",
    ),
}


def _check_prerequisite(key: str, value: str, options: Options) -> None:
    if value == "true" and key in PREREQUISITES:
        name, message = PREREQUISITES[key]
        if not getattr(options, name):
            raise InvalidParameter(key, message)
