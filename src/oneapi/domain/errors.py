"""Every way in which the gateway refuses or fails, as one tree.

::

    GatewayError
    ├── CallerError             the request itself is at fault
    │   ├── MalformedRequest        400  unreadable JSON, wrong types, bad encodings
    │   ├── InvalidParameter        400  a field holds a value that cannot be served
    │   ├── UnstorableValue         400  a field holds a value that the database refuses for good
    │   ├── BodyTooLarge            413
    │   ├── TooManyValues           413
    │   │   └── TooManyEscapes          413
    │   ├── HeadTooLarge            431
    │   ├── RequestTooSlow          408
    │   ├── UpgradeRequired         426
    │   ├── UnsupportedFeature      400  the chosen upstream cannot do what was asked
    │   │   └── UnsupportedEndpoint     400
    │   ├── TokenRefused            401  missing, unknown, expired, exhausted, disabled, signed out
    │   ├── AccessDenied            403  subnet, banned user, model, channel suffix, foreign origin
    │   ├── UnknownModel            404
    │   ├── UnknownRoute            404
    │   │   └── WrongAddress            404  a base URL without /v1, or with a slash too many
    │   │       └── WrongMessagesAddress    404  the base URL of an Anthropic client
    │   ├── TooManyRequests         429  of one address
    │   └── NotImplementedHere      501
    ├── QuotaError              the account cannot pay
    │   ├── UserQuotaExhausted      403
    │   └── TokenQuotaExhausted     403
    ├── UpstreamError           the provider is at fault
    │   ├── UpstreamRefusal         the provider's own status and error object
    │   ├── UpstreamUnreachable     502  refused, reset or unresolvable before an answer
    │   ├── UpstreamTimeout         504  connect, first byte or idle limit exceeded
    │   ├── UpstreamGarbage         502  an answer that is not what the dialect speaks
    │   └── UpstreamBroken          502  the answer stopped in its middle
    └── OperatorError           this gateway is at fault, or set up so that it cannot serve
        ├── NoChannel               503
        ├── PinnedChannelUnknown    400
        ├── PinnedChannelDisabled   403
        ├── ChannelMisconfigured    503
        ├── StorageUnavailable      503
        ├── Overloaded              503
        ├── ShuttingDown            503
        ├── UnpricedModel           503
        └── InternalError           500

Each class answers four questions as class attributes: ``status`` (HTTP), ``retry`` (may another
channel be tried), ``disables_channel`` (may the channel be switched off for it) and ``shown`` (may
the caller read the message as it stands; otherwise they read ``hidden_text``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

LANGUAGES = ("zh", "en")


class GatewayError(Exception):
    """Base of all; ``fields`` fill the message templates.

    ``type``, ``param`` and ``code`` are those of OpenAI's error object. ``retry_after`` is in
    seconds, or None. ``may_repeat`` is False where the same request fails again until a person
    changes something: clients are told not to retry it by themselves.
    """

    status: int
    retry: ClassVar[bool]
    disables_channel: ClassVar[bool]
    shown: ClassVar[bool]
    texts: ClassVar[dict[str, str]] = {}
    hidden_text: ClassVar[str] = "the gateway could not serve this request"

    type: str = "one_api_error"
    param: str | None = ""
    code: Any = None
    retry_after: float | None = None
    may_repeat: bool = True
    #: The original answers token and distribution errors without ``param`` and ``code``.
    bare: ClassVar[bool] = False

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        self.fields = fields

    def text(self, language: str) -> str:
        """What the caller may read, in ``language`` where it exists, else in any there is."""
        if not self.shown:
            return self.hidden_text
        template = self.texts.get(language) or next(iter(self.texts.values()))
        return template.format(**self.fields)

    @property
    def detail(self) -> str:
        """What the operator reads in his log; never a secret."""
        return next(iter(self.texts.values()), type(self).__name__).format(**self.fields)

    def __str__(self) -> str:
        return self.detail


# --- the caller's fault ------------------------------------------------------------------------


class CallerError(GatewayError):
    status = 400
    retry = False
    disables_channel = False
    shown = True


class MalformedRequest(CallerError):
    """``detail`` says what could not be read and where."""

    type = "invalid_request_error"
    code = "invalid_request"
    texts = {"en": "{detail}"}


class InvalidParameter(CallerError):
    """``name`` is the parameter, ``detail`` what is wrong with it."""

    type = "invalid_request_error"
    texts = {"en": "{detail}"}

    def __init__(self, name: str, detail: str, code: str = "invalid_value") -> None:
        super().__init__(name=name, detail=detail)
        self.param = name
        self.code = code


class UnstorableValue(CallerError):
    """The database refuses a value for good: trying again is of no use. ``cause`` is for the operator's log."""

    type = "invalid_request_error"
    code = "unstorable_value"
    texts = {
        "zh": "有内容无法保存：可能过长、超出范围，或含有数据库不支持的字符",
        "en": "a value cannot be stored: it is too long, out of range, or holds characters that the database refuses",
    }


