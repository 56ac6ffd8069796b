"""Errors that clients of the relay see.

The original's texts are in English in both languages, because clients compare them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.domain.errors import (
    BodyTooLarge,
    ChannelMisconfigured,
    EncryptedElsewhere,
    ForeignOrigin,
    HeadTooLarge,
    InternalError,
    InvalidParameter,
    MalformedRequest,
    ModelDenied,
    NetworkDenied,
    NoChannel,
    NotImplementedHere,
    Overloaded,
    PinnedChannelDisabled,
    PinnedChannelUnknown,
    PinningDenied,
    ProxyDenied,
    RequestTooSlow,
    ShuttingDown,
    SignedOut,
    StorageUnavailable,
    TokenDisabled,
    TokenExhausted,
    TokenExpired,
    TokenMissing,
    TokenQuotaExhausted,
    TokenSpent,
    TokenUnknown,
    TooManyEscapes,
    TooManyRequests,
    TooManyValues,
    UnimplementedEndpoint,
    UnknownModel,
    UnknownResponse,
    UnknownRoute,
    UnpricedModel,
    UnstorableValue,
    UnsupportedEndpoint,
    UnsupportedFeature,
    UpgradeRequired,
    UpstreamBroken,
    UpstreamGarbage,
    UpstreamTimeout,
    UpstreamUnreachable,
    UserBanned,
    UserQuotaExhausted,
    WrongAddress,
    WrongMessagesAddress,
)
from oneapi.entrypoints.errors.rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.errors import GatewayError

INVALID, UPSTREAM = "invalid_request_error", "upstream_error"

CALLER: Mapping[type[GatewayError], Row] = MappingProxyType(
    {
        MalformedRequest: Row("{detail}", "{detail}", 400, INVALID, "invalid_request"),
        InvalidParameter: Row("{detail}", "{detail}", 400, INVALID),
        UnstorableValue: Row(
            "有内容无法保存：可能过长、超出范围，或含有数据库不支持的字符",
            "a value cannot be stored: it is too long, out of range, or contains characters that the database "
            "does not support",
            400,
            INVALID,
            "unstorable_value",
        ),
        BodyTooLarge: Row(
            "请求体超过 {limit} 上限",
            "the request body is larger than {limit}",
            413,
            INVALID,
            "request_too_large",
        ),
        TooManyValues: Row(
            "请求体中的 JSON 值超过 {most} 个，请拆分请求",
            "the request body contains more than {most} JSON values: split the request",
            413,
            INVALID,
            "request_too_large",
        ),
        TooManyEscapes: Row(
            "请求体的字符串中转义字符超过 {most} 个，请拆分请求",
            "the strings of the request body contain more than {most} escapes: split the request",
            413,
            INVALID,
            "request_too_large",
        ),
        HeadTooLarge: Row(
            "请求行和请求头超过上限（{limit}），请减少或缩短请求头",
            "the request line and headers exceed {limit}; send fewer or shorter headers",
            431,
            INVALID,
            "request_head_too_large",
        ),
        RequestTooSlow: Row(
            "请求未在时限内完整到达，请检查网络后重试",
            "the request did not arrive in time; check the network and send it again",
            408,
            INVALID,
            "request_timeout",
        ),
        UpgradeRequired: Row(
            "本网关不支持 WebSocket，请使用普通 HTTP 请求",
            "this gateway does not serve WebSockets; use plain HTTP requests",
            426,
            INVALID,
            "websocket_not_supported",
        ),
        UnsupportedFeature: Row(
            "所选渠道不支持 {feature}",
            "the channel that serves this model does not support {feature}",
            400,
            INVALID,
            "unsupported_feature",
        ),
        UnsupportedEndpoint: Row(
            "{feature} is not supported by this channel",
            "{feature} is not supported by this channel",
            400,
            code="unsupported_mode",
        ),
        UnimplementedEndpoint: Row(
            "{feature} is not supported by this channel",
            "{feature} is not supported by this channel",
            501,
            code="api_not_implemented",
        ),
        UnknownModel: Row(
            "The model '{model}' does not exist",
            "The model '{model}' does not exist",
            404,
            INVALID,
            "model_not_found",
            "model",
        ),
        EncryptedElsewhere: Row(
            "会话中有只有另一账号能读取的加密内容，而该账号的渠道现在不可用",
            "The input contains encrypted content that only another account can read, and no channel of that account "
            "can serve this request now.",
            400,
            INVALID,
            "invalid_encrypted_content",
            "input",
        ),
        UnknownResponse: Row(
            "Response with id '{id}' not found.",
            "Response with id '{id}' not found.",
            404,
            INVALID,
            "response_not_found",
        ),
        UnknownRoute: Row("Invalid URL ({method} {path})", "Invalid URL ({method} {path})", 404, INVALID, ""),
        WrongAddress: Row(
            "Invalid URL ({method} {path})：请改用 {right}。OpenAI 客户端的 Base URL 应为本站地址加上 /v1",
            "Invalid URL ({method} {path}): call {right}; the base URL of OpenAI clients is the address of "
            "this server followed by /v1",
            404,
            INVALID,
            "",
        ),
        WrongMessagesAddress: Row(
            "Invalid URL ({method} {path})：请改用 {right}。Anthropic 客户端的 Base URL 应为本站地址，不带 /v1",
            "Invalid URL ({method} {path}): call {right}; the base URL of Anthropic clients is the address of this "
            "server, without /v1",
            404,
            INVALID,
            "",
        ),
        TooManyRequests: Row(
            "请求次数过多，请稍后再试",
            "too many requests, try again later",
            429,
            code="rate_limit_exceeded",
        ),
        NotImplementedHere: Row(
            "API not implemented", "API not implemented", 501, code="api_not_implemented"
        ),
    }
)

ACCESS: Mapping[type[GatewayError], Row] = MappingProxyType(
    {
        TokenMissing: Row("未提供令牌", "no token was given", 401),
        TokenUnknown: Row("无效的令牌", "this token is not valid", 401),
        TokenExhausted: Row(
            "令牌 {name}（#{id}）额度已用尽", "the quota of token {name} (#{id}) is used up", 401
        ),
        TokenSpent: Row("该令牌额度已用尽", "the quota of this token is used up", 401),
        TokenExpired: Row("该令牌已过期", "this token has expired", 401),
        TokenDisabled: Row("该令牌状态不可用", "this token is disabled", 401),
        SignedOut: Row("未登录或登录已过期，请重新登录", "your session has ended: sign in again", 401),
        NetworkDenied: Row(
            "该令牌只能在指定网段使用：{subnets}，当前 ip：{ip}",
            "this token may only be used from {subnets}; your address is {ip}",
            403,
        ),
        UserBanned: Row("用户已被封禁", "this user is banned", 403),
        ModelDenied: Row("该令牌无权使用模型：{model}", "this token may not use the model {model}", 403),
        PinningDenied: Row("普通用户不支持指定渠道", "only administrators may choose the channel", 403),
        ProxyDenied: Row("无权使用该代理渠道", "you may not use this proxy channel", 403),
        ForeignOrigin: Row(
            "无权进行此操作，请求来自其他站点", "refused: the request comes from a page of another site", 403
        ),
        UserQuotaExhausted: Row(
            "user quota is not enough", "user quota is not enough", 403, code="insufficient_user_quota"
        ),
        TokenQuotaExhausted: Row(
            "令牌额度不足",
            "the quota of this token is not sufficient",
            403,
            code="pre_consume_token_quota_failed",
        ),
    }
)

SERVICE: Mapping[type[GatewayError], Row] = MappingProxyType(
    {
        UpstreamUnreachable: Row(
            "无法连接上游", "the upstream could not be reached", 502, UPSTREAM, "upstream_unreachable"
        ),
        UpstreamTimeout: Row(
            "上游响应超时", "the upstream did not answer in time", 504, UPSTREAM, "upstream_timeout"
        ),
        UpstreamGarbage: Row(
            "上游返回的内容无法识别",
            "the upstream sent an answer that could not be understood",
            502,
            UPSTREAM,
            "upstream_bad_response",
        ),
        UpstreamBroken: Row(
            "上游中断了响应", "the upstream broke off its answer", 502, UPSTREAM, "upstream_interrupted"
        ),
        NoChannel: Row(
            "当前分组 {group} 下对于模型 {model} 无可用渠道",
            "no channel of group {group} serves the model {model}",
            503,
        ),
        PinnedChannelUnknown: Row("无效的渠道 Id", "there is no such channel", 400),
        PinnedChannelDisabled: Row("该渠道已被禁用", "this channel is disabled", 403),
        ChannelMisconfigured: Row(
            "渠道 #{id} 配置有误：{detail}",
            "channel #{id} is misconfigured: {detail}",
            503,
            code="channel_misconfigured",
        ),
        StorageUnavailable: Row(
            "存储暂时不可用，请稍后再试",
            "the gateway's storage is unavailable, try again shortly",
            503,
            code="storage_unavailable",
        ),
        Overloaded: Row(
            "网关负载过高，请稍后再试", "the gateway is overloaded, try again shortly", 503, code="overloaded"
        ),
        ShuttingDown: Row(
            "网关正在重启，回答已中断，请重试",
            "the gateway is restarting and broke off this answer; try again",
            503,
            code="shutting_down",
        ),
        InternalError: Row("网关内部错误", "internal error of the gateway", 500, code="internal_error"),
        UnpricedModel: Row(
            "模型 {model} 尚未定价，暂不提供服务；请联系超级管理员在“设置 → 价格设置”中为其设置倍率",
            "the model {model} has no price, so it is not served; ask the root administrator to set its ratio under "
            "Settings, Prices",
            503,
            code="model_not_priced",
        ),
    }
)
