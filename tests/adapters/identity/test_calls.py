"""Calls that lead nowhere end in time, for a reason that may be written down."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.adapters.identity.calls import Calls, redirect_to
from oneapi.adapters.transport.proxies import ProxyRules
from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable
from tests.adapters.identity.conftest import outside
from tests.support.providers.answers import Answer, Ending, endless, error_reply, html_page, json_reply, reply
from tests.support.providers.upstream import ProgrammableUpstream, echo

if TYPE_CHECKING:
    from tests.support.identity_provider import LocalProvider

SECRET = "the-secret-code"


@pytest.mark.parametrize(
    "answer",
    [
        error_reply(500),
        error_reply(503),
        error_reply(429),
        html_page(200),
        html_page(502),
        reply(b""),
        reply(b"null"),
        reply(b"{" * 100_000),
        reply(b"\xff\xfe"),
        reply(b'"' + b"x" * 1_100_000 + b'"'),
        reply(b'"' + b"x" * 20_000_000 + b'"', gzipped=True),
        endless(2_000_000),
        json_reply({"a": 1}).stopped(Ending.RESET, at_byte=20),
        json_reply({"a": 1}).stopped(Ending.CLOSE, at_byte=75),
        json_reply({"a": 1}).stopped(Ending.STALL, at_byte=20),
        json_reply({"a": 1}).dripping(0.05),
        reply(b"", status=302, headers={"Location": "/elsewhere"}),
    ],
)
async def test_answer_that_is_none(calls: Calls, provider: LocalProvider, answer: Answer) -> None:
    provider.upstream.enqueue(answer)
    started = time.monotonic()
    with pytest.raises(ProviderUnreachable) as unreachable:
        await calls.get(f"{provider.url}/x?code={SECRET}", bearer=SECRET)
    assert time.monotonic() - started < 3
    assert "127.0.0.1" in str(unreachable.value)
    assert SECRET not in str(unreachable.value)
    assert len(provider.upstream.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_refusal_tells_its_code_and_nothing_else(
    calls: Calls, provider: LocalProvider, status: int
) -> None:
    body = {"error": "invalid_grant", "error_description": f"{SECRET} is used"}
    provider.upstream.enqueue(json_reply(body, status=status))
    with pytest.raises(IdentityRefused) as refused:
        await calls.post_form(provider.url, {"code": SECRET})
    assert str(refused.value) == f"127.0.0.1 answered {status}: invalid_grant"


@pytest.mark.parametrize("error", [f"{SECRET} is used", {"code": SECRET}, "x" * 65, None])
async def test_code_that_is_none_stays_out_of_the_log(
    calls: Calls, provider: LocalProvider, error: Any
) -> None:
    provider.upstream.enqueue(json_reply({"error": error}, status=400))
    with pytest.raises(IdentityRefused) as refused:
        await calls.post_json(provider.url, {"code": SECRET})
    assert str(refused.value) == "127.0.0.1 answered 400"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/etc/passwd",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "javascript:alert(1)",
        "http://",
        "http://[::1",
        "http://127.0.0.1:port/",
        "http://127.0.0.1\r\nHost: evil/",
        "http://xn--/",
        "http://\udcff/",
        "https://" + "a" * 300 + ".example/",
    ],
)
async def test_what_is_no_web_address_is_not_called(calls: Calls, url: str) -> None:
    with pytest.raises(ProviderUnreachable):
        await calls.get(url)


async def test_header_that_cannot_be_sent(calls: Calls, provider: LocalProvider) -> None:
    with pytest.raises(ProviderUnreachable):
        await calls.get(provider.url, headers={"Authorization": "a\r\nb: c"})
    assert not provider.upstream.requests


async def test_nobody_listens(calls: Calls, provider: LocalProvider) -> None:
    url = provider.url
    await provider.upstream.stop()
    with pytest.raises(ProviderUnreachable, match=r"127\.0\.0\.1:\d+: connection refused"):
        await calls.get(url)


@pytest.mark.parametrize(
    ("no", "through"), [("", True), ("other.example", True), ("provider.example", False), ("*", False)]
)
async def test_way_leads_through_the_proxy(no: str, *, through: bool, provider: LocalProvider) -> None:
    provider.upstream.always(None, echo)
    transport = outside(ProxyRules.of(None, {"http": provider.url, "no": no}))
    calls = Calls(transport, patience=1.0)
    if through:
        answer = await calls.get("http://provider.example/user")
        assert answer["target"] == "http://provider.example/user"
    else:
        with pytest.raises(ProviderUnreachable):
            await calls.get("http://provider.example/user")
    await transport.close()
    assert bool(provider.upstream.requests) is through


async def test_loopback_needs_no_proxy(provider: LocalProvider) -> None:
    async with ProgrammableUpstream() as proxy:
        provider.upstream.always(None, echo)
        transport = outside(ProxyRules.of(None, {"http": proxy.url}))
        calls = Calls(transport, patience=1.0)
        assert (await calls.get(provider.url + "/direct"))["target"] == "/direct"
        await transport.close()
        assert not proxy.requests


@pytest.mark.parametrize(
    "url", ["", "//evil.example", "javascript:alert(1)", "https://x/\r\nSet-Cookie: a=b", "https://x/ y"]
)
def test_nobody_is_redirected_to_what_is_no_web_address(url: str) -> None:
    with pytest.raises(ProviderUnreachable):
        redirect_to(url, {"state": "x"})


def test_query_that_is_there_stays() -> None:
    assert redirect_to("https://x/a?b=c", {"d": "e&f"}) == "https://x/a?b=c&d=e%26f"