class BodyTooLarge(CallerError):
    """``limit`` is a size as people write it."""

    status = 413
    type = "invalid_request_error"
    code = "request_too_large"
    texts = {
        "zh": "请求体超过 {limit} 上限",
        "en": "the request body is larger than {limit}",
    }


class TooManyValues(CallerError):
    """Small as it may be, building the body's objects would stop everybody else."""

    status = 413
    type = "invalid_request_error"
    code = "request_too_large"
    texts = {
        "zh": "请求体中的 JSON 值超过 {most} 个，请拆分请求",
        "en": "the request body holds more than {most} JSON values: split the request",
    }


class TooManyEscapes(TooManyValues):
    """Reading them would stop everybody else, too."""

    texts = {
        "zh": "请求体的字符串中转义字符超过 {most} 个，请拆分请求",
        "en": "the strings of the request body hold more than {most} escapes: split the request",
    }


class HeadTooLarge(CallerError):
    """``limit`` says which bound the request line and headers exceed."""

    status = 431
    type = "invalid_request_error"
    code = "request_head_too_large"
    texts = {
        "zh": "请求行和请求头超过上限（{limit}），请减少或缩短请求头",
        "en": "the request line and headers exceed {limit}; send fewer or shorter headers",
    }


class RequestTooSlow(CallerError):
    status = 408
    type = "invalid_request_error"
    code = "request_timeout"
    retry_after = 1
    texts = {
        "zh": "请求未在时限内完整到达，请检查网络后重试",
        "en": "the request did not arrive in time; check the network and send it again",
    }


class UpgradeRequired(CallerError):
    """The client asked for a WebSocket."""

    status = 426
    type = "invalid_request_error"
    code = "websocket_not_supported"
    texts = {
        "zh": "本网关不支持 WebSocket，请使用普通 HTTP 请求",
        "en": "this gateway does not serve WebSockets; use plain HTTP requests",
    }


class UnsupportedFeature(CallerError):
    """The chosen upstream cannot express ``feature``; dropping it would change the meaning."""

    type = "invalid_request_error"
    code = "unsupported_feature"
    texts = {
        "zh": "所选渠道不支持 {feature}",
        "en": "the channel that serves this model does not support {feature}",
    }


class UnsupportedEndpoint(UnsupportedFeature):
    type = "one_api_error"
    code = "unsupported_mode"
    texts = {"en": "{feature} is not supported by this channel"}


class TokenRefused(CallerError):
    """``reason`` is one of the keys of ``REASONS``."""

    status = 401
    bare = True
    REASONS: ClassVar[dict[str, dict[str, str]]] = {
        "missing": {"zh": "未提供令牌", "en": "no token was given"},
        "unknown": {"zh": "无效的令牌", "en": "this token is not valid"},
        "exhausted": {
            "zh": "令牌 {name}（#{id}）额度已用尽",
            "en": "the quota of token {name} (#{id}) is used up",
        },
        "spent": {"zh": "该令牌额度已用尽", "en": "the quota of this token is used up"},
        "expired": {"zh": "该令牌已过期", "en": "this token has expired"},
        "disabled": {"zh": "该令牌状态不可用", "en": "this token is disabled"},
        "signed_out": {"zh": "未登录或登录已过期，请重新登录", "en": "your session has ended: sign in again"},
    }

    def __init__(self, reason: str, **fields: Any) -> None:
        super().__init__(**fields)
        self.reason = reason

    @property
    def texts(self) -> dict[str, str]:  # type: ignore[override]  # one class, one text a reason
        return self.REASONS[self.reason]


class AccessDenied(CallerError):
    """``reason`` is one of the keys of ``REASONS``."""

    status = 403
    bare = True
    REASONS: ClassVar[dict[str, dict[str, str]]] = {
        "subnet": {
            "zh": "该令牌只能在指定网段使用：{subnets}，当前 ip：{ip}",
            "en": "this token may only be used from {subnets}; your address is {ip}",
        },
        "banned": {"zh": "用户已被封禁", "en": "this user is banned"},
        "model": {
            "zh": "该令牌无权使用模型：{model}",
            "en": "this token may not use the model {model}",
        },
        "channel_suffix": {
            "zh": "普通用户不支持指定渠道",
            "en": "only administrators may choose the channel",
        },
        "proxy": {
            "zh": "无权使用该代理渠道",
            "en": "you may not use this proxy channel",
        },
        "foreign_origin": {
            "zh": "无权进行此操作，请求来自其他站点",
            "en": "refused: the request comes from a page of another site",
        },
    }

    def __init__(self, reason: str, **fields: Any) -> None:
        super().__init__(**fields)
        self.reason = reason

    @property
    def texts(self) -> dict[str, str]:  # type: ignore[override]  # one class, one text a reason
        return self.REASONS[self.reason]


