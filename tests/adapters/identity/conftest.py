"""Calls over the real transport, without reading the system's authorities, which takes longer than most tests."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from attrs import define

from oneapi.adapters.identity.calls import Calls
from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.adapters.transport.interface import Timeouts
from oneapi.adapters.transport.proxies import DIRECT, ProxyRules
from tests.support.identity_provider import LocalProvider
from tests.support.providers.upstream import ProgrammableUpstream

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


def outside(proxies: ProxyRules = DIRECT) -> Http1Transport:
    return Http1Transport(Timeouts(), proxies, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


@pytest.fixture
async def calls() -> AsyncIterator[Calls]:
    transport = outside()
    yield Calls(transport, patience=1.0)
    await transport.close()
