"""Waiting for effects of other tasks that set no event."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

#: Seconds for what has to happen within one, such as cancelling an upstream call whose client has left, with a margin
#: for slow test machines.
AT_ONCE = 3.0


async def until(condition: Callable[[], object]) -> None:
    """Return when the condition is true. Fails after ten seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # what is waited for gives no event
            await asyncio.sleep(0.001)


async def becomes(look: Callable[[], Awaitable[T]], wanted: Callable[[T], object]) -> T:
    """The first result of ``look`` that is as ``wanted``. Fails after ten seconds."""
    async with asyncio.timeout(10):
        while not wanted(seen := await look()):  # noqa: ASYNC110  # what is waited for gives no event
            await asyncio.sleep(0.005)
    return seen
