"""Balances: what is asked of each provider, how its answers are read, and that no key shows in what goes wrong."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import evolve

from oneapi.adapters.providers.balances import AIPROXY, OPENAI_SB, Account
from oneapi.adapters.providers.catalog import SPECS
from oneapi.adapters.upstream.balance_reader import Balances, open_client
from oneapi.domain.channels import Channel
from oneapi.domain.errors import (
    ChannelMisconfigured,
    UpstreamError,
    UpstreamGarbage,
    UpstreamRefusal,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from oneapi.domain.errors.channels import NoBalance
from oneapi.entrypoints.errors.answers import text_of
from tests.support.upstream import ProgrammableUpstream, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sk-secret+of/the channel"
CHANNEL = Channel(7, 1, KEY, 1, "c")
#: Noon, so that the date is the same in most time zones.
NOW = datetime(2026, 3, 15, 12, tzinfo=UTC).timestamp()


class Provider:
    """Answers in their order; remembers what was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.asked]


async def balance(provider: Provider, channel: Channel = CHANNEL) -> float:
    reader = Balances(httpx.AsyncClient(transport=httpx.MockTransport(provider)), now=lambda: NOW)
    try:
        return await reader.balance(channel)
    finally:
        await reader.close()


CNY = {"currency": "CNY", "total_balance": "110.00", "granted_balance": "10.00"}
CASES: dict[int, tuple[Any, str, float]] = {
    4: ({"total_available": 12.5}, "https://api.closeai-proxy.xyz/dashboard/billing/credit_grants", 12.5),
    5: (
        {"msg": "ok", "data": {"credit": "3.25"}},
        "https://api.openai-sb.com/sb-api/user/status?api_key=sk-secret%2Bof%2Fthe%20channel",
        3.25,
    ),
    10: (
        {"success": True, "error_code": 0, "data": {"totalPoints": 8000}},
        "https://aiproxy.io/api/report/getUserOverview",
        8000,
    ),
    12: ({"total_remaining": 1.5}, "https://api.api2gpt.com/dashboard/billing/credit_grants", 1.5),
    13: ({"total_available": 2.5}, "https://api.aigc2d.com/dashboard/billing/credit_grants", 2.5),
    20: (
        {"data": {"total_credits": 10, "total_usage": 2.5}},
        "https://openrouter.ai/api/v1/credits",
        7.5,
    ),
    36: (
        {"is_available": True, "balance_infos": [{"currency": "USD", "total_balance": "1"}, CNY]},
        "https://api.deepseek.com/user/balance",
        110.0,
    ),
    44: (
        {"code": 20000, "data": {"totalBalance": "88.00", "balance": "0.88"}},
        "https://api.siliconflow.cn/v1/user/info",
        88.0,
    ),
}


@pytest.mark.parametrize("number", CASES)
async def test_one_request(number: int) -> None:
    answer, url, wanted = CASES[number]
    provider = Provider(answer)
    assert await balance(provider, evolve(CHANNEL, type=number)) == wanted
    [request] = provider.asked
    assert (request.method, str(request.url)) == ("GET", url)
    if number == 10:
        assert request.headers["api-key"] == KEY
        assert "authorization" not in request.headers
    else:
        assert request.headers["authorization"] == f"Bearer {KEY}"


def test_every_type_that_tells_is_tested() -> None:
    assert {number for number, spec in SPECS.items() if spec.balance} == {1, 8, *CASES}


@pytest.mark.parametrize(
    ("plan", "first_day"),
    [
        ({"has_payment_method": True}, "2026-03-01"),
        ({"has_payment_method": False}, "2025-12-05"),
        ({}, "2025-12-05"),
    ],
)
@pytest.mark.parametrize(
    ("number", "base_url", "host"),
    [
        (1, "", "https://api.openai.com"),
        (1, "https://me.example/v1", "https://me.example"),
        (8, "https://me.example/x", "https://me.example/x"),
    ],
)
async def test_limit_less_usage(
    plan: dict[str, Any], first_day: str, number: int, base_url: str, host: str
) -> None:
    provider = Provider(plan | {"hard_limit_usd": 120}, {"total_usage": 2050})
    channel = evolve(CHANNEL, type=number, base_url=base_url)
    assert await balance(provider, channel) == pytest.approx(99.5)
    assert provider.urls == [
        f"{host}/v1/dashboard/billing/subscription",
        f"{host}/v1/dashboard/billing/usage?start_date={first_day}&end_date=2026-03-15",
    ]


async def test_own_host_has_to_be_named_where_there_is_no_other() -> None:
    with pytest.raises(ChannelMisconfigured, match="no base URL"):
        await balance(Provider(), evolve(CHANNEL, type=8))


async def test_base_url_does_not_count_for_the_others() -> None:
    """Else whoever may edit a channel had its key sent elsewhere."""
    provider = Provider(CASES[20][0])
    await balance(provider, evolve(CHANNEL, type=20, base_url="https://evil.example"))
    assert provider.urls == ["https://openrouter.ai/api/v1/credits"]


