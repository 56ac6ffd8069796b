"""Services: starting and stopping the parts of a process."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence

    Step = Callable[[], Any]
    Loop = Callable[[], Coroutine[Any, Any, None]]

logger = logging.getLogger(__name__)


def _nothing() -> None:
    """The default step: nothing to do."""


@frozen
class Service:
    """An object's steps at start, while the process runs, and at stop.

    Attributes:
        open: Called at start. Like ``close``, it may be a coroutine function; its result is ignored.
        loops: Run from when all services are open until before any is closed; restarted if they fail.
        close: Called at stop if ``open`` succeeded.

    """

    open: Step = _nothing
    loops: Sequence[Loop] = ()
    close: Step = _nothing


@contextlib.asynccontextmanager
async def running(services: Iterable[Service]) -> AsyncIterator[None]:
    """Open ``services`` in order, run their loops, and close them in reverse order."""
    async with contextlib.AsyncExitStack() as stack:
        loops: list[Loop] = []
        for service in services:
            await _done(service.open)
            stack.push_async_callback(_done, service.close)
            loops += service.loops
        tasks = [asyncio.create_task(_repeatedly(loop)) for loop in loops]
        stack.push_async_callback(_stop, tasks)
        yield


async def _done(step: Step) -> None:
    result = step()
    if inspect.isawaitable(result):
        await result


async def _repeatedly(loop: Loop) -> None:
    """Run ``loop``; log its failures and restart it."""
    while True:
        try:
            await loop()
        except Exception:
            logger.exception("a background job failed and is restarted")
            await asyncio.sleep(1)
        else:
            return


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
