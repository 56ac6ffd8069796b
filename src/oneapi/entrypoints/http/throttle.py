"""Rate limits by client address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import TooManyRequests
from oneapi.domain.limits import counted_as

if TYPE_CHECKING:
    from collections.abc import Callable

    from sanic import Request

    from oneapi.application.ports.operations import RateLimits
    from oneapi.domain.limits import Rate


@frozen
class Throttle:
    """A rate limit for one kind of request. Call it for each; it raises TooManyRequests beyond the limit."""

    limits: RateLimits
    rate: Rate
    address: Callable[[Request], str]

    async def __call__(self, request: Request) -> None:
        wait = await self.limits.admit(self.rate, counted_as(self.address(request)))
        if wait is not None:
            raise TooManyRequests(wait)
