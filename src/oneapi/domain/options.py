"""Options that administrators change while the gateway runs: the rows of the table ``options``, typed."""

# ruff: noqa: RUF009  # the calls declare attrs fields

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs
from attrs import frozen

from oneapi.domain.errors.options import (
    BadOption,
    BadRatio,
    DomainsNotFilledIn,
    GitHubNotFilledIn,
    HalfSurrogate,
    NoAddress,
    NoNumber,
    NoSwitch,
    NoTable,
    NotAmong,
    NoWholeNumber,
    NulCharacter,
    NumberOutOfRange,
    TurnstileNotFilledIn,
    UnknownOption,
    UnknownTheme,
    WeChatNotFilledIn,
)
from oneapi.domain.logs.events import Amount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


#: Names of options that are never listed: secrets, which nobody needs to read again.
HIDDEN = re.compile(r"(Token|Secret|SecretKey)$")
#: The largest quota: the largest whole number up to which JavaScript and doubles are exact.
LARGEST = 2**53
LARGEST_RATIO = Decimal(10**9)
#: The most digits after the point; more would only slow exact arithmetic down.
FINEST_RATIO = 30
INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
DECIMAL = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})([eE][+-]?[0-9]{1,2})?")
THEMES = ("default", "berry", "air")
#: What happens to a model without a ratio: ``default``, it costs the original's fallback ratio; ``listed``, its list
#: price, or else that ratio; ``refuse``, it is refused; ``listed_only``, its list price, or else it is refused.
POLICIES = ("default", "listed", "refuse", "listed_only")
#: The gateway's address, unless the operator has set one.
DEFAULT_ADDRESS = "http://localhost:3000"


class Unfit(ValueError):
    """A text is not a valid value; ``error`` makes the refusal for the option's key."""

    def __init__(self, error: Callable[[str], BadOption]) -> None:
        super().__init__()
        self.error = error


@frozen
class OptionKind:
    """How a stored text is read, a value written, and a new text checked; ``check`` raises Unfit with the reason."""

    read: Callable[[str], Any]
    write: Callable[[Any], str] = str
    check: Callable[[str], object] = str


def _read_switch(text: str) -> bool:
    return text == "true"


def _check_switch(text: str) -> None:
    if text not in ("true", "false"):
        raise Unfit(NoSwitch)


def _read_whole(text: str) -> int:
    if not INTEGER.fullmatch(text.strip()):
        raise Unfit(NoWholeNumber)
    return int(text)


def _read_number(text: str) -> Decimal:
    if not DECIMAL.fullmatch(text.strip()):
        raise Unfit(NoNumber)
    return Decimal(text.strip())


def _read_ratios(text: str) -> dict[str, Decimal]:
    """The valid ratios of a table; a faulty entry does not affect the others."""
    return {name: ratio for name, ratio in _parse_ratios(text).items() if _is_ratio(ratio)}


def _check_ratios(text: str) -> None:
    for name, ratio in _parse_ratios(text).items():
        if not _is_ratio(ratio):
            raise Unfit(partial(BadRatio, name=name, high=LARGEST_RATIO))


