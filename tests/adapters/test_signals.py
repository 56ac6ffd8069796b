"""Signals over a real Redis; without one they must cost nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time

import pytest

from oneapi.adapters.signals import NoSignals, RedisSignals, open_signals

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


def _reachable() -> bool:
    host, _, port = REDIS.removeprefix("redis://").split("/")[0].rpartition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def redis() -> str:
    """The address of a Redis server."""
    if not _reachable():
        if os.environ.get("ONEAPI_TEST_REQUIRE_SERVERS"):
            pytest.fail("no Redis server: set TEST_REDIS_URL")
        pytest.skip("no Redis server: set TEST_REDIS_URL")
    return REDIS


async def test_what_one_node_sends_all_others_hear(redis: str) -> None:
    nodes = [open_signals(redis) for _ in range(3)]
    heard = [asyncio.Event() for _ in nodes]
    following = [
        asyncio.create_task(node.follow(event.set)) for node, event in zip(nodes, heard, strict=True)
    ]
    await asyncio.sleep(0.3)
    await nodes[0].send()
    async with asyncio.timeout(2):
        await asyncio.gather(*(event.wait() for event in heard))
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    for node in nodes:
        await node.close()


async def test_redis_that_is_away_costs_neither_failure_nor_time() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    signals = open_signals(f"redis://127.0.0.1:{port}/0")
    started = time.monotonic()
    await signals.send()
    assert time.monotonic() - started < 2
    following = asyncio.create_task(signals.follow(lambda: None))
    await asyncio.sleep(0.1)
    assert not following.done()
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following
    await signals.close()


def test_no_address_means_no_redis() -> None:
    assert isinstance(open_signals(""), NoSignals)


def test_sentinels_are_a_list_of_hosts() -> None:
    signals = open_signals("10.0.0.1:26379, 10.0.0.2", master="mymaster", password="p")
    assert isinstance(signals, RedisSignals)
