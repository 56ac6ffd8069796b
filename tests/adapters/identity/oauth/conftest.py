"""The local provider, and options and calls that lead to it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from attrs import define

from oneapi.adapters.identity.oauth.calls import Calls
from oneapi.domain.options import Options
from tests.support.identity_provider import CLIENT, SECRET, WECHAT_TOKEN, LocalProvider
from tests.support.upstream import ProgrammableUpstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = 1_700_000_000.0


@define
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def provider(clock: Clock) -> AsyncIterator[LocalProvider]:
    async with ProgrammableUpstream() as upstream:
        yield LocalProvider(upstream, clock=clock)


@pytest.fixture
async def calls(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Calls]:
    """Reading the system's authorities takes longer than most tests."""
    monkeypatch.setattr(ssl, "create_default_context", lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    calls = Calls(patience=1.0)
    yield calls
    await calls.close()


@pytest.fixture
def options(provider: LocalProvider) -> Options:
    return Options(
        server_address="https://gateway.example/",
        github_client_id=CLIENT,
        github_client_secret=SECRET,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_well_known=provider.well_known,
        oidc_authorization_endpoint=provider.url + "/authorize?tenant=1",
        oidc_token_endpoint=provider.url + "/token",
        oidc_userinfo_endpoint=provider.url + "/userinfo",
        lark_client_id=CLIENT,
        lark_client_secret=SECRET,
        wechat_server_address=provider.url + "/",
        wechat_server_token=WECHAT_TOKEN,
    )
