"""The texts of log rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.texts.amounts import amount_text
from oneapi.domain.logs.events import (
    Amount,
    ChannelTested,
    InviteeGift,
    InviterGift,
    NewUserGift,
    QuotaChanged,
    Redeemed,
    ToppedUp,
)
from oneapi.domain.routing.channels import TestOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.logs.events import LogEvent

#: Templates by kind of event and language. The Chinese ones are the original's, whose clients match their beginnings.
TEXTS: Mapping[type[LogEvent], Mapping[str, str]] = {
    Redeemed: {"zh": "通过兑换码充值 {amount}", "en": "Redeemed a code: {amount}"},
    ToppedUp: {"zh": "通过 API 充值 {amount}", "en": "Topped up through the API: {amount}"},
    QuotaChanged: {
        "zh": "管理员将用户额度从 {before}修改为 {after}",
        "en": "An administrator changed the quota from {before} to {after}",
    },
    NewUserGift: {"zh": "新用户注册赠送 {amount}", "en": "Gift for new users: {amount}"},
    InviteeGift: {"zh": "使用邀请码赠送 {amount}", "en": "Gift for using an invitation: {amount}"},
    InviterGift: {"zh": "邀请用户赠送 {amount}", "en": "Gift for inviting a user: {amount}"},
    ChannelTested: {
        "zh": "渠道 {channel} {outcome}：{detail}",
        "en": "Channel {channel} {outcome}: {detail}",
    },
}
OUTCOMES: Mapping[TestOutcome, Mapping[str, str]] = {
    TestOutcome.PASSED: {"zh": "测试成功，响应", "en": "passed its test, answer"},
    TestOutcome.FAILED: {"zh": "测试失败，错误", "en": "failed its test, error"},
    TestOutcome.SKIPPED: {"zh": "未测试", "en": "was not tested"},
}


def log_text(event: LogEvent, language: str) -> str:
    """``event`` as one line in ``language``, ``zh`` or ``en``."""
    fields = {name: getattr(event, name) for name in event.__match_args__}
    words = {name: _word(value, language) for name, value in fields.items()}
    return TEXTS[type(event)][language].format(**words)


def _word(value: Amount | TestOutcome | str, language: str) -> str:
    if isinstance(value, Amount):
        return amount_text(value, language)
    return OUTCOMES[value][language] if isinstance(value, TestOutcome) else value