@pytest.mark.parametrize("number", [0, 2, 3, 14, 43, 99])
async def test_types_that_tell_nothing(number: int) -> None:
    provider = Provider()
    with pytest.raises(NoBalance) as caught:
        await balance(provider, evolve(CHANNEL, type=number))
    assert text_of(caught.value, "zh") == "尚未实现"
    assert not provider.asked


@pytest.mark.parametrize(
    ("number", "answer", "message"),
    [
        (5, {"data": None, "msg": "bad key"}, "bad key"),
        (10, {"success": False, "error_code": 9, "message": "no user"}, "code: 9, message: no user"),
        (36, {"balance_infos": [{"currency": "USD", "total_balance": "1"}]}, "currency CNY not found"),
        (36, {}, "currency CNY not found"),
        (44, {"code": 30000, "message": "no"}, "code: 30000, message: no"),
        (4, httpx.Response(403, json={"error": "no"}), "status code: 403"),
        (4, httpx.Response(302, headers={"location": "https://evil.example/"}), "status code: 302"),
        (4, httpx.Response(204), "status code: 204"),
    ],
)
async def test_refusals_are_told(number: int, answer: Any, message: str) -> None:
    provider = Provider(answer)
    with pytest.raises(UpstreamRefusal) as caught:
        await balance(provider, evolve(CHANNEL, type=number))
    assert caught.value.cause == message
    assert len(provider.asked) == 1, "no redirect is followed"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        5,
        None,
        {"total_available": None},
        {"total_available": "much"},
        {"total_available": "nan"},
        {"total_available": [1]},
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b"[" * 100_000),
        httpx.Response(200, content=b" " * 2**21),
    ],
)
async def test_nonsense_is_no_balance(answer: Any) -> None:
    with pytest.raises(UpstreamGarbage):
        await balance(Provider(answer), evolve(CHANNEL, type=4))


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (lambda url: httpx.ConnectError(f"cannot connect to {url}"), UpstreamUnreachable),
        (lambda url: httpx.ReadTimeout(f"no answer of {url}"), UpstreamTimeout),
        (lambda url: httpx.RemoteProtocolError(f"{url} is odd"), UpstreamGarbage),
        (lambda url: httpx.ProxyError(f"no way to {url}"), UpstreamUnreachable),
    ],
)
async def test_no_key_in_what_went_wrong(
    failure: Callable[[str], Exception], kind: type[UpstreamError], caplog: pytest.LogCaptureFixture
) -> None:
    """One provider wants the key in the URL (S23)."""
    caplog.set_level(logging.INFO)
    url = CASES[5][1]
    with pytest.raises(kind) as caught:
        await balance(Provider(failure(url)), evolve(CHANNEL, type=5))
    error = caught.value
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert "secret" not in error.cause


async def test_provider_that_repeats_the_key_is_masked() -> None:
    answer = {"data": None, "msg": f"no such key: {KEY}"}
    with pytest.raises(UpstreamRefusal) as caught:
        await balance(Provider(answer), evolve(CHANNEL, type=5))
    assert "secret" not in caught.value.cause


async def test_key_that_no_header_can_carry_is_told() -> None:
    with pytest.raises(ChannelMisconfigured):
        await balance(Provider(), evolve(CHANNEL, type=20, key="line\nbreak"))


@pytest.mark.parametrize(
    ("proxy", "environment", "through"),
    [
        (True, {}, True),
        (False, {"http": "PROXY"}, True),
        (False, {"http": "PROXY", "no": "provider.example"}, False),
        (False, {}, False),
    ],
)
async def test_ways_are_those_of_the_relay(
    upstream: ProgrammableUpstream, proxy: object, environment: dict[str, str], through: object
) -> None:
    """The loopback server is the proxy, or is not reached: the provider's name exists nowhere."""
    upstream.always("/dashboard/billing/credit_grants", json_reply({"total_available": 4}))
    upstream.always(
        "http://provider.example/dashboard/billing/credit_grants", json_reply({"total_available": 5})
    )
    found = {name: value.replace("PROXY", upstream.url) for name, value in environment.items()}
    reader = Balances(open_client(upstream.url if proxy else None, found), now=lambda: NOW)
    channel = evolve(CHANNEL, type=4, base_url="http://provider.example")
    try:
        if through:
            assert await reader.balance(channel) in (4, 5)
            assert "provider.example" in (upstream.requests[0].header("host") or "")
        else:
            with pytest.raises(UpstreamUnreachable):
                await reader.balance(channel)
            assert not upstream.requests
        direct = evolve(channel, base_url=upstream.url)
        if not proxy:
            assert await reader.balance(direct) == 4
    finally:
        await reader.close()


def test_keys_are_no_part_of_representations() -> None:
    account = Account("", KEY, datetime(2026, 3, 15, tzinfo=UTC).date())
    assert "secret" not in repr(account)
    assert "secret" not in repr(next(OPENAI_SB.query(account)))
    assert "secret" not in repr(next(AIPROXY.query(account)))
