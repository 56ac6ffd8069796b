"""Signals to other nodes, over Redis, that something has changed.

They only make things faster: without Redis, nodes notice a change within a second by the versions in the database.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from oneapi.adapters.redis import FAILURES, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.redis import Client

logger = logging.getLogger(__name__)

CHANNEL = "oneapi:changed"
RETRY_EVERY = 5.0


class Signals(Protocol):
    """The signals between the nodes of an installation."""

    async def send(self) -> None:
        """Signal that a change is committed. Never raises, and takes at most a second."""

    async def follow(self, heard: Callable[[], None]) -> None:
        """Call ``heard`` whenever any node sends a signal; never returns."""

    async def answers(self) -> bool | None:
        """Whether Redis answers; None if there is no Redis."""

    async def close(self) -> None: ...


class NoSignals:
    """Implements ``Signals`` without Redis: nodes check the database once a second."""

    async def send(self) -> None:
        """Do nothing: there are no listeners."""

    async def follow(self, heard: Callable[[], None]) -> None:
        """Do nothing: there are no senders."""

    async def answers(self) -> bool | None:
        return None

    async def close(self) -> None:
        """Do nothing: nothing is open."""


class RedisSignals:
    """Implements ``Signals`` over publish / subscribe."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis

    async def send(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._redis.publish(CHANNEL, b"")
        except FAILURES as error:
            logger.warning(
                "Redis does not answer (%s): other nodes see the change within a second", _name(error)
            )

    async def follow(self, heard: Callable[[], None]) -> None:
        while True:
            try:
                await self._redis.initialize()  # a cluster's nodes are unknown until then
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            heard()
            except FAILURES as error:
                logger.warning(
                    "Redis does not answer (%s): changes of other nodes show within a second", _name(error)
                )
                await asyncio.sleep(RETRY_EVERY)

    async def answers(self) -> bool | None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._redis.ping()
        except FAILURES:
            return False
        return True

    async def close(self) -> None:
        await self._redis.aclose()


def signals_over(redis: Client | None) -> Signals:
    """Signals over ``redis``, or none if it is None."""
    return NoSignals() if redis is None else RedisSignals(redis)


def _name(error: BaseException) -> str:
    return type(error).__name__
