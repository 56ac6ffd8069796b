"""Providers that report balances, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from oneapi.domain.errors import UnsupportedEndpoint

if TYPE_CHECKING:
    from oneapi.domain.routing.channels import Channel

TELLING = (1, 8, 20)


@define
class FakeBalances:
    """Channel id -> its balance or error. Types 1, 8 and 20 report balances; 20 works without one."""

    answers: dict[int, float | Exception] = field(factory=dict)
    asked: list[int] = field(factory=list)

    def can_read(self, channel_type: int) -> bool:
        return channel_type in TELLING

    def ends_service(self, channel_type: int) -> bool:
        return channel_type in (1, 8)

    async def balance(self, channel: Channel) -> float:
        if channel.type not in TELLING:
            raise UnsupportedEndpoint(feature="the balance")
        self.asked.append(channel.id)
        answer = self.answers[channel.id]
        if isinstance(answer, Exception):
            raise answer
        return answer
