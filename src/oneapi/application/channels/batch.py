"""The same change to several channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import Refusal
from oneapi.domain.errors.channels import NothingToSet
from oneapi.domain.routing.channels import ChannelChanges, ChannelStatus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from oneapi.application.audit import Actor
    from oneapi.application.channels.manage_channels import ManageChannels


@frozen
class Done:
    """The result for one channel; ``refusal`` None: it was changed."""

    channel_id: int
    refusal: Refusal | None = None


class BatchChannels:
    """Changes and audits each channel on its own, so that a refusal does not affect the others."""

    def __init__(self, channels: ManageChannels) -> None:
        self._channels = channels

    async def enable(self, actor: Actor, channel_ids: Sequence[int]) -> list[Done]:
        return await self._update(actor, channel_ids, ChannelChanges(status=ChannelStatus.ENABLED))

    async def disable(self, actor: Actor, channel_ids: Sequence[int]) -> list[Done]:
        return await self._update(actor, channel_ids, ChannelChanges(status=ChannelStatus.DISABLED_BY_HAND))

    async def delete(self, actor: Actor, channel_ids: Sequence[int]) -> list[Done]:
        async def delete(channel_id: int) -> None:
            await self._channels.get(channel_id)
            await self._channels.delete(actor, channel_id)

        return await _each(channel_ids, delete)

    async def set(self, actor: Actor, channel_ids: Sequence[int], wanted: ChannelChanges) -> list[Done]:
        """Change the channels. Raises Refusal if there is nothing to change."""
        if wanted == ChannelChanges():
            raise NothingToSet
        return await self._update(actor, channel_ids, wanted)

    async def _update(self, actor: Actor, channel_ids: Sequence[int], wanted: ChannelChanges) -> list[Done]:
        async def update(channel_id: int) -> None:
            await self._channels.update(actor, channel_id, wanted)

        return await _each(channel_ids, update)


async def _each(channel_ids: Sequence[int], work: Callable[[int], Awaitable[None]]) -> list[Done]:
    """One result for each id, in order; duplicates count once."""
    results = []
    for channel_id in dict.fromkeys(channel_ids):
        try:
            await work(channel_id)
        except Refusal as refusal:
            results.append(Done(channel_id, refusal))
        else:
            results.append(Done(channel_id))
    return results
