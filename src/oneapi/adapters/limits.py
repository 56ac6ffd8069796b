"""Rate limits: what callers did lately, counted in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from oneapi.domain.limits import SlidingWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.domain.limits import Rate


@define
class MemoryLimits:
    """Implements ``RateLimits`` for one process."""

    _clock: Callable[[], float]
    _window: SlidingWindow = field(factory=SlidingWindow)

    async def admit(self, rate: Rate, key: str) -> float | None:
        return self._window.admit(rate, key, self._clock())

    async def wait(self, rate: Rate, key: str) -> float | None:
        return self._window.wait(rate, key, self._clock())
