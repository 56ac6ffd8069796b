"""Waiting for what another task does, where no event tells of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


async def until(condition: Callable[[], object]) -> None:
    """Return when it is true; fail after ten seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # what is waited for gives no event
            await asyncio.sleep(0.001)


async def becomes(look: Callable[[], Awaitable[T]], wanted: Callable[[T], object]) -> T:
    """What ``look`` saw when it was as ``wanted``; fails after ten seconds."""
    async with asyncio.timeout(10):
        while not wanted(seen := await look()):  # noqa: ASYNC110  # what is waited for gives no event
            await asyncio.sleep(0.005)
    return seen