def _parse_ratios(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except ValueError as error:
        raise Unfit(partial(NoTable, detail=str(error))) from None
    except (ArithmeticError, RecursionError):
        raise Unfit(partial(NoTable, detail="too large")) from None
    if not isinstance(value, dict):
        raise Unfit(partial(NoTable, detail=f"a {type(value).__name__}"))  # the readers raise one class
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
    """Raise Unfit unless ``text`` is empty or an address that the server can call or send people to."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and text.isprintable() and " " not in text
    except ValueError:
        good = False
    if text and not good:
        raise Unfit(NoAddress)


TEXT = OptionKind(str)
ADDRESS = OptionKind(str, check=_check_address)
SWITCH = OptionKind(_read_switch, lambda value: "true" if value else "false", _check_switch)
WHOLE = OptionKind(_read_whole, check=_read_whole)
NUMBER = OptionKind(_read_number, lambda value: f"{value:f}", _read_number)
RATIOS = OptionKind(_read_ratios, _write_ratios, _check_ratios)


def option(
    key: str,
    kind: OptionKind,
    default: Any,
    *,
    listed: bool = True,
    within: tuple[int, int] = (0, LARGEST),
    among: tuple[str, ...] = (),
) -> Any:
    """A field for the option ``key``. If not ``listed``, it is shown only once it is stored, as in the original.

    ``within`` bounds a number, both ends included; ``among`` lists the allowed texts, empty: any.
    """
    metadata = {"key": key, "kind": kind, "listed": listed, "within": within, "among": among}
    return attrs.field(default=default, metadata=metadata)


@frozen(kw_only=True)
class Options:
    """Every option that the gateway knows. Quotas are in quota units, the channel threshold in seconds."""

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
    #: None: the defaults of ``domain/money/pricing.py`` and nothing else.
    model_ratio: Mapping[str, Decimal] | None = option("ModelRatio", RATIOS, None)
    completion_ratio: Mapping[str, Decimal] | None = option("CompletionRatio", RATIOS, None)
    group_ratio: Mapping[str, Decimal] | None = option("GroupRatio", RATIOS, None)
    #: Quota units per call through the proxy route, whatever the call does: the amount that the original holds for one.
    proxy_price: int = option("ProxyPrice", WHOLE, 500)
    unpriced_model_policy: str = option("UnpricedModelPolicy", TEXT, "default", among=POLICIES)
    #: Days for which stored responses are kept; 0: responses are not stored.
    response_retention_days: int = option("ResponseRetentionDays", WHOLE, 30, within=(0, 3650))
    retry_times: int = option("RetryTimes", WHOLE, 0, within=(0, 100))
    channel_disable_threshold: Decimal = option("ChannelDisableThreshold", NUMBER, Decimal(5))
    automatic_disable_channel_enabled: bool = option("AutomaticDisableChannelEnabled", SWITCH, False)
    automatic_enable_channel_enabled: bool = option("AutomaticEnableChannelEnabled", SWITCH, False)
    approximate_token_enabled: bool = option("ApproximateTokenEnabled", SWITCH, False)
    #: Options under keys that this release does not know; kept and listed.
    unknown: Mapping[str, str] = attrs.field(factory=dict, metadata={"key": ""})

    def amount(self, quota: int) -> Amount:
        """``quota`` in quota units, in the form in which people are shown amounts."""
        return Amount(quota, quota / self.quota_per_unit if self.display_in_currency_enabled else None)

    @property
    def public_address(self) -> str:
        """The base URL at which people reach this gateway, without a trailing slash."""
        return (self.server_address or DEFAULT_ADDRESS).rstrip("/")

    def redirect_uri(self, source: str) -> str:
        """The console page to which the identity provider ``source`` redirects the browser."""
        return f"{self.public_address}/oauth/{source}"


FIELDS = {field.metadata["key"]: field for field in attrs.fields(Options) if field.metadata["key"]}


def read_options(stored: Mapping[str, str]) -> Options:
    """The options in these rows; an unreadable text counts as the default."""
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


def list_options(
    options: Options, stored: Mapping[str, str], ratios: Mapping[str, Mapping[str, Decimal]]
) -> dict[str, str]:
    """Key -> text of every option that may be shown: the stored text, or else the default.

    ``ratios`` holds the defaults of options that are tables of ratios; ``ModelRatio`` is always shown from it.
    """
    listed = {}
    for key, field in FIELDS.items():
        value = getattr(options, field.name)
        if key in stored and value is not None and key != "ModelRatio":
            listed[key] = stored[key]
        elif key in stored or field.metadata["listed"]:
            listed[key] = field.metadata["kind"].write(ratios.get(key, value))
    listed |= options.unknown
    return {key: text for key, text in listed.items() if not HIDDEN.search(key)}


def check_option(key: str, value: str, options: Options) -> None:
    """Raise BadOption, with the reason, unless ``value`` may be stored under ``key``."""
    field = FIELDS.get(key)
    if field is None:
        raise UnknownOption(key)
    kind = field.metadata["kind"]
    try:
        _check_storable(value)
        kind.check(value)
        _check_range(field, kind.read(value))
    except Unfit as unfit:
        raise unfit.error(key) from None
    _check_prerequisite(key, value, options)


def _check_storable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unfit(HalfSurrogate) from None
    if "\0" in text:
        raise Unfit(NulCharacter)


def _check_range(field: attrs.Attribute[Any], value: Any) -> None:
    low, high = field.metadata["within"]
    if isinstance(value, int | Decimal) and not low <= value <= high:
        raise Unfit(partial(NumberOutOfRange, low=low, high=high))
    among = field.metadata["among"]
    if among and value not in among:
        raise Unfit(UnknownTheme) if among is THEMES else Unfit(partial(NotAmong, names=", ".join(among)))


#: Switch -> the option that must be set first, and the error if it is not.
PREREQUISITES: Mapping[str, tuple[str, type[BadOption]]] = {
    "GitHubOAuthEnabled": ("github_client_id", GitHubNotFilledIn),
    "EmailDomainRestrictionEnabled": ("email_domain_whitelist", DomainsNotFilledIn),
    "WeChatAuthEnabled": ("wechat_server_address", WeChatNotFilledIn),
    "TurnstileCheckEnabled": ("turnstile_site_key", TurnstileNotFilledIn),
}


def _check_prerequisite(key: str, value: str, options: Options) -> None:
    if value == "true" and key in PREREQUISITES:
        name, refusal = PREREQUISITES[key]
        if not getattr(options, name).strip(", "):
            raise refusal(key)