class UnknownModel(CallerError):
    status = 404
    type = "invalid_request_error"
    param = "model"
    code = "model_not_found"
    texts = {"en": "The model '{model}' does not exist"}


class UnknownRoute(CallerError):
    status = 404
    type = "invalid_request_error"
    code = ""
    texts = {"en": "Invalid URL ({method} {path})"}


class WrongAddress(UnknownRoute):
    """The path would be a route of the relay below another base URL: ``right`` is the path to call."""

    texts = {
        "zh": "Invalid URL ({method} {path})：请改用 {right}。OpenAI 客户端的 Base URL 应为本站地址加上 /v1",
        "en": "Invalid URL ({method} {path}): call {right}; the base URL of OpenAI clients is the address of "
        "this server followed by /v1",
    }


class WrongMessagesAddress(WrongAddress):
    """The same for clients of Anthropic's API, whose base URL is another."""

    texts = {
        "zh": "Invalid URL ({method} {path})：请改用 {right}。Anthropic 客户端的 Base URL 应为本站地址，不带 /v1",
        "en": "Invalid URL ({method} {path}): call {right}; the base URL of Anthropic clients is the address of this "
        "server, without /v1",
    }


class TooManyRequests(CallerError):
    """``retry_after`` seconds later one more is admitted."""

    status = 429
    code = "rate_limit_exceeded"
    texts = {"zh": "请求次数过多，请稍后再试", "en": "too many requests, try again later"}

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = retry_after


class NotImplementedHere(CallerError):
    status = 501
    may_repeat = False
    code = "api_not_implemented"
    texts = {"en": "API not implemented"}


# --- the account cannot pay --------------------------------------------------------------------


class QuotaError(GatewayError):
    status = 403
    may_repeat = False
    retry = False
    disables_channel = False
    shown = True


class UserQuotaExhausted(QuotaError):
    code = "insufficient_user_quota"
    texts = {"en": "user quota is not enough"}


class TokenQuotaExhausted(QuotaError):
    code = "pre_consume_token_quota_failed"
    texts = {"zh": "令牌额度不足", "en": "the quota of this token is not enough"}


# --- the provider's fault ----------------------------------------------------------------------


class UpstreamError(GatewayError):
    """``cause`` is for the operator's log; a caller reads only ``hidden_text``."""

    status = 502
    retry = True
    disables_channel = False
    shown = False
    type = "upstream_error"
    texts = {"en": "{cause}"}

    def __init__(self, cause: str = "") -> None:
        super().__init__(cause=cause)


class Fault(StrEnum):
    """Whose fault a provider's refusal is, which decides what follows from it.

    Attributes:
        REQUEST: The request's own. No other channel is tried, and the channel keeps its good name.
        SETUP: The channel cannot serve this model, or not from where it is. The next channel is tried.
        ACCOUNT: Its key or its account cannot be used. The next channel is tried, and this one may be switched off.
        SERVICE: Load or an outage. The next channel is tried, and repeated faults rest the channel.
    """

    REQUEST = "request"
    SETUP = "setup"
    ACCOUNT = "account"
    SERVICE = "service"


class Told(NamedTuple):
    """How a provider named its error, in the fields of OpenAI's error object."""

    type: str
    param: str | None
    code: Any


