"""Testing many channels, and disabling or enabling them by the results."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from oneapi.application.channels.probe import LONGEST_ANSWER
from oneapi.application.jobs import spread
from oneapi.domain.errors import Fault, UpstreamRefusal
from oneapi.domain.errors.channels import AlreadyTesting, UnknownScope
from oneapi.domain.jobs import Outcome
from oneapi.domain.routing.channels import ChannelStatus, parse_record
from oneapi.domain.routing.health import SlowTest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from oneapi.application.catalog import Catalog
    from oneapi.application.channels.health import ChannelHealth
    from oneapi.application.channels.probe import ChannelProbe, Verdict
    from oneapi.application.jobs import Jobs, Progress
    from oneapi.application.messages.notices import Notices
    from oneapi.application.ports.channels import ChannelRepository
    from oneapi.domain.jobs import Report
    from oneapi.domain.routing.channels import Channel

logger = logging.getLogger(__name__)

JOB = "channel_test"
SCOPES = ("all", "disabled")
OFF = (ChannelStatus.DISABLED_BY_HAND, ChannelStatus.DISABLED_AUTOMATICALLY)
#: The most tests at a time, so that a channel that hangs does not delay the others.
AT_ONCE = 8


class ChannelTests:
    """Tests many channels, in one process at a time.

    ``apart``: seconds between the starts of two tests; ``language``: of reports.
    """

    def __init__(
        self,
        probe: ChannelProbe,
        channels: ChannelRepository,
        catalog: Catalog,
        health: ChannelHealth,
        jobs: Jobs,
        *,
        apart: float,
        language: str,
        notices: Notices,
    ) -> None:
        self._probe = probe
        self._channels = channels
        self._catalog = catalog
        self._health = health
        self._jobs = jobs
        self._apart = apart
        self._language = language
        self._notices = notices

    async def start(self, scope: str) -> None:
        """Test all channels, or only the disabled ones, in the background. Raises Refusal."""
        if scope not in SCOPES:
            raise UnknownScope(scope=scope)
        wanted = None if scope == "all" else OFF
        await self._start(lambda channel: wanted is None or channel.status in wanted, counts=scope == "all")

    async def start_some(self, channel_ids: Collection[int]) -> None:
        """Like ``start``, for these channels."""
        wanted = frozenset(channel_ids)
        await self._start(lambda channel: channel.id in wanted, counts=False)

    async def run(self, progress: Progress, wanted: Callable[[Channel], bool] = lambda _: True) -> None:
        """Test the ``wanted`` channels, and disable or enable them by the results."""
        channels = [channel for channel in map(parse_record, await self._channels.all()) if wanted(channel)]
        progress.total = len(channels)

        async def one(channel: Channel) -> None:
            verdict = await self._probe.ask(channel)
            progress.results.append(
                Outcome(
                    channel.id,
                    channel.name,
                    not verdict.failed,
                    self._probe.message(verdict, self._language)[:LONGEST_ANSWER],
                    time=round(verdict.seconds, 3),
                )
            )
            await self._probe.remember(channel, verdict, seconds=verdict.seconds)
            await self._judge(channel, verdict)

        await spread(one, channels, at_once=AT_ONCE, apart=self._apart)
        failed = sum(not outcome.success for outcome in progress.results)
        logger.info("tested %d channels, %d failed", len(channels), failed)
        self._notices.tests_finished(tested=len(channels), failed=failed)

    async def report(self) -> Report:
        """The progress of the current run on any node, or else the result of the last one."""
        return await self._jobs.report(JOB)

    async def _start(self, wanted: Callable[[Channel], bool], *, counts: bool) -> None:
        async def work(progress: Progress) -> None:
            await self.run(progress, wanted)

        if not await self._jobs.start(JOB, work, counts=counts):
            raise AlreadyTesting

    async def _judge(self, channel: Channel, verdict: Verdict) -> None:
        if verdict.passed:
            await self._health.passed(channel)
        if not channel.enabled:
            return  # channels disabled by hand stay disabled
        options = self._catalog.current.options
        threshold, error = options.channel_disable_threshold, verdict.failure
        if 0 < threshold < verdict.seconds:
            if options.automatic_disable_channel_enabled:
                await self._health.disable(channel, SlowTest(verdict.seconds, float(threshold)))
            else:
                self._notices.channel_slow(
                    channel.id, channel.name, seconds=verdict.seconds, threshold=float(threshold)
                )
        elif (
            isinstance(error, UpstreamRefusal)
            and error.fault is Fault.ACCOUNT
            and options.automatic_disable_channel_enabled
        ):
            await self._health.disable(channel, error.cause)
