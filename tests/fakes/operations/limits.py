"""Rate limits that a test can reset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from oneapi.domain.limits import SlidingWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.domain.limits import Rate


@define
class FakeLimits:
    clock: Callable[[], float]
    window: SlidingWindow = field(factory=SlidingWindow)

    def clear(self) -> None:
        self.window = SlidingWindow()

    async def admit(self, rate: Rate, key: str) -> float | None:
        return self.window.admit(rate, key, self.clock())

    async def wait(self, rate: Rate, key: str) -> float | None:
        return self.window.wait(rate, key, self.clock())