class UpstreamRefusal(UpstreamError):
    """The provider answered with an error of its own.

    ``said`` is the provider's HTTP status, ``status`` the one that the client gets: a refusal of the channel's key,
    account or permissions reaches the client as 502 (429 stays what it is) and in our words, so that nobody takes it
    for a refusal of their own token or quota; ``told`` is how the provider named it. ``fault`` was decided by the
    provider's error table; where it was read ``from_phrase``, in the message or the status alone, the provider's status
    and words stay, unless the status is one about credentials. ``message`` is the provider's text with every secret
    masked.
    """

    disables_channel = True
    shown = True
    texts = {"en": "{cause}"}

    def __init__(
        self,
        said: int,
        message: str,
        *,
        type: str = "upstream_error",  # noqa: A002  # OpenAI's field name
        param: str | None = "",
        code: Any = None,
        fault: Fault = Fault.SERVICE,
        from_phrase: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.said = said
        self.fault = fault
        self.told = Told(type, param, code)
        by_structure = fault is Fault.ACCOUNT and not from_phrase
        self.concealed = by_structure or (said in ABOUT_CREDENTIALS and fault is not Fault.REQUEST)
        self.status = self._shown_status()
        if self.concealed:
            self.param, self.code = "", "upstream_refused_channel"
        else:
            self.type, self.param, self.code, self.retry_after = type, param, code, retry_after

    @property
    def retryable(self) -> bool:
        """Whether another channel may be tried."""
        return self.fault is not Fault.REQUEST

    def text(self, language: str) -> str:
        """The provider's words; of a 429 the original's, which clients know."""
        if self.said == TOO_MANY_REQUESTS:
            return SATURATED[language]
        return CONCEALED[language] if self.concealed else super().text(language)

    def _shown_status(self) -> int:
        if self.fault is Fault.REQUEST:
            return BAD_REQUEST if self.said in ABOUT_IDENTITY else self.said
        if self.said == TOO_MANY_REQUESTS:
            return self.said
        blames_request = self.fault is Fault.SETUP and self.said in ABOUT_REQUESTS
        return BAD_GATEWAY if self.concealed or blames_request else self.said


BAD_REQUEST, TOO_MANY_REQUESTS, BAD_GATEWAY = 400, 429, 502
#: Statuses about who asks and who pays: the provider means this gateway by them, and a client would read itself.
ABOUT_CREDENTIALS = frozenset({401, 402, 403, 407})
ABOUT_IDENTITY = frozenset({401, 402, 407})
#: Statuses that blame the request, also where the provider's words blame the channel.
ABOUT_REQUESTS = frozenset({400, 413, 422})
SATURATED = {
    "zh": "当前分组上游负载已饱和，请稍后再试",
    "en": "the upstreams of this group are saturated, try again later",
}
CONCEALED = {
    "zh": "上游拒绝了该渠道的密钥、账户或权限，与您的令牌和额度无关，请联系管理员",
    "en": (
        "the upstream refused this gateway's own key, account or permissions; your token and quota are not"
        " concerned: ask the administrator"
    ),
}


class UpstreamUnreachable(UpstreamError):
    code = "upstream_unreachable"
    hidden_text = "the upstream could not be reached"


class UpstreamTimeout(UpstreamError):
    status = 504
    code = "upstream_timeout"
    hidden_text = "the upstream did not answer in time"


class UpstreamGarbage(UpstreamError):
    code = "upstream_bad_response"
    hidden_text = "the upstream sent an answer that could not be understood"


class UpstreamBroken(UpstreamError):
    code = "upstream_interrupted"
    hidden_text = "the upstream broke off its answer"


# --- this gateway's fault ----------------------------------------------------------------------


class OperatorError(GatewayError):
    status = 503
    retry = False
    disables_channel = False
    shown = True


class NoChannel(OperatorError):
    """``known``: whether any channel of any group, enabled or not, offers ``model``; else it may be a typo."""

    bare = True
    texts = {
        "zh": "当前分组 {group} 下对于模型 {model} 无可用渠道",
        "en": "no channel of group {group} serves the model {model}",
    }

    def __init__(self, *, group: str, model: str, known: bool) -> None:
        super().__init__(group=group, model=model)
        self.may_repeat = known


class PinnedChannelUnknown(OperatorError):
    status = 400
    bare = True
    texts = {"zh": "无效的渠道 Id", "en": "there is no such channel"}


class PinnedChannelDisabled(OperatorError):
    status = 403
    bare = True
    texts = {"zh": "该渠道已被禁用", "en": "this channel is disabled"}


class ChannelMisconfigured(OperatorError):
    """``detail`` says what the channel lacks, without its secrets; another channel may serve."""

    retry = True
    code = "channel_misconfigured"
    texts = {
        "zh": "渠道 #{id} 配置有误：{detail}",
        "en": "channel #{id} is not set up correctly: {detail}",
    }


class StorageUnavailable(OperatorError):
    code = "storage_unavailable"
    retry_after = 5
    texts = {
        "zh": "存储暂时不可用，请稍后再试",
        "en": "the gateway's storage is unavailable, try again shortly",
    }


class Overloaded(OperatorError):
    code = "overloaded"
    retry_after = 1
    texts = {"zh": "网关负载过高，请稍后再试", "en": "the gateway is overloaded, try again shortly"}


class ShuttingDown(OperatorError):
    code = "shutting_down"
    retry_after = 1
    texts = {
        "zh": "网关正在重启，回答已中断，请重试",
        "en": "the gateway is restarting and broke off this answer; try again",
    }


class InternalError(OperatorError):
    status = 500
    code = "internal_error"
    texts = {"zh": "网关内部错误", "en": "internal error of the gateway"}


class UnpricedModel(OperatorError):
    """Nobody set a price, and ``UnpricedModelPolicy`` says that such models are not served."""

    code = "model_not_priced"
    may_repeat = False
    texts = {
        "zh": "模型 {model} 尚未定价，暂不提供服务；请联系超级管理员在“设置 → 价格设置”中为其设置倍率",
        "en": "the model {model} has no price, so it is not served; ask the root administrator to set its ratio under "
        "Settings, Prices",
    }
