"""Rate limits count in the same way in memory, in Redis and in a Redis cluster."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING

import pytest

from oneapi.adapters import limits as module
from oneapi.adapters.limits import MemoryLimits, limits_over
from oneapi.adapters.redis import open_redis
from oneapi.domain.limits import Rate
from tests.support.stores.redis import redis, redis_cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from oneapi.application.ports.operations import RateLimits

__all__ = ["redis", "redis_cluster"]  # importing them makes the fixtures available


@pytest.fixture(
    params=[
        "memory",
        *(pytest.param(each, marks=pytest.mark.database) for each in ("redis", "redis_cluster")),
    ]
)
async def limits(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RateLimits]:
    if request.param == "memory":
        yield MemoryLimits(time.time)
        return
    monkeypatch.setattr(module, "PATIENCE", 10)  # this tests the counting, also on a busy machine
    client = open_redis(request.getfixturevalue(request.param))
    assert client is not None
    # The counter in the process would hide that Redis does not count.
    yield limits_over(client, clock=lambda: float(next(_far_apart)))
    await client.aclose()


_far_apart = iter(range(0, 10**9, 10**4))


def fresh() -> str:
    """A key that no other run uses."""
    return f"2001:db8::/64 {secrets.token_hex(8)}"


async def test_the_limit_applies_and_the_refusal_says_how_long_to_wait(limits: RateLimits) -> None:
    rate, key = Rate("two", 2, 100), fresh()
    assert [await limits.admit(rate, key) for _ in range(2)] == [None, None]
    for _ in range(3):
        wait = await limits.admit(rate, key)
        assert wait is not None
        assert 95 < wait <= 100


async def test_the_window_slides_and_refused_calls_do_not_count(limits: RateLimits) -> None:
    rate, key = Rate("short", 2, 0.4), fresh()
    assert await limits.admit(rate, key) is None
    await asyncio.sleep(0.2)
    assert await limits.admit(rate, key) is None
    wait = await limits.admit(rate, key)
    assert wait is not None
    assert 0 < wait <= 0.25
    await asyncio.sleep(wait + 0.01)
    assert await limits.admit(rate, key) is None
    assert await limits.admit(rate, key) is not None


async def test_keys_and_rates_are_counted_separately(limits: RateLimits) -> None:
    one, other, key = Rate("one", 1, 100), Rate("other", 1, 100), fresh()
    for rate, who in ((one, key), (other, key), (one, fresh())):
        assert await limits.admit(rate, who) is None
    assert await limits.admit(one, key) is not None


async def test_a_lowered_limit_applies_at_once(limits: RateLimits) -> None:
    key = fresh()
    for _ in range(5):
        assert await limits.admit(Rate("same", 10, 100), key) is None
    assert await limits.admit(Rate("same", 3, 100), key) is not None
    assert await limits.admit(Rate("same", 10, 100), key) is None


async def test_many_concurrent_calls(limits: RateLimits) -> None:
    rate, key = Rate("crowd", 7, 100), fresh()
    await limits.admit(Rate("crowd", 7, 100), fresh())  # connected
    waits = await asyncio.gather(*(limits.admit(rate, key) for _ in range(40)))
    assert waits.count(None) == 7


async def test_no_limit(limits: RateLimits) -> None:
    assert all([await limits.admit(Rate("none", 0, 100), "x") is None for _ in range(5)])


async def test_reading_a_limit_does_not_count(limits: RateLimits) -> None:
    rate, key = Rate("looks", 2, 100), fresh()
    assert [await limits.wait(rate, key) for _ in range(5)] == [None] * 5
    assert [await limits.admit(rate, key) for _ in range(2)] == [None] * 2
    wait = await limits.wait(rate, key)
    assert wait is not None
    assert 95 < wait <= 100
    assert await limits.wait(Rate("none", 0, 100), key) is None
