"""Balances of the accounts behind channels."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from oneapi.application.jobs import spread
from oneapi.domain.errors import ChannelMisconfigured, GatewayError, UpstreamError
from oneapi.domain.errors.administration import NotFound
from oneapi.domain.errors.channels import AlreadyReadingBalances, BalanceUnreadable
from oneapi.domain.jobs import Outcome
from oneapi.domain.routing.channels import ChannelFindings, parse_record
from oneapi.domain.routing.health import NoBalance

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.catalog import Catalog
    from oneapi.application.channels.health import ChannelHealth
    from oneapi.application.jobs import Jobs, Progress
    from oneapi.application.ports.channels import BalanceReader, ChannelRepository
    from oneapi.application.ports.operations import ErrorTexts
    from oneapi.domain.jobs import Report
    from oneapi.domain.routing.channels import Channel

logger = logging.getLogger(__name__)

JOB = "channel_balance"
AT_ONCE = 4


class ChannelBalances:
    """Reads balances from providers, in the unit that each reports, and stores them.

    ``apart``: seconds between two channels when all are read; ``language``: of reports.
    """

    def __init__(  # noqa: PLR0913  # each is one piece of the world, named where everything is wired
        self,
        channels: ChannelRepository,
        catalog: Catalog,
        reader: BalanceReader,
        health: ChannelHealth,
        jobs: Jobs,
        *,
        clock: Callable[[], float],
        apart: float,
        explain: ErrorTexts,
        language: str,
    ) -> None:
        self._channels = channels
        self._catalog = catalog
        self._reader = reader
        self._health = health
        self._jobs = jobs
        self._clock = clock
        self._apart = apart
        self._explain = explain
        self._language = language

    async def update(self, channel_id: int) -> float:
        """Read, store and return the balance. Raises Refusal, or CallerError for a type that reports none."""
        record = await self._channels.get(channel_id)
        if record is None:
            raise NotFound
        try:
            return await self._read(parse_record(record))
        except (UpstreamError, ChannelMisconfigured) as error:
            raise BalanceUnreadable(error) from None

    async def start(self) -> None:
        """Read all balances in the background. Raises Refusal while a node is already doing so."""
        if not await self._jobs.start(JOB, self.run):
            raise AlreadyReadingBalances

    async def run(self, progress: Progress) -> None:
        """Read the balance of every enabled channel that reports one; disable those without a balance."""
        channels = [
            channel
            for channel in map(parse_record, await self._channels.all())
            if channel.enabled and self._reader.can_read(channel.type)
        ]
        progress.total = len(channels)

        async def one(channel: Channel) -> None:
            try:
                balance = await self._read(channel)
            except GatewayError as error:
                progress.results.append(
                    Outcome(
                        channel.id, channel.name, success=False, message=self._explain(error, self._language)
                    )
                )
                return
            progress.results.append(
                Outcome(channel.id, channel.name, success=True, message="", balance=balance)
            )
            enabled = self._catalog.current.options.automatic_disable_channel_enabled
            if balance <= 0 and enabled and self._reader.ends_service(channel.type):
                await self._health.disable(channel, NoBalance())

        await spread(one, channels, at_once=AT_ONCE, apart=self._apart)
        logger.info("read the balances of %d channels", len(channels))

    async def report(self) -> Report:
        """The progress of the current run on any node, or else the result of the last one."""
        return await self._jobs.report(JOB)

    async def _read(self, channel: Channel) -> float:
        balance = await self._reader.balance(channel)
        found = ChannelFindings(balance=balance, balance_updated_time=int(self._clock()))
        await self._channels.note(channel.id, found)
        return balance
