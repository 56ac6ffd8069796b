"""Errors concerning redemption codes and top-ups."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.domain.errors.money import (
    QuotaNegative,
    RedemptionCountMissing,
    RedemptionCountTooLarge,
    RedemptionFixed,
    RedemptionIdMissing,
    RedemptionMissing,
    RedemptionNameLength,
    RedemptionUnknown,
    RedemptionUsed,
    ReferenceUsed,
)
from oneapi.entrypoints.errors.rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.errors import GatewayError

ROWS: Mapping[type[GatewayError], Row] = MappingProxyType(
    {
        RedemptionIdMissing: Row("id 为空！", "the id is missing"),
        RedemptionNameLength: Row(
            "兑换码名称长度必须在1-20之间", "the name of a code must have 1 to 20 characters"
        ),
        RedemptionCountMissing: Row("兑换码个数必须大于0", "the number of codes must be at least 1"),
        RedemptionCountTooLarge: Row(
            "一次兑换码批量生成的个数不能大于 100", "no more than 100 codes can be created at once"
        ),
        RedemptionFixed: Row(
            "该兑换码已被使用，不能再修改", "the code has been used and can no longer be changed"
        ),
        RedemptionMissing: Row("未提供兑换码", "no code was given"),
        RedemptionUnknown: Row("兑换失败，无效的兑换码", "this is not a valid code"),
        RedemptionUsed: Row("兑换失败，该兑换码已被使用", "this code has been used"),
        QuotaNegative: Row("quota 不能为负数！", "quota must not be negative"),
        ReferenceUsed: Row(
            "该 Idempotency-Key 已用于另一次充值", "this Idempotency-Key was used for another top-up"
        ),
    }
)
