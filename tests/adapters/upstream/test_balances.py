"""Balances: the queries to each provider, how its answers are read, and that no error shows a key."""

from __future__ import annotations

import json
import logging
import ssl
import traceback
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from oneapi.adapters.providers.balances import AIPROXY, OPENAI_SB, BalanceLookup
from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.adapters.transport.interface import Timeouts
from oneapi.adapters.transport.mock import MockTransport
from oneapi.adapters.transport.proxies import ProxyRules
from oneapi.adapters.upstream.balance_reader import ProviderBalances
from oneapi.domain.errors import (
    ChannelMisconfigured,
    UpstreamGarbage,
    UpstreamRefusal,
    UpstreamUnreachable,
)
from oneapi.domain.errors.channels import BalanceNotReported
from oneapi.domain.routing.channels import Channel
from oneapi.entrypoints.errors.answers import text_of
from tests.support.network.tunnel_proxy import TunnelProxy

KEY = "sk-secret+of/the channel"
CHANNEL = Channel(7, 1, KEY, 1, "c")
#: Noon, so that the date is the same in most time zones.
NOW = datetime(2026, 3, 15, 12, tzinfo=UTC).timestamp()


def answering(*answers: Any, status: int = 200) -> MockTransport:
    """A provider that sends ``answers`` in order: JSON, or plain bytes."""
    provider = MockTransport()
    for answer in answers:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        provider.answer(status, {"Content-Type": "application/json"}, body)
    return provider


async def balance(provider: MockTransport, channel: Channel = CHANNEL) -> float:
    return await ProviderBalances(provider, now=lambda: NOW).balance(channel)


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
async def test_balances_that_take_one_request(number: int) -> None:
    answer, url, wanted = CASES[number]
    provider = answering(answer)
    assert await balance(provider, evolve(CHANNEL, type=number)) == wanted
    [request] = provider.requests
    assert (request.method, request.url) == ("GET", url)
    if number == 10:
        assert request.headers["api-key"] == KEY
        assert "authorization" not in request.headers
    else:
        assert request.headers["authorization"] == f"Bearer {KEY}"


def test_every_type_that_reports_a_balance_is_tested() -> None:
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
    provider = answering(plan | {"hard_limit_usd": 120}, {"total_usage": 2050})
    channel = evolve(CHANNEL, type=number, base_url=base_url)
    assert await balance(provider, channel) == pytest.approx(99.5)
    assert [request.url for request in provider.requests] == [
        f"{host}/v1/dashboard/billing/subscription",
        f"{host}/v1/dashboard/billing/usage?start_date={first_day}&end_date=2026-03-15",
    ]


async def test_a_base_url_is_required_if_the_type_has_none() -> None:
    with pytest.raises(ChannelMisconfigured, match="no base URL"):
        await balance(answering(), evolve(CHANNEL, type=8))


async def test_an_invalid_base_url_is_reported() -> None:
    provider = answering()
    with pytest.raises(ChannelMisconfigured, match="base URL"):
        await balance(provider, evolve(CHANNEL, type=8, base_url="https://me.example:port"))
    assert not provider.requests


async def test_the_base_url_does_not_matter_for_other_types() -> None:
    """Otherwise anyone who may edit a channel could have its key sent elsewhere."""
    provider = answering(CASES[20][0])
    await balance(provider, evolve(CHANNEL, type=20, base_url="https://evil.example"))
    assert [request.url for request in provider.requests] == ["https://openrouter.ai/api/v1/credits"]


@pytest.mark.parametrize("number", [0, 2, 3, 14, 43, 99])
async def test_types_without_balances(number: int) -> None:
    provider = answering()
    with pytest.raises(BalanceNotReported) as caught:
        await balance(provider, evolve(CHANNEL, type=number))
    assert text_of(caught.value, "zh") == "尚未实现"
    assert not provider.requests


@pytest.mark.parametrize(
    ("number", "answer", "message"),
    [
        (5, {"data": None, "msg": "bad key"}, "bad key"),
        (10, {"success": False, "error_code": 9, "message": "no user"}, "code: 9, message: no user"),
        (36, {"balance_infos": [{"currency": "USD", "total_balance": "1"}]}, "currency CNY not found"),
        (36, {}, "currency CNY not found"),
        (44, {"code": 30000, "message": "no"}, "code: 30000, message: no"),
    ],
)
async def test_refusals_are_reported(number: int, answer: Any, message: str) -> None:
    with pytest.raises(UpstreamRefusal) as caught:
        await balance(answering(answer), evolve(CHANNEL, type=number))
    assert caught.value.cause == message


@pytest.mark.parametrize("status", [403, 302, 204])
async def test_only_status_200_has_a_balance(status: int) -> None:
    provider = MockTransport()
    told = provider.answer(status, {"Location": "https://evil.example/"}, json.dumps(CASES[4][0]).encode())
    with pytest.raises(UpstreamRefusal) as caught:
        await balance(provider, evolve(CHANNEL, type=4))
    assert caught.value.cause == f"status code: {status}"
    assert len(provider.requests) == 1, "no redirect is followed"
    assert told.released


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
        b"<html>",
        b"[" * 100_000,
        b" " * 2**21,
    ],
)
async def test_invalid_answers_have_no_balance(answer: Any) -> None:
    with pytest.raises(UpstreamGarbage):
        await balance(answering(answer), evolve(CHANNEL, type=4))


@pytest.mark.parametrize("proxied", [True, False])
async def test_errors_do_not_show_the_key(caplog: pytest.LogCaptureFixture, *, proxied: bool) -> None:
    """One provider takes the key in the URL; errors of the connection must not show it."""
    caplog.set_level(logging.INFO)
    async with TunnelProxy(1, verdict=b"HTTP/1.1 502 Bad Gateway\r\n\r\n") as proxy:
        proxies = ProxyRules.of(f"http://127.0.0.1:{proxy.port if proxied else 1}", {})
        transport = Http1Transport(Timeouts(), proxies, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        with pytest.raises(UpstreamUnreachable) as caught:
            await ProviderBalances(transport, now=lambda: NOW).balance(evolve(CHANNEL, type=5))
        await transport.close()
        assert proxy.asked == ["api.openai-sb.com:443"] * proxied
    assert "secret" not in "".join(traceback.format_exception(caught.value)) + caplog.text


async def test_a_key_that_the_provider_repeats_is_masked() -> None:
    answer = {"data": None, "msg": f"no such key: {KEY}"}
    with pytest.raises(UpstreamRefusal) as caught:
        await balance(answering(answer), evolve(CHANNEL, type=5))
    assert "secret" not in caught.value.cause


async def test_a_key_that_is_invalid_in_a_header_is_reported() -> None:
    with pytest.raises(ChannelMisconfigured):
        await balance(answering(), evolve(CHANNEL, type=20, key="line\nbreak"))


def test_representations_do_not_show_keys() -> None:
    lookup = BalanceLookup("", KEY, datetime(2026, 3, 15, tzinfo=UTC).date())
    assert "secret" not in repr(lookup)
    assert "secret" not in repr(next(OPENAI_SB.query(lookup)))
    assert "secret" not in repr(next(AIPROXY.query(lookup)))
