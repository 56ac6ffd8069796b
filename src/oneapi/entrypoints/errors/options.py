"""Errors concerning the operator's options."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.domain.errors.options import (
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
    UnreadableOption,
    WeChatNotFilledIn,
)
from oneapi.entrypoints.errors.rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.errors import GatewayError

ROWS: Mapping[type[GatewayError], Row] = MappingProxyType(
    {
        UnknownOption: Row("参数错误：未知的配置项 {key}", "there is no option {key}", status=400),
        UnreadableOption: Row("无效的参数", "invalid parameter", status=400),
        NoSwitch: Row("{key} 必须是 true 或 false", "{key} must be true or false"),
        NoWholeNumber: Row("{key} 必须是整数", "{key} must be a whole number"),
        NoNumber: Row("{key} 必须是数字", "{key} must be a number"),
        NumberOutOfRange: Row("{key} 必须在 {low} 与 {high} 之间", "{key} must be between {low} and {high}"),
        NotAmong: Row("{key} 只能是 {names} 之一", "{key} must be one of {names}"),
        NoAddress: Row(
            "{key} 必须为空，或是以 http:// 或 https:// 开头的地址",
            "{key} must be empty or an address that starts with http:// or https://",
        ),
        NoTable: Row(
            "{key} 必须是值为数字的 JSON 对象：{detail}", "{key} must be a JSON object of numbers: {detail}"
        ),
        BadRatio: Row(
            "{key} 中 {name!r} 的值必须是 0 与 {high} 之间的数字",
            "{key} must be a number between 0 and {high} for {name!r}",
        ),
        HalfSurrogate: Row(
            "{key} 含有无法存储的字符（半个代理对）", "{key} must not contain half of a surrogate pair"
        ),
        NulCharacter: Row("{key} 不能含有 NUL 字符", "{key} must not contain a NUL character"),
        UnknownTheme: Row("无效的主题", "there is no such theme: use default, berry or air"),
        GitHubNotFilledIn: Row(
            "无法启用 GitHub OAuth，请先填入 GitHub Client Id 以及 GitHub Client Secret！",
            "GitHub OAuth cannot be enabled before its client id and secret are set",
        ),
        DomainsNotFilledIn: Row(
            "无法启用邮箱域名限制，请先填入限制的邮箱域名！",
            "the restriction of e-mail domains cannot be enabled before the domains are set",
        ),
        WeChatNotFilledIn: Row(
            "无法启用微信登录，请先填入微信登录相关配置信息！",
            "sign-in with WeChat cannot be enabled before its server is set",
        ),
        TurnstileNotFilledIn: Row(
            "无法启用 Turnstile 校验，请先填入 Turnstile 校验相关配置信息！",
            "Turnstile cannot be enabled before its keys are set",
        ),
    }
)
