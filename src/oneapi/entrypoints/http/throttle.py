"""Counting callers by their address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import TooManyRequests
from oneapi.domain.limits import counted_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from sanic import Request

    from oneapi.application.ports import RateLimits
    from oneapi.domain.limits import Rate


@frozen
class Throttle:
    """One rate of one kind of requests; called with each of them, it raises TooManyRequests for those beyond it."""

    limits: RateLimits
    rate: Rate
    address: Callable[[Request], str]

    async def __call__(self, request: Request) -> None:
        wait = await self.limits.admit(self.rate, counted_as(self.address(request)))
        if wait is not None:
            raise TooManyRequests(wait)
