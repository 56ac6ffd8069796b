"""Telling other nodes at once that something changed, over Redis; they would find out within a second without it.

Redis speeds things up and nothing depends on it: when it is away, nodes follow the versions in the database.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Protocol

from redis.asyncio import Redis, Sentinel
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

CHANNEL = "oneapi:changed"
#: Seconds to connect, and to send.
PATIENCE = 1.0
RETRY_EVERY = 5.0
SENTINEL_PORT = 26379


class Signals(Protocol):
    async def send(self) -> None:
        """Something changed and is committed. Never fails, never takes longer than a second."""

    async def follow(self, heard: Callable[[], None]) -> None:
        """Call ``heard`` whenever any node sends, for ever."""

    async def close(self) -> None: ...


class NoSignals:
    """One node, or several that look at the database once a second."""

    async def send(self) -> None:
        """Nobody listens."""

    async def follow(self, heard: Callable[[], None]) -> None:
        """Nobody sends."""

    async def close(self) -> None:
        """Nothing is open."""


class RedisSignals:
    """Implements ``Signals`` over publish / subscribe."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def send(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._redis.publish(CHANNEL, b"")
        except (RedisError, OSError, TimeoutError) as error:
            logger.warning(
                "Redis does not answer (%s): other nodes see the change within a second", _name(error)
            )

    async def follow(self, heard: Callable[[], None]) -> None:
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            heard()
            except (RedisError, OSError, TimeoutError) as error:
                logger.warning(
                    "Redis does not answer (%s): changes of other nodes show within a second", _name(error)
                )
                await asyncio.sleep(RETRY_EVERY)

    async def close(self) -> None:
        await self._redis.aclose()


def open_signals(address: str, master: str = "", password: str = "") -> Signals:
    """Signals over the Redis at ``address``; none if it is empty.

    It is a URL, or with ``master`` a list of sentinels ``host:port``.

    Nothing connects yet. Raises ValueError for an address that cannot be read.
    """
    if not address:
        return NoSignals()
    options: dict[str, Any] = {"socket_connect_timeout": PATIENCE, "health_check_interval": 30}
    if not master:
        return RedisSignals(Redis.from_url(address, **options))
    sentinels = [_sentinel(part) for part in address.split(",")]
    found = Sentinel(sentinels, socket_connect_timeout=PATIENCE)  # type: ignore[no-untyped-call]
    return RedisSignals(found.master_for(master, password=password or None, **options))


def _sentinel(text: str) -> tuple[str, int]:
    host, _, port = text.strip().removeprefix("redis://").rpartition(":")
    return (host, int(port)) if host else (port, SENTINEL_PORT)


def _name(error: BaseException) -> str:
    return type(error).__name__
