"""Rate limits: what callers did lately, counted in this process or for all nodes in Redis."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from typing import TYPE_CHECKING

from attrs import define, field

from oneapi.adapters.redis import FAILURES
from oneapi.domain.limits import SlidingWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.redis import Client
    from oneapi.application.ports import RateLimits
    from oneapi.domain.limits import Rate

logger = logging.getLogger(__name__)

#: Seconds that a request waits for Redis, and seconds for which none asks again when that was in vain.
PATIENCE = 0.2
RETRY_EVERY = 5.0
#: As ``SlidingWindow``: a list of the last admitted events. The clock is that of Redis, one for all nodes. Numbers of
#: that size lose their fraction when Lua writes them by itself.
SCRIPT = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local limit, seconds = tonumber(ARGV[1]), tonumber(ARGV[2])
local first = redis.call('LINDEX', KEYS[1], -limit)
if first and tonumber(first) + seconds > now then
    return string.format('%.6f', tonumber(first) + seconds - now)
end
if ARGV[3] == 'look' then
    return false
end
redis.call('RPUSH', KEYS[1], string.format('%.6f', now))
redis.call('LTRIM', KEYS[1], -limit, -1)
redis.call('PEXPIRE', KEYS[1], math.ceil(seconds * 1000))
return false
"""
COUNT, LOOK = "count", "look"


@define
class MemoryLimits:
    """Implements ``RateLimits`` for one process."""

    _clock: Callable[[], float]
    _window: SlidingWindow = field(factory=SlidingWindow)

    async def admit(self, rate: Rate, key: str) -> float | None:
        return self._window.admit(rate, _short(key), self._clock())

    async def wait(self, rate: Rate, key: str) -> float | None:
        return self._window.wait(rate, _short(key), self._clock())


class RedisLimits:
    """Implements ``RateLimits`` for all nodes; ``here`` counts along, and decides while Redis is away."""

    def __init__(self, redis: Client, here: RateLimits) -> None:
        self._redis = redis
        self._here = here
        self._away_until = 0.0

    async def admit(self, rate: Rate, key: str) -> float | None:
        here = await self._here.admit(rate, key)
        return await self._ask(rate, key, COUNT, here)

    async def wait(self, rate: Rate, key: str) -> float | None:
        here = await self._here.wait(rate, key)
        return await self._ask(rate, key, LOOK, here)

    async def _ask(self, rate: Rate, key: str, what: str, here: float | None) -> float | None:
        if not rate.limit or asyncio.get_running_loop().time() < self._away_until:
            return here
        try:
            async with asyncio.timeout(PATIENCE):
                name = f"oneapi:limit:{rate.name}:{_short(key)}"
                wait = await self._redis.eval(SCRIPT, 1, name, str(rate.limit), str(rate.seconds), what)
        except FAILURES as error:
            self._leave(error)
            return here
        if self._away_until:
            self._away_until = 0.0
            logger.warning("Redis answers again: rate limits count for all nodes")
        return None if wait is None else float(wait)

    def _leave(self, error: Exception) -> None:
        if not self._away_until:
            logger.warning(
                "Redis does not answer (%s): rate limits count for each process", type(error).__name__
            )
        self._away_until = asyncio.get_running_loop().time() + RETRY_EVERY


def limits_over(redis: Client | None, clock: Callable[[], float]) -> RateLimits:
    """Limits shared over ``redis``; None: this process's own."""
    here = MemoryLimits(clock)
    return here if redis is None else RedisLimits(redis, here)


def _short(key: str) -> str:
    """``key`` in a length that nobody chooses: it may be what a stranger typed."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()[:32]
