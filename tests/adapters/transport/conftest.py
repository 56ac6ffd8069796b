"""The HTTP transport is tested on asyncio's loop and on uvloop, which serves in production."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
import uvloop

from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.adapters.transport.interface import Timeouts
from tests.support.providers.upstream import ProgrammableUpstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

#: Reading the system's authorities takes longer than most tests.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TIMEOUTS = Timeouts(connect=1.0, first_byte=1.0, idle=1.0)


def pytest_asyncio_loop_factories(
    config: pytest.Config,  # noqa: ARG001  # the hook's own name
    item: pytest.Item,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.path.name.startswith("test_http1"):
        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop}


@pytest.fixture
async def upstream() -> AsyncIterator[ProgrammableUpstream]:
    async with ProgrammableUpstream() as upstream:
        yield upstream


@pytest.fixture
async def transport() -> AsyncIterator[Http1Transport]:
    transport = Http1Transport(TIMEOUTS, verify=NO_AUTHORITIES)
    yield transport
    await transport.close()
