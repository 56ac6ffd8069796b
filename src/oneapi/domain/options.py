"""Settings that an administrator changes while the gateway runs: the rows of the table ``options``, typed."""

# ruff: noqa: RUF009  # the calls declare attrs fields

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

import attrs
from attrs import frozen

from oneapi.domain.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.domain.pricing import Tables

#: Never listed: values that nobody needs to read again.
HIDDEN = re.compile(r"(Token|Secret|SecretKey)$")
#: Quotas are kept within what JavaScript and a double can hold exactly.
LARGEST = 2**53
LARGEST_RATIO = Decimal(10**9)
#: Digits after the point; more would only make exact arithmetic slow.
FINEST_RATIO = 30
INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
DECIMAL = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})([eE][+-]?[0-9]{1,2})?")
THEMES = ("default", "berry", "air")
#: What a model without a ratio costs: the original's ratio for all of them; its list price, else that ratio; it is
#: refused; its list price, else it is refused.
POLICIES = ("default", "listed", "refuse", "listed_only")
#: Of a gateway whose operator did not say where people reach it.
DEFAULT_ADDRESS = "http://localhost:3000"


class BadOption(CallerError):
    """A value that may not be stored under ``key``; ``reason`` is one of the keys of ``REASONS``."""

    type = "invalid_request_error"
    code = "invalid_value"
    REASONS: ClassVar[dict[str, dict[str, str]]] = {
        "unknown": {"zh": "未知的配置项 {key!r}", "en": "there is no option {key!r}"},
        "switch": {"zh": "{key} 必须是 true 或 false", "en": "{key} must be true or false"},
        "whole": {"zh": "{key} 必须是整数", "en": "{key} must be a whole number"},
        "number": {"zh": "{key} 必须是数字", "en": "{key} must be a number"},
        "range": {
            "zh": "{key} 必须在 {low} 与 {high} 之间",
            "en": "{key} must lie between {low} and {high}",
        },
        "among": {"zh": "{key} 只能是 {names} 之一", "en": "{key} must be one of {names}"},
        "address": {
            "zh": "{key} 必须为空，或是以 http:// 或 https:// 开头的地址",
            "en": "{key} must be empty or an address that begins with http:// or https://",
        },
        "table": {
            "zh": "{key} 必须是值为数字的 JSON 对象：{detail}",
            "en": "{key} must be a JSON object of numbers: {detail}",
        },
        "ratio": {
            "zh": "{key} 中 {name!r} 的值必须是 0 与 {high} 之间的数字",
            "en": "{key} must give {name!r} a number between 0 and {high}",
        },
        "surrogate": {
            "zh": "{key} 含有无法存储的字符（半个代理对）",
            "en": "{key} must not hold half a surrogate pair",
        },
        "nul": {"zh": "{key} 不能含有 NUL 字符", "en": "{key} must not hold a NUL character"},
        # What the original says, where it has a message.
        "theme": {"zh": "无效的主题", "en": "there is no such theme: give default, berry or air"},
        "github": {
            "zh": "无法启用 GitHub OAuth，请先填入 GitHub Client Id 以及 GitHub Client Secret！",
            "en": "GitHub OAuth cannot be enabled before its client id and secret are filled in",
        },
        "whitelist": {
            "zh": "无法启用邮箱域名限制，请先填入限制的邮箱域名！",
            "en": "the restriction of e-mail domains cannot be enabled before domains are filled in",
        },
        "wechat": {
            "zh": "无法启用微信登录，请先填入微信登录相关配置信息！",
            "en": "signing in by WeChat cannot be enabled before its server is filled in",
        },
        "turnstile": {
            "zh": "无法启用 Turnstile 校验，请先填入 Turnstile 校验相关配置信息！",
            "en": "Turnstile cannot be enabled before its keys are filled in",
        },
    }

    def __init__(self, key: str, reason: str, **fields: Any) -> None:
        super().__init__(key=key, **fields)
        self.param = key or "key"
        self.reason = reason

    @property
    def texts(self) -> dict[str, str]:  # type: ignore[override]  # one class, one text a reason
        return self.REASONS[self.reason]


