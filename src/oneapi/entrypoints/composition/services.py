"""Starting and stopping what a process consists of."""

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
    """The step of a service that needs none."""


@frozen
class Service:
    """What is done for an object at start, while the process runs, and at stop.

    Attributes:
        open: may be a coroutine function, as may ``close``; what it returns is ignored.
        loops: begin when everything is open, end before anything is closed, and begin again when they fail.
        close: is called if ``open`` succeeded.

    """

    open: Step = _nothing
    loops: Sequence[Loop] = ()
    close: Step = _nothing


@contextlib.asynccontextmanager
async def running(services: Iterable[Service]) -> AsyncIterator[None]:
    """``services`` at work: opened in order, closed in the reverse."""
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
    """Run ``loop``, and run it again when it fails: no background loop may end unseen."""
    while True:
        try:
            await loop()
        except Exception:
            logger.exception("a background job failed and starts again")
            await asyncio.sleep(1)
        else:
            return


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
