"""Rate limits: recent events of callers, counted in this process, or in Redis for all nodes."""

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
    from oneapi.application.ports.operations import RateLimits
    from oneapi.domain.limits import Rate

logger = logging.getLogger(__name__)

#: The most seconds that a request waits for Redis, and seconds without further attempts after a failure.
PATIENCE = 0.2
RETRY_EVERY = 5.0
#: Like ``SlidingWindow``: a list of the last admitted events, timed by the clock of Redis, which all nodes share.
#: Timestamps are formatted explicitly, because Lua's own conversion would drop their fraction.
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
    """Implements ``RateLimits`` for all nodes; ``here`` counts the same events, and decides while Redis is away."""

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
    """Limits shared through ``redis``, or for this process alone if it is None."""
    here = MemoryLimits(clock)
    return here if redis is None else RedisLimits(redis, here)


def _short(key: str) -> str:
    """``key`` as a hash of fixed length, because it may contain input of arbitrary length."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()[:32]