class Unfit(ValueError):
    """A text is no value; ``reason`` and ``fields`` are those of ``BadOption``."""

    def __init__(self, reason: str, **fields: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fields = fields


@frozen
class Kind:
    """How a stored text is read, how a value is written, how a new text is judged; Unfit says what is wrong."""

    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    check: Callable[[str], object] = str


def _read_switch(text: str) -> bool:
    return text == "true"


def _check_switch(text: str) -> None:
    if text not in ("true", "false"):
        raise Unfit("switch")


def _read_whole(text: str) -> int:
    if not INTEGER.fullmatch(text.strip()):
        raise Unfit("whole")
    return int(text)


def _read_number(text: str) -> Decimal:
    if not DECIMAL.fullmatch(text.strip()):
        raise Unfit("number")
    return Decimal(text.strip())


def _read_ratios(text: str) -> dict[str, Decimal]:
    """Those ratios that make sense; one faulty entry does not cost the operator his other prices."""
    return {name: ratio for name, ratio in _parse_ratios(text).items() if _is_ratio(ratio)}


def _check_ratios(text: str) -> None:
    for name, ratio in _parse_ratios(text).items():
        if not _is_ratio(ratio):
            raise Unfit("ratio", name=name, high=LARGEST_RATIO)


def _parse_ratios(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except ValueError as error:
        raise Unfit("table", detail=error) from None
    except (ArithmeticError, RecursionError):
        raise Unfit("table", detail="too large") from None
    if not isinstance(value, dict):
        raise Unfit("table", detail=f"a {type(value).__name__}")  # the readers raise one class
    return value


def _is_ratio(value: object) -> bool:
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -FINEST_RATIO and 0 <= value <= LARGEST_RATIO


def _write_ratios(ratios: Mapping[str, Decimal]) -> str:
    entries = (f"{json.dumps(name, ensure_ascii=False)}:{ratio:f}" for name, ratio in sorted(ratios.items()))
    return "{" + ",".join(entries) + "}"


def _check_address(text: str) -> None:
    """Of what the server calls, or sends people to."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and text.isprintable() and " " not in text
    except ValueError:
        good = False
    if text and not good:
        raise Unfit("address")


TEXT = Kind(str)
ADDRESS = Kind(str, check=_check_address)
SWITCH = Kind(_read_switch, lambda value: "true" if value else "false", _check_switch)
WHOLE = Kind(_read_whole, check=_read_whole)
NUMBER = Kind(_read_number, lambda value: f"{value:f}", _read_number)
RATIOS = Kind(_read_ratios, _write_ratios, _check_ratios)


def option(
    key: str,
    kind: Kind,
    default: Any,
    *,
    listed: bool = True,
    within: tuple[int, int] = (0, LARGEST),
    among: tuple[str, ...] = (),
) -> Any:
    """A field that is the option ``key``; not ``listed``: shown only once it is stored, as in the original.

    ``within`` bounds a number, both ends included; ``among`` are the texts allowed, all if none is named.
    """
    metadata = {"key": key, "kind": kind, "listed": listed, "within": within, "among": among}
    return attrs.field(default=default, metadata=metadata)


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
    oidc_well_known: str = option("OidcWellKnown", ADDRESS, "", listed=False)
    oidc_authorization_endpoint: str = option("OidcAuthorizationEndpoint", ADDRESS, "", listed=False)
    oidc_token_endpoint: str = option("OidcTokenEndpoint", ADDRESS, "", listed=False)
    oidc_userinfo_endpoint: str = option("OidcUserinfoEndpoint", ADDRESS, "", listed=False)
    lark_client_id: str = option("LarkClientId", TEXT, "", listed=False)
    lark_client_secret: str = option("LarkClientSecret", TEXT, "", listed=False)
    wechat_auth_enabled: bool = option("WeChatAuthEnabled", SWITCH, False)
    wechat_server_address: str = option("WeChatServerAddress", ADDRESS, "")
    wechat_server_token: str = option("WeChatServerToken", TEXT, "")
    wechat_account_qrcode_image_url: str = option("WeChatAccountQRCodeImageURL", TEXT, "")
    turnstile_check_enabled: bool = option("TurnstileCheckEnabled", SWITCH, False)
    turnstile_site_key: str = option("TurnstileSiteKey", TEXT, "")
    turnstile_secret_key: str = option("TurnstileSecretKey", TEXT, "")
    smtp_server: str = option("SMTPServer", TEXT, "")
    smtp_port: int = option("SMTPPort", WHOLE, 587, within=(1, 65_535))
    smtp_account: str = option("SMTPAccount", TEXT, "")
    smtp_from: str = option("SMTPFrom", TEXT, "")
    smtp_token: str = option("SMTPToken", TEXT, "")
    message_pusher_address: str = option("MessagePusherAddress", ADDRESS, "")
    message_pusher_token: str = option("MessagePusherToken", TEXT, "")
    system_name: str = option("SystemName", TEXT, "One API")
    server_address: str = option("ServerAddress", ADDRESS, "")
    logo: str = option("Logo", TEXT, "")
    footer: str = option("Footer", TEXT, "")
    notice: str = option("Notice", TEXT, "")
    about: str = option("About", TEXT, "")
    home_page_content: str = option("HomePageContent", TEXT, "")
    top_up_link: str = option("TopUpLink", TEXT, "")
    chat_link: str = option("ChatLink", TEXT, "")
    theme: str = option("Theme", TEXT, "default", among=THEMES)
    quota_for_new_user: int = option("QuotaForNewUser", WHOLE, 0)
    quota_for_inviter: int = option("QuotaForInviter", WHOLE, 0)
    quota_for_invitee: int = option("QuotaForInvitee", WHOLE, 0)
    quota_remind_threshold: int = option("QuotaRemindThreshold", WHOLE, 1000)
    pre_consumed_quota: int = option("PreConsumedQuota", WHOLE, 500)
    quota_per_unit: Decimal = option("QuotaPerUnit", NUMBER, Decimal(500_000), within=(1, LARGEST))
    display_in_currency_enabled: bool = option("DisplayInCurrencyEnabled", SWITCH, True)
    display_token_stat_enabled: bool = option("DisplayTokenStatEnabled", SWITCH, True)
    log_consume_enabled: bool = option("LogConsumeEnabled", SWITCH, True)
    #: None: the defaults of ``domain/pricing.py`` and nothing else.
    model_ratio: Mapping[str, Decimal] | None = option("ModelRatio", RATIOS, None)
    completion_ratio: Mapping[str, Decimal] | None = option("CompletionRatio", RATIOS, None)
    group_ratio: Mapping[str, Decimal] | None = option("GroupRatio", RATIOS, None)
    #: What a call through the proxy route costs, whatever it does there; as much as the original sets aside for a call.
    proxy_price: int = option("ProxyPrice", WHOLE, 500)
    unpriced_model_policy: str = option("UnpricedModelPolicy", TEXT, "default", among=POLICIES)
    retry_times: int = option("RetryTimes", WHOLE, 0, within=(0, 100))
    channel_disable_threshold: Decimal = option("ChannelDisableThreshold", NUMBER, Decimal(5))
    automatic_disable_channel_enabled: bool = option("AutomaticDisableChannelEnabled", SWITCH, False)
    automatic_enable_channel_enabled: bool = option("AutomaticEnableChannelEnabled", SWITCH, False)
    approximate_token_enabled: bool = option("ApproximateTokenEnabled", SWITCH, False)
    #: Stored under keys that this release does not know; kept, and listed.
    unknown: Mapping[str, str] = attrs.field(factory=dict, metadata={"key": ""})

    def amount_text(self, quota: int) -> str:
        """``quota`` as the rows of the log write it, for people."""
        if self.display_in_currency_enabled:
            return f"＄{quota / self.quota_per_unit:.6f} 额度"
        return f"{quota} 点额度"

    @property
    def public_address(self) -> str:
        """Where people reach this gateway, without a slash at the end."""
        return (self.server_address or DEFAULT_ADDRESS).rstrip("/")

    def redirect_uri(self, source: str) -> str:
        """The console's page to which a provider of identities sends the browser back."""
        return f"{self.public_address}/oauth/{source}"


FIELDS = {field.metadata["key"]: field for field in attrs.fields(Options) if field.metadata["key"]}


def read_options(stored: Mapping[str, str]) -> Options:
    """The options that these rows mean; a text that makes no sense counts as the default."""
    values: dict[str, Any] = {}
    unknown = {}
    for key, text in stored.items():
        field = FIELDS.get(key)
        if field is None:
            unknown[key] = text
            continue
        try:
            value = field.metadata["kind"].read(text)
            _check_range(field, value)
        except ValueError:
            continue
        values[field.name] = value
    return Options(**values, unknown=unknown)


def list_options(options: Options, stored: Mapping[str, str], tables: Tables) -> dict[str, str]:
    """Key -> text of everything that may be shown: as stored, or else the default.

    ``ModelRatio`` is completed with the models of ``tables``, so that an operator sees every price.
    """
    defaults = {
        "ModelRatio": {**tables.model_ratio, **(options.model_ratio or {})},
        "CompletionRatio": tables.completion_ratio,
        "GroupRatio": tables.group_ratio,
    }
    listed = {}
    for key, field in FIELDS.items():
        value = getattr(options, field.name)
        if key in stored and value is not None and key != "ModelRatio":
            listed[key] = stored[key]
        elif key in stored or field.metadata["listed"]:
            listed[key] = field.metadata["kind"].write(defaults.get(key, value))
    listed |= options.unknown
    return {key: text for key, text in listed.items() if not HIDDEN.search(key)}


def check_option(key: str, value: str, options: Options) -> None:
    """Raise BadOption, with what to do about it, unless ``value`` may be stored under ``key``."""
    field = FIELDS.get(key)
    if field is None:
        raise BadOption(key, "unknown")
    kind = field.metadata["kind"]
    try:
        _check_storable(value)
        kind.check(value)
        _check_range(field, kind.read(value))
    except Unfit as error:
        raise BadOption(key, error.reason, **error.fields) from None
    _check_prerequisite(key, value, options)


def _check_storable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unfit("surrogate") from None
    if "\0" in text:
        raise Unfit("nul")


def _check_range(field: attrs.Attribute[Any], value: Any) -> None:
    low, high = field.metadata["within"]
    if isinstance(value, int | Decimal) and not low <= value <= high:
        raise Unfit("range", low=low, high=high)
    among = field.metadata["among"]
    if among and value not in among:
        raise Unfit("theme") if among is THEMES else Unfit("among", names=", ".join(among))


#: Switch -> the option that must be filled in first, and the reason that is given if it is not.
PREREQUISITES = {
    "GitHubOAuthEnabled": ("github_client_id", "github"),
    "EmailDomainRestrictionEnabled": ("email_domain_whitelist", "whitelist"),
    "WeChatAuthEnabled": ("wechat_server_address", "wechat"),
    "TurnstileCheckEnabled": ("turnstile_site_key", "turnstile"),
}


def _check_prerequisite(key: str, value: str, options: Options) -> None:
    if value == "true" and key in PREREQUISITES:
        name, reason = PREREQUISITES[key]
        if not getattr(options, name).strip(", "):
            raise BadOption(key, reason)
