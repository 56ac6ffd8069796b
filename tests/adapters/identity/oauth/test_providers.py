"""What is sent to GitHub, Lark and a WeChat server, and whom their answers name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import evolve

from oneapi.adapters.identity.oauth.github import GitHub
from oneapi.adapters.identity.oauth.lark import Lark
from oneapi.adapters.identity.oauth.wechat import WeChat
from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable
from oneapi.domain.people.identities import Identity
from tests.support.identity_provider import CLIENT, SECRET, WECHAT_TOKEN, LocalProvider, Person
from tests.support.providers.answers import error_reply, html_page, json_reply

if TYPE_CHECKING:
    from oneapi.adapters.identity.calls import Calls
    from oneapi.domain.options import Options

VERIFIER = "v" * 43
SET_OFF = {"nonce": "n" * 43, "verifier": VERIFIER}


@pytest.fixture
def github(calls: Calls, provider: LocalProvider) -> GitHub:
    return GitHub(calls, site=provider.url, api=provider.url)


@pytest.fixture
def lark(calls: Calls, provider: LocalProvider) -> Lark:
    return Lark(calls, accounts=provider.url, api=provider.url, passport=provider.url)


async def test_github_names_a_number(github: GitHub, provider: LocalProvider, options: Options) -> None:
    identity = await github.identify(options, provider.admit(Person()))
    assert identity == Identity("7", "octocat", display_name="The Octocat", email="octocat@example.com")


async def test_way_to_github_and_back(github: GitHub, provider: LocalProvider, options: Options) -> None:
    location = await github.address(options, "the-state", **SET_OFF)
    asked = parse_qs(urlsplit(location).query)
    assert location.startswith(provider.url + "/login/oauth/authorize?")
    assert (asked["state"], asked["scope"]) == (["the-state"], ["user:email"])
    assert VERIFIER not in location
    code, _ = provider.visit(location, Person())
    assert (await github.identify(options, code, **SET_OFF)).id == "7"


async def test_github_asks_for_the_verifier(
    github: GitHub, provider: LocalProvider, options: Options
) -> None:
    code, _ = provider.visit(await github.address(options, "s", **SET_OFF), Person())
    with pytest.raises(IdentityRefused):
        await github.identify(options, code, nonce="", verifier="w" * 43)


@pytest.mark.parametrize("verified", [False, None, "true", 1])
async def test_github_address_that_is_not_verified(
    github: GitHub, provider: LocalProvider, options: Options, verified: Any
) -> None:
    identity = await github.identify(options, provider.admit(Person(verified=verified)))
    assert identity.email == ""


@pytest.mark.parametrize(
    "answer", [error_reply(404), error_reply(500), json_reply({"a": 1}), json_reply([1])]
)
async def test_github_address_that_may_not_be_read(
    github: GitHub, provider: LocalProvider, options: Options, answer: Any
) -> None:
    provider.upstream.enqueue(answer, path="/user/emails")
    assert (await github.identify(options, provider.admit(Person()))).email == ""


@pytest.mark.parametrize(
    "user",
    [
        {},
        {"login": "x"},
        {"id": 0, "login": "x"},
        {"id": "7", "login": "x"},
        {"id": 7},
        {"id": 7, "login": ""},
        [],
    ],
)
async def test_github_answer_that_names_nobody(
    github: GitHub, provider: LocalProvider, options: Options, user: Any
) -> None:
    provider.upstream.enqueue(json_reply(user), path="/user")
    with pytest.raises(IdentityRefused):
        await github.identify(options, provider.admit(Person()))


async def test_github_code_holds_once(github: GitHub, provider: LocalProvider, options: Options) -> None:
    code = provider.admit(Person())
    await github.identify(options, code)
    with pytest.raises(IdentityRefused, match="bad_verification_code") as refused:
        await github.identify(options, code)
    assert_no_secret(refused.value, code)


async def test_lark_names_an_open_id(lark: Lark, provider: LocalProvider, options: Options) -> None:
    identity = await lark.identify(options, provider.admit(Person()))
    assert identity == Identity("subject-7", display_name="The Octocat")
    (request,) = provider.asked_for("/open-apis/authen/v2/oauth/token")
    assert request.json()["redirect_uri"] == "https://gateway.example/oauth/lark"


async def test_way_to_lark_and_back(lark: Lark, provider: LocalProvider, options: Options) -> None:
    location = await lark.address(options, "the-state", **SET_OFF)
    assert parse_qs(urlsplit(location).query)["redirect_uri"] == ["https://gateway.example/oauth/lark"]
    code, state = provider.visit(location, Person())
    assert state == "the-state"
    assert (await lark.identify(options, code, **SET_OFF)).id == "subject-7"


@pytest.mark.parametrize("user", [{}, {"open_id": ""}, {"open_id": 7}, {"open_id": None}, []])
async def test_lark_answer_without_an_open_id(
    lark: Lark, provider: LocalProvider, options: Options, user: Any
) -> None:
    provider.upstream.enqueue(json_reply(user), path="/suite/passport/oauth/userinfo")
    with pytest.raises(IdentityRefused):
        await lark.identify(options, provider.admit(Person()))


async def test_lark_code_that_is_wrong(lark: Lark, options: Options) -> None:
    with pytest.raises(IdentityRefused, match="400: invalid_grant"):
        await lark.identify(options, "wrong")


async def test_wechat_names_an_id(calls: Calls, provider: LocalProvider, options: Options) -> None:
    code = provider.admit(Person())
    assert await WeChat(calls).identify(options, code) == Identity("subject-7")
    (request,) = provider.upstream.requests
    assert request.target == "/api/wechat/user?code=code%2F1%26x"
    assert request.header("authorization") == WECHAT_TOKEN


async def test_wechat_code_that_is_wrong(calls: Calls, options: Options) -> None:
    with pytest.raises(IdentityRefused):
        await WeChat(calls).identify(options, "1&token=x#")


async def test_wechat_server_that_refuses_the_gateway(
    calls: Calls, provider: LocalProvider, options: Options
) -> None:
    code = provider.admit(Person())
    with pytest.raises(ProviderUnreachable) as unreachable:
        await WeChat(calls).identify(evolve(options, wechat_server_token="wrong"), code)
    assert "无权" not in str(unreachable.value)


@pytest.mark.parametrize(
    "answer", [html_page(), json_reply([]), json_reply({"success": "true", "data": "x"})]
)
async def test_wechat_server_that_is_none(
    calls: Calls, provider: LocalProvider, options: Options, answer: Any
) -> None:
    provider.upstream.always(None, answer)
    provider.upstream.enqueue(answer)
    with pytest.raises(ProviderUnreachable):
        await WeChat(calls).identify(options, "code")


def assert_no_secret(error: Exception, code: str) -> None:
    text = f"{error} {error!r} {error.__cause__} {error.__dict__}"
    assert not [secret for secret in (code, SECRET, CLIENT, "token-") if secret in text]
