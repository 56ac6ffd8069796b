"""Messages that leave in the background, so that nobody waits for a mail server."""

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

#: Messages that wait or are under way; what comes on top is dropped, and said to be.
MOST = 200
#: Messages that are sent at the same time.
AT_ONCE = 8
#: Seconds before a message is tried again.
PAUSES = (5.0, 30.0, 120.0)


class Outbox:
    """Sends what is put in, and tries again where that may help; on ``close`` what waits is sent at once.

    ``grace``: seconds that ``close`` may take.
    """

    def __init__(self, *, grace: float, most: int = MOST, pauses: Sequence[float] = PAUSES) -> None:
        self._grace = grace
        self._most = most
        self._pauses = tuple(pauses)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._closing = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, what: str, send: Callable[[], Awaitable[None]]) -> None:
        """Have ``send`` called soon, by nobody who could fail; ``what`` names the message in the log.

        A MessageNotSent with ``retry_after``, or a storage that is away, is a reason to try again later.
        """
        if len(self._tasks) >= self._most:
            logger.warning("%s was not sent: too many messages wait", what)
            return
        task = asyncio.ensure_future(self._deliver(what, send))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def emptied(self) -> None:
        """Wait until every message is sent or given up."""
        while self._tasks:  # a message may put in another
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Send what can be sent within ``grace``; the rest is lost, and said to be."""
        self._closing.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.emptied(), self._grace)
        late = tuple(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if late:
            logger.warning("%d messages were not sent before the end", len(late))

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
