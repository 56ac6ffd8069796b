"""Rows of the log in both languages; the Chinese ones word for word as the original writes them."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

import pytest

from oneapi.adapters.texts.log_events import OUTCOMES, TEXTS, log_text
from oneapi.domain.logs.events import (
    Amount,
    ChannelTested,
    InviteeGift,
    InviterGift,
    LogEvent,
    NewUserGift,
    QuotaChanged,
    Redeemed,
    ToppedUp,
)
from oneapi.domain.options import Options
from oneapi.domain.routing.channels import TestOutcome

DOLLAR, UNITS = Options().amount(500_000), Amount(7)


@pytest.mark.parametrize(
    ("event", "chinese", "english"),
    [
        (Redeemed(DOLLAR), "通过兑换码充值 ＄1.000000 额度", "Redeemed a code: $1.000000"),
        (Redeemed(UNITS), "通过兑换码充值 7 点额度", "Redeemed a code: 7 units of quota"),
        (ToppedUp(DOLLAR), "通过 API 充值 ＄1.000000 额度", "Topped up through the API: $1.000000"),
        (
            QuotaChanged(Amount(-7), DOLLAR),
            "管理员将用户额度从 -7 点额度修改为 ＄1.000000 额度",
            "An administrator changed the quota from -7 units of quota to $1.000000",
        ),
        (NewUserGift(UNITS), "新用户注册赠送 7 点额度", "Gift for new users: 7 units of quota"),
        (InviteeGift(UNITS), "使用邀请码赠送 7 点额度", "Gift for using an invitation: 7 units of quota"),
        (InviterGift(UNITS), "邀请用户赠送 7 点额度", "Gift for inviting a user: 7 units of quota"),
        (
            ChannelTested("{主}", TestOutcome.PASSED, "I am {0}"),
            "渠道 {主} 测试成功，响应：I am {0}",
            "Channel {主} passed its test, answer: I am {0}",
        ),
        (
            ChannelTested("c", TestOutcome.FAILED, "no"),
            "渠道 c 测试失败，错误：no",
            "Channel c failed its test, error: no",
        ),
        (ChannelTested("c", TestOutcome.SKIPPED, "s"), "渠道 c 未测试：s", "Channel c was not tested: s"),
    ],
)
def test_words(event: LogEvent, chinese: str, english: str) -> None:
    assert (log_text(event, "zh"), log_text(event, "en")) == (chinese, english)


def test_everything_that_a_row_tells_has_words_in_both_languages() -> None:
    assert set(TEXTS) == set(get_args(LogEvent))
    assert set(OUTCOMES) == set(TestOutcome)
    assert all(set(words) == {"zh", "en"} for words in (*TEXTS.values(), *OUTCOMES.values()))


def test_amounts_are_those_of_the_moment() -> None:
    assert Options(quota_per_unit=Decimal(3)).amount(1) == Amount(1, Decimal(1) / 3)
    assert Options(display_in_currency_enabled=False).amount(1) == Amount(1)
