"""The outbox: sends messages in the background, so that no request waits for a mail server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.errors.messages import MessageNotSent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

logger = logging.getLogger(__name__)

#: The most messages waiting or under way; further ones are dropped, which is logged.
MOST = 200
#: The most messages sent at the same time.
AT_ONCE = 8
#: Seconds before each further try to send a message.
PAUSES = (5.0, 30.0, 120.0)


class Outbox:
    """Sends messages, and retries where that may help; on ``close``, waiting messages are sent at once.

    ``grace``: the most seconds that ``close`` takes.
    """

    def __init__(self, *, grace: float, most: int = MOST, pauses: Sequence[float] = PAUSES) -> None:
        self._grace = grace
        self._most = most
        self._pauses = tuple(pauses)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, what: str, send: Callable[[], Awaitable[None]]) -> None:
        """Schedule ``send``; failures never reach the caller. ``what`` names the message in the log.

        MessageNotSent with ``retry_after``, and StorageUnavailable, lead to a later retry.
        """
        if len(self._tasks) >= self._most:
            logger.warning("%s was not sent: too many messages are waiting", what)
            return
        task = asyncio.ensure_future(self._deliver(what, send))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def emptied(self) -> None:
        """Wait until every message has been sent or given up."""
        while self._tasks:  # sending a message may schedule another
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Send what can be sent within ``grace``; the rest is dropped, which is logged."""
        self._closing.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.emptied(), self._grace)
        late = tuple(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if late:
            logger.warning("%d messages were not sent before the shutdown", len(late))

    async def _deliver(self, what: str, send: Callable[[], Awaitable[None]]) -> None:
        for pause in (*self._pauses, None):
            last = pause is None or self._closing.is_set()
            try:
                async with self._free:
                    await send()
            except MessageNotSent as failure:
                if last or failure.retry_after is None:
                    logger.warning("%s was not sent: %s", what, failure)
                    return
            except StorageUnavailable as error:
                if last:
                    logger.warning("%s was not sent: %s", what, error)
                    return
            except Exception:
                logger.exception("%s was not sent", what)
                return
            else:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause)
