"""Errors that any route of the admin API may raise."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.domain.errors.administration import (
    EmptyBody,
    IdMissing,
    InvalidArguments,
    NotFound,
    NotPermitted,
    NotSignedIn,
    OutOfRange,
    TimestampMissing,
    TooLong,
    TooMany,
    UnknownStatus,
    UnreadableJson,
    WrongAccessToken,
    WrongType,
)
from oneapi.entrypoints.errors.rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.errors import GatewayError

ROWS: Mapping[type[GatewayError], Row] = MappingProxyType(
    {
        NotSignedIn: Row(
            "无权进行此操作，未登录且未提供 access token",
            "you are not signed in, and the request has no access token",
            status=401,
        ),
        WrongAccessToken: Row("无权进行此操作，access token 无效", "this access token is not valid"),
        NotPermitted: Row("无权进行此操作，权限不足", "you are not permitted to do this"),
        InvalidArguments: Row("无效的参数", "invalid parameter"),
        EmptyBody: Row("参数错误：请求体为空", "the request body is empty"),
        UnreadableJson: Row(
            "参数错误：无效的 JSON 请求体：{detail}", "the JSON body cannot be read: {detail}"
        ),
        WrongType: Row(
            "参数错误：{field} 的类型应为 {expected}，而不是 {got}", "{field} must be {expected}, not {got}"
        ),
        NotFound: Row("record not found", "record not found"),
        IdMissing: Row("id 或 userId 为空！", "the id is missing"),
        UnknownStatus: Row("参数错误：无效的状态 {status}", "there is no status {status}"),
        OutOfRange: Row("参数错误：{field} 超出范围", "{field} is out of range"),
        TooLong: Row(
            "参数错误：{field} 过长（最多 {most} 个字符）", "{field} is longer than {most} characters"
        ),
        TooMany: Row("参数错误：{field} 过多（最多 {most} 个）", "{field} has more than {most} entries"),
        TimestampMissing: Row("target timestamp is required", "target timestamp is required"),
    }
)
