"""Errors concerning channels."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.domain.errors.channels import (
    AlreadyReadingBalances,
    AlreadyTesting,
    BadBaseUrl,
    BadKey,
    BadKeyForm,
    BalanceNotReported,
    BalanceUnreadable,
    KeyMissing,
    KeyNeeded,
    NotFree,
    NothingToSet,
    NotJsonObject,
    NotJsonTexts,
    SealedKey,
    UnknownScope,
)
from oneapi.entrypoints.errors.rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.errors import GatewayError

ROWS: Mapping[type[GatewayError], Row] = MappingProxyType(
    {
        KeyMissing: Row("参数错误：密钥不能为空", "the key is missing"),
        KeyNeeded: Row("修改渠道地址时必须重新输入密钥", "the base URL changes: enter the key again"),
        BadKey: Row("参数错误：密钥过长或含有控制字符", "the key is too long or contains control characters"),
        SealedKey: Row(
            "参数错误：这是加密存储后的密文，请输入密钥原文",
            "this is an encrypted key: enter the original key",
        ),
        NotJsonObject: Row("参数错误：{field} 必须是 JSON 对象", "{field} must be a JSON object"),
        NotJsonTexts: Row(
            "参数错误：{field} 必须是值为字符串的 JSON 对象",
            "{field} must be a JSON object whose values are strings",
        ),
        BadBaseUrl: Row("参数错误：无效的渠道地址：{problem}", "the base URL is not valid: {problem}"),
        AlreadyTesting: Row("测试已在运行中", "a test is already running"),
        UnknownScope: Row(
            "参数错误：无效的测试范围 {scope}", "there is no scope {scope}: use all or disabled"
        ),
        AlreadyReadingBalances: Row("余额更新已在运行中", "an update of the balances is already running"),
        BalanceUnreadable: Row("{failure}", "{failure}"),
        BadKeyForm: Row("参数错误：密钥格式不正确，应为 {form}", "the key must have the form {form}"),
        NothingToSet: Row(
            "参数错误：未指定要修改的字段（priority、weight、group）",
            "no field to set was given: priority, weight or group",
        ),
        NotFree: Row(
            "模型 {feature} 无法免费测试，已跳过",
            "the model {feature} cannot be tested free of charge: skipped",
            400,
            code="unsupported_mode",
        ),
        BalanceNotReported: Row("尚未实现", "not implemented: channels of this type do not report a balance"),
    }
)
