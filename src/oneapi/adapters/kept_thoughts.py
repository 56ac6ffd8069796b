"""Stores for the thoughts of clients that do not send them back: in this process, and in Redis for all nodes."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING

from oneapi.adapters.database.sealing import CannotOpen
from oneapi.adapters.redis import FAILURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.adapters.database.sealing import Cipher
    from oneapi.adapters.redis import Client

logger = logging.getLogger(__name__)

#: The most bytes of all thoughts in this process, and of the thoughts of one turn; longer ones are not kept.
CAPACITY, LONGEST = 32 * 1024 * 1024, 512 * 1024
#: Bytes of memory of an entry beside its thoughts.
OVERHEAD = 200
#: Seconds for which Redis keeps thoughts, because conversations may continue the next day.
KEPT_FOR = 2 * 24 * 3600
#: The most seconds that a request waits for Redis.
PATIENCE = 0.2


class MemoryThoughts:
    """Implements ``ThoughtStore`` for one process; the least recently used entries are dropped first."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._size = 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    async def keep(self, key: str, thoughts: bytes) -> None:
        if len(thoughts) > LONGEST:
            return
        if key in self._kept:
            self._size -= OVERHEAD + len(self._kept.pop(key))
        self._kept[key] = thoughts
        self._size += OVERHEAD + len(thoughts)
        while self._size > self._capacity:
            _, forgotten = self._kept.popitem(last=False)
            self._size -= OVERHEAD + len(forgotten)

    async def recall(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        found = {key: self._kept[key] for key in keys if key in self._kept}
        for key in found:
            self._kept.move_to_end(key)
        return found


class RedisThoughts:
    """Implements ``ThoughtStore`` for all nodes; ``here`` is asked first, and is the only store while Redis is away.

    Thoughts in Redis are sealed by ``cipher``; those sealed under a lost key count as missing. This process also
    remembers which thoughts are missing: they are stored before their call reaches the client, or never.
    """

    def __init__(self, redis: Client, cipher: Cipher, here: MemoryThoughts) -> None:
        self._redis = redis
        self._cipher = cipher
        self._here = here

    async def keep(self, key: str, thoughts: bytes) -> None:
        await self._here.keep(key, thoughts)
        if len(thoughts) > LONGEST:
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._redis.set(
                    _name(key), self._cipher.seal(thoughts.decode(), _name(key)), ex=KEPT_FOR
                )
        except FAILURES as error:
            logger.warning(
                "Redis does not answer (%s): thoughts are kept only in this process", type(error).__name__
            )

    async def recall(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        found = dict(await self._here.recall(keys))
        unknown = [key for key in keys if key not in found]
        if unknown:
            try:
                async with asyncio.timeout(PATIENCE):
                    values = await asyncio.gather(*(self._redis.get(_name(key)) for key in unknown))
            except FAILURES:
                return found
            for key, value in zip(unknown, values, strict=True):
                found[key] = self._opened(key, value) if isinstance(value, bytes) else b""
                await self._here.keep(key, found[key])
        return {key: thoughts for key, thoughts in found.items() if thoughts}

    def _opened(self, key: str, stored: bytes) -> bytes:
        try:
            return self._cipher.open(stored.decode(), _name(key)).encode()
        except (CannotOpen, UnicodeDecodeError):
            return b""


def thoughts_over(redis: Client | None, cipher: Cipher) -> MemoryThoughts | RedisThoughts:
    """A store for all nodes in ``redis``, or for this process alone if it is None."""
    here = MemoryThoughts()
    return here if redis is None else RedisThoughts(redis, cipher, here)


def _name(key: str) -> str:
    return f"oneapi:thoughts:{key}"
