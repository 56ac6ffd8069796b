"""Health of channels: which rest, which are disabled, and who is notified."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from oneapi.domain.errors import Fault, StorageUnavailable, UpstreamError, UpstreamGarbage, UpstreamRefusal
from oneapi.domain.routing.channels import ChannelStatus
from oneapi.domain.routing.health import Breaker, LowSuccessRate, MetricRule, SuccessWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine

    from oneapi.application.catalog import Catalog
    from oneapi.application.messages.notices import Notices
    from oneapi.application.ports.channels import ChannelRepository
    from oneapi.domain.routing.channels import Channel
    from oneapi.domain.routing.health import Cause

logger = logging.getLogger(__name__)

#: Faults that depend on the request and say nothing about the channel's health.
UNCOUNTED = (Fault.REQUEST, Fault.SETUP)


class ChannelHealth:
    """Records the outcome of every attempt on a channel.

    ``metric`` is the rule of ``ENABLE_METRIC``, or None. Automatic disabling follows the option of that name and
    applies only to enabled channels, so that it happens, and is reported, once.
    """

    def __init__(
        self,
        channels: ChannelRepository,
        catalog: Catalog,
        *,
        clock: Callable[[], float],
        metric: MetricRule | None,
        notices: Notices,
    ) -> None:
        self._channels = channels
        self._catalog = catalog
        self._clock = clock
        self._metric = metric
        self._notices = notices
        #: Each with its channel at the time: a channel that has changed since starts with a new breaker.
        self._breakers: dict[int, tuple[Channel, Breaker]] = {}
        self._windows: dict[int, tuple[Channel, SuccessWindow]] = {}
        self._giving_up: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def resting(self) -> Collection[int]:
        """Ids of the channels that rest now."""
        if not self._breakers:
            return ()
        now, channels = self._clock(), self._catalog.current.channels
        return {
            channel.id
            for channel, breaker in self._breakers.values()
            if breaker.is_resting(now) and channels.get(channel.id) == channel
        }

    def started(self, channel: Channel) -> None:
        if self._breakers and channel.id in self._breakers:
            self._breaker(channel).started(self._clock())

    def succeeded(self, channel: Channel) -> None:
        self._breakers.pop(channel.id, None)
        if self._metric is not None:
            self._window(channel).record(True, self._metric)

    def failed(self, channel: Channel, error: UpstreamError, user_id: int) -> None:
        """A request of ``user_id`` failed on the channel; faults of the request itself do not count.

        An answer in an unexpected format may be caused by an unusual request, and counts once per user.
        """
        if isinstance(error, UpstreamRefusal):
            if (
                error.fault is Fault.ACCOUNT
                and self._catalog.current.options.automatic_disable_channel_enabled
            ):
                self._give_up(channel, error.cause)
                return
            if error.fault in UNCOUNTED:
                return
        suspect = user_id if isinstance(error, UpstreamGarbage) else None
        self._breaker(channel).failed(self._clock(), _retry_after(error), suspect)
        if self._metric is None:
            return
        rate = self._window(channel).record(False, self._metric, suspect)
        if rate is not None:
            self._give_up(channel, LowSuccessRate(rate))

    async def passed(self, channel: Channel) -> None:
        """Record that a test passed: end the channel's rest, and enable it if it was disabled automatically."""
        self._forget(channel)
        if (
            channel.status == ChannelStatus.DISABLED_AUTOMATICALLY
            and self._catalog.current.options.automatic_enable_channel_enabled
        ):
            await self.enable(channel)

    def _forget(self, channel: Channel) -> None:
        self._breakers.pop(channel.id, None)
        self._windows.pop(channel.id, None)

    async def close(self) -> None:
        """Wait for background work under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _breaker(self, channel: Channel) -> Breaker:
        known = self._breakers.get(channel.id)
        if known is None or known[0] != channel:
            known = self._breakers[channel.id] = (channel, Breaker())
        return known[1]

    def _window(self, channel: Channel) -> SuccessWindow:
        known = self._windows.get(channel.id)
        if known is None or known[0] != channel:  # changed, or a new channel with a reused id
            known = self._windows[channel.id] = channel, SuccessWindow()
        return known[1]

    def _give_up(self, channel: Channel, cause: Cause) -> None:
        """Disable the channel: in this process at once, in the database as soon as it can be written."""
        if channel.id in self._giving_up:
            return
        self._giving_up.add(channel.id)
        self._catalog.withdraw(channel)
        self._spawn(self._withdrawn(channel, cause))

    async def _withdrawn(self, channel: Channel, cause: Cause) -> None:
        try:
            await self.disable(channel, cause)
        finally:
            self._giving_up.discard(channel.id)
            self._catalog.restore(channel.id)

    async def disable(self, channel: Channel, cause: Cause) -> None:
        """Disable an enabled channel; no effect while the storage is unavailable."""
        try:
            changed = await self._channels.set_status(
                channel.id, ChannelStatus.DISABLED_AUTOMATICALLY, only_from=ChannelStatus.ENABLED
            )
            if changed:
                logger.warning("channel %s (#%d) was disabled: %s", channel.name, channel.id, cause)
                self._notices.channel_disabled(channel.id, channel.name, cause)
                await self._catalog.refresh()
        except StorageUnavailable as error:
            logger.warning("channel #%d could not be disabled: %s", channel.id, error)

    async def enable(self, channel: Channel) -> None:
        """Enable a channel that was disabled automatically; no effect on others."""
        changed = await self._channels.set_status(
            channel.id, ChannelStatus.ENABLED, only_from=ChannelStatus.DISABLED_AUTOMATICALLY
        )
        if changed:
            logger.warning("channel %s (#%d) was enabled: it passed its test", channel.name, channel.id)
            self._notices.channel_enabled(channel.id, channel.name)
            self._forget(channel)
            await self._catalog.refresh()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _retry_after(error: UpstreamError) -> float | None:
    if isinstance(error, UpstreamRefusal) and error.busy:
        return error.retry_after if error.retry_after is not None else 1.0
    return None
