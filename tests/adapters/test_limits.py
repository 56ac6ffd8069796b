"""Limits over Redis: one count for all nodes, and no harm when Redis is away."""

from __future__ import annotations

import logging
import secrets
import socket
import time
from typing import TYPE_CHECKING

import pytest
from redis.asyncio import Redis

from oneapi.adapters import limits as module
from oneapi.adapters.limits import limits_over
from oneapi.adapters.redis import open_redis
from oneapi.domain.limits import Rate
from tests.support.network.tcp_proxy import TcpProxy
from tests.support.stores.redis import place, redis

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["redis"]  # a fixture, by being imported

FIVE = Rate("five", 5, 100)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy this machine is, Redis is not away."""
    monkeypatch.setattr(module, "PATIENCE", 10)


@pytest.mark.usefixtures("patient")
async def test_all_nodes_count_together(redis: str) -> None:
    clients = [open_redis(redis) for _ in range(3)]
    nodes = [limits_over(client, time.time) for client in clients]
    key = secrets.token_hex(8)
    waits = [await nodes[number % 3].admit(FIVE, key) for number in range(9)]
    assert waits.count(None) == 5
    assert waits[:5] == [None] * 5
    for client in clients:
        assert client is not None
        await client.aclose()


@pytest.mark.usefixtures("patient")
async def test_keys_are_forgotten(redis: str) -> None:
    client = open_redis(redis)
    assert isinstance(client, Redis)
    rate = Rate(f"five {secrets.token_hex(8)}", 5, 100)
    await limits_over(client, time.time).admit(rate, "what a stranger typed \udcff" * 1000)
    [name] = [name async for name in client.scan_iter(f"oneapi:limit:{rate.name}:*")]
    assert len(name) < 100
    assert 90_000 < await client.pttl(name) <= 100_000
    await client.aclose()


@pytest.mark.usefixtures("patient")
async def test_while_redis_is_away_each_process_counts(redis: str, caplog: pytest.LogCaptureFixture) -> None:
    with TcpProxy(*place(redis)) as proxy:
        client = open_redis(f"redis://127.0.0.1:{proxy.port}/0")
        assert client is not None
        limits, key = limits_over(client, time.time), secrets.token_hex(8)
        assert [await limits.admit(FIVE, key) for _ in range(3)] == [None] * 3
        proxy.cut()
        with caplog.at_level(logging.WARNING):
            waits = [await limits.admit(FIVE, key) for _ in range(4)]
            assert waits[:2] == [None, None]
            assert None not in waits[2:]
            assert [record.message for record in caplog.records] == [
                "Redis does not answer (ConnectionError): rate limits count for each process"
            ]
            proxy.restore()
            limits._away_until = 0.001  # type: ignore[attr-defined]  # noqa: SLF001  # the pause is over
            assert await limits.admit(FIVE, key) is None  # of three that Redis knows
            assert len(caplog.records) == 2
        await client.aclose()


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


async def test_a_redis_that_hangs_costs_no_more_than_its_time(silent: str) -> None:
    client = open_redis(silent)
    assert client is not None
    limits, started = limits_over(client, time.time), time.monotonic()
    assert [await limits.admit(FIVE, "a") for _ in range(5)] == [None] * 5
    assert await limits.admit(FIVE, "a") is not None
    assert time.monotonic() - started < module.PATIENCE + 0.3
    await client.aclose()


async def test_answers_are_never_mixed_up_after_a_call_was_given_up(
    redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = open_redis(redis)
    assert client is not None
    limits, full, empty = limits_over(client, time.time), secrets.token_hex(8), secrets.token_hex(8)
    for _ in range(6):
        await limits.admit(FIVE, full)
    monkeypatch.setattr(module, "RETRY_EVERY", 0)
    monkeypatch.setattr(module, "PATIENCE", 0.0001)
    for _ in range(20):
        await limits.admit(FIVE, full)
    monkeypatch.setattr(module, "PATIENCE", 10)
    limits._away_until = 0.0  # type: ignore[attr-defined]  # noqa: SLF001  # the pause is over
    assert await limits.admit(FIVE, empty) is None
    assert await limits.admit(FIVE, full) is not None
    await client.aclose()
