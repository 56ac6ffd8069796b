"""Signing in with an external account, on two nodes with one database, for every product."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest

from tests.e2e.conftest import eventually
from tests.support.gateway.server import NO_TLS, Administrator, Gateway, running
from tests.support.identity_provider import CLIENT, SECRET, WECHAT_TOKEN, LocalProvider, Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.providers.upstream import ProgrammableUpstream
    from tests.support.stores.databases import FreshDatabase


@pytest.fixture
def nodes(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[tuple[Gateway, Gateway]]:
    with contextlib.ExitStack() as stack:
        started = []
        for name in ("one", "other"):
            (tmp_path / name).mkdir()
            environment = {"LOG_LEVEL": "debug"} | fresh_database.environment
            started.append(stack.enter_context(running(tmp_path / name, **environment)))
        yield started[0], started[1]


@pytest.fixture
def provider(upstream: ProgrammableUpstream) -> LocalProvider:
    return LocalProvider(upstream, clock=time.time)


class Browser:
    """One browser that may reach any node, as behind a load balancer."""

    def __init__(self) -> None:
        self._cookies = httpx.Cookies()

    def get(self, node: Gateway, path: str, **query: str) -> httpx.Response:
        answer = httpx.get(
            node.url + path, params=query or None, cookies=self._cookies, timeout=20, verify=NO_TLS
        )
        self._cookies.extract_cookies(answer)
        return answer

    def data(self, node: Gateway, path: str, **query: str) -> Any:
        answer = self.get(node, path, **query).json()
        assert answer["success"], answer
        return answer.get("data")


def configure(node: Gateway, provider: LocalProvider) -> None:
    admin = Administrator(node.url)
    for key, value in {
        "ServerAddress": "https://gateway.example",
        "OidcClientId": CLIENT,
        "OidcClientSecret": SECRET,
        "OidcWellKnown": provider.well_known,
        "OidcEnabled": "true",
        "WeChatServerAddress": provider.url,
        "WeChatServerToken": WECHAT_TOKEN,
        "WeChatAuthEnabled": "true",
    }.items():
        admin.set_option(key, value)


def test_sign_in_with_others(nodes: tuple[Gateway, Gateway], provider: LocalProvider) -> None:
    one, other = nodes
    configure(one, provider)
    browser, codes = Browser(), []
    eventually(lambda: browser.data(other, "/api/status")["oidc"])

    # One node redirects the browser to the provider, and the other receives it back.
    sent = browser.get(one, "/api/oauth/oidc/start")
    code, state = provider.visit(sent.headers["location"], Person())
    codes += [code, state]
    made = browser.data(other, "/api/oauth/oidc", code=code, state=state)
    assert (made["username"], made["display_name"]) == ("octocat", "The Octocat")
    assert browser.data(one, "/api/user/self")["oidc_id"] == "subject-7"
    again = browser.get(one, "/api/oauth/oidc", code=provider.admit(Person()), state=state)
    assert (again.status_code, again.json()["message"]) == (403, "state is empty or not same")

    # A front end of the original builds the provider's URL itself.
    browser = Browser()
    state = browser.data(other, "/api/oauth/state")
    codes += [code := provider.admit(Person())]
    assert browser.data(one, "/api/oauth/oidc", code=code, state=state)["id"] == made["id"]

    # A signed-in user binds an account; the binding applies at once on the other node.
    codes += [code := provider.admit(Person(id=8))]
    assert browser.get(one, "/api/oauth/wechat/bind", code=code).json()["success"]
    codes += [code := provider.admit(Person(id=8))]
    assert Browser().data(other, "/api/oauth/wechat", code=code)["id"] == made["id"]
    state = browser.data(one, "/api/oauth/state")
    taken = browser.get(other, "/api/oauth/oidc", code=provider.admit(Person()), state=state)
    assert taken.json()["message"] == "该 OIDC 账户已被绑定"

    # A user name that is taken is replaced, on every product.
    codes += [code := provider.admit(Person(id=9, login="octocat"))]
    state = (newcomer := Browser()).data(one, "/api/oauth/state")
    second = newcomer.data(one, "/api/oauth/oidc", code=code, state=state)
    assert second["id"] != made["id"]
    assert second["username"].startswith("oidc_")

    for node in nodes:
        log = node.output()
        secrets = {*codes, SECRET, WECHAT_TOKEN, "token-1"}
        secrets |= {quote(secret, safe="") for secret in secrets}  # as encoded in URLs
        assert not [secret for secret in secrets if secret in log]
        assert "Traceback" not in log
