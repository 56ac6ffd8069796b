"""Signals over a real Redis; without one they must cost nothing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import pytest
from redis.asyncio import Redis

from oneapi.adapters.redis import open_redis
from oneapi.adapters.signals import NoSignals, RedisSignals, signals_over
from tests.support.stores.redis import redis, redis_cluster

__all__ = ["redis", "redis_cluster"]  # fixtures, by being imported


@pytest.mark.parametrize("server", ["redis", "redis_cluster"])
async def test_what_one_node_sends_all_others_hear(server: str, request: pytest.FixtureRequest) -> None:
    address: str = request.getfixturevalue(server)
    nodes = [signals_over(open_redis(address)) for _ in range(3)]
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
    signals = signals_over(open_redis(f"redis://127.0.0.1:{port}/0"))
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
    assert isinstance(signals_over(open_redis("")), NoSignals)


def test_sentinels_are_a_list_of_hosts() -> None:
    redis = open_redis("10.0.0.1:26379, 10.0.0.2", master="mymaster", password="p")
    assert isinstance(redis, Redis)
    assert isinstance(signals_over(redis), RedisSignals)
