"""Balances of accounts: for each provider that reports one, which requests to send and how to read the answers.

A query is a generator that yields what to ask, is sent the answers, and returns the balance: it can be run without a
network. The requests are the original's; units are the providers' own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from datetime import date, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from attrs import field, frozen

from oneapi.domain.errors import (
    UpstreamGarbage,
    UpstreamRefusal,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


#: Usage is counted from the first of the month, or over this many days for accounts without monthly billing.
DAYS_OF_UNPAID = 100
#: SiliconFlow's code for success.
DONE = 20_000


@frozen
class BalanceLookup:
    """The account to query. ``base`` is the channel's base URL, else the type's; empty if the query does not use it."""

    base: str
    key: str = field(repr=False)
    today: date


@frozen
class Ask:
    """A GET request; ``headers`` None sends the key as a bearer token."""

    url: str = field(repr=False)
    headers: Mapping[str, str] | None = field(default=None, repr=False)


Query = Generator[Ask, "BalanceReply", float]


@frozen
class BalanceReply:
    """The JSON of an answer, read member by member; raises UpstreamGarbage for anything unexpected."""

    value: Any = field(repr=False)

    def member(self, name: str) -> BalanceReply:
        if not isinstance(self.value, dict):
            raise UpstreamGarbage(f"the answer has no {name}")
        return BalanceReply(self.value.get(name))

    def each(self) -> list[BalanceReply]:
        return [BalanceReply(item) for item in self.value] if isinstance(self.value, list) else []

    def number(self, name: str) -> float:
        """A number, or a string that holds one."""
        value = self.member(name).value
        try:
            number = float(value) if isinstance(value, int | float | str) else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise UpstreamGarbage(f"the answer has no number {name}")
        return number

    def text(self, name: str) -> str:
        return str(self.member(name).value or "")


def _subscription(lookup: BalanceLookup) -> Query:
    base = lookup.base.removesuffix("/v1")
    plan = yield Ask(f"{base}/v1/dashboard/billing/subscription")
    paid = plan.member("has_payment_method").value is True
    start = lookup.today.replace(day=1) if paid else lookup.today - timedelta(days=DAYS_OF_UNPAID)
    dates = f"start_date={start.isoformat()}&end_date={lookup.today.isoformat()}"
    usage = yield Ask(f"{base}/v1/dashboard/billing/usage?{dates}")
    return plan.number("hard_limit_usd") - usage.number("total_usage") / 100


def _granted(lookup: BalanceLookup) -> Query:
    answer = yield Ask(f"{lookup.base}/dashboard/billing/credit_grants")
    return answer.number("total_available")


def _openai_sb(lookup: BalanceLookup) -> Query:
    key = quote(lookup.key, safe="")
    answer = yield Ask(f"https://api.openai-sb.com/sb-api/user/status?api_key={key}")
    if answer.member("data").value is None:
        raise _refused(answer.text("msg"))
    return answer.member("data").number("credit")


def _aiproxy(lookup: BalanceLookup) -> Query:
    url = "https://aiproxy.io/api/report/getUserOverview"
    answer = yield Ask(url, {"Api-Key": lookup.key})
    if answer.member("success").value is not True:
        raise _refused(f"code: {answer.text('error_code')}, message: {answer.text('message')}")
    return answer.member("data").number("totalPoints")


def _api2gpt(_: BalanceLookup) -> Query:
    answer = yield Ask("https://api.api2gpt.com/dashboard/billing/credit_grants")
    return answer.number("total_remaining")


def _aigc2d(_: BalanceLookup) -> Query:
    answer = yield Ask("https://api.aigc2d.com/dashboard/billing/credit_grants")
    return answer.number("total_available")


def _openrouter(_: BalanceLookup) -> Query:
    answer = yield Ask("https://openrouter.ai/api/v1/credits")
    data = answer.member("data")
    return data.number("total_credits") - data.number("total_usage")


def _deepseek(_: BalanceLookup) -> Query:
    answer = yield Ask("https://api.deepseek.com/user/balance")
    for info in answer.member("balance_infos").each():
        if info.text("currency") == "CNY":
            return info.number("total_balance")
    raise _refused("currency CNY not found")


def _siliconflow(_: BalanceLookup) -> Query:
    answer = yield Ask("https://api.siliconflow.cn/v1/user/info")
    if answer.member("code").value != DONE:
        raise _refused(f"code: {answer.text('code')}, message: {answer.text('message')}")
    return answer.member("data").number("totalBalance")


def _refused(message: str) -> UpstreamRefusal:
    return UpstreamRefusal(HTTPStatus.OK.value, message)


@frozen
class BalanceSource:
    """How a provider's balances are queried.

    ``own_host``: requests go to the base URL. ``ends_service``: channels without a balance serve nothing; the others
    have free models, or balances in units for which 0 means little.
    """

    query: Callable[[BalanceLookup], Query]
    own_host: bool = False
    ends_service: bool = False


#: https://github.com/songquanpeng/one-api/blob/main/controller/channel-billing.go
SUBSCRIPTION = BalanceSource(_subscription, own_host=True, ends_service=True)
CREDIT_GRANTS = BalanceSource(_granted, own_host=True)
OPENAI_SB = BalanceSource(_openai_sb)
AIPROXY = BalanceSource(_aiproxy)
API2GPT = BalanceSource(_api2gpt)
AIGC2D = BalanceSource(_aigc2d)
OPENROUTER = BalanceSource(_openrouter)
DEEPSEEK = BalanceSource(_deepseek)
SILICONFLOW = BalanceSource(_siliconflow)
