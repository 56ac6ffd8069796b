"""What the hot path reads: channels, options and prices as one immutable snapshot."""

from __future__ import annotations

import asyncio
import logging
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.money.pricing import PriceBook
from oneapi.domain.options import read_options
from oneapi.domain.routing.channels import ChannelStatus, parse_record
from oneapi.domain.routing.ranking import by_priority

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from oneapi.application.ports.channels import ChannelRepository
    from oneapi.application.ports.operations import OptionRepository, Versions
    from oneapi.domain.money.pricing import Tables
    from oneapi.domain.options import Options
    from oneapi.domain.routing.channels import Channel, ChannelRecord

logger = logging.getLogger(__name__)

Tiers = tuple[tuple["Channel", ...], ...]

#: Seconds between two polls for changes made by other processes.
POLL_EVERY = 1.0
NO_DEFAULTS: Mapping[str, str] = MappingProxyType({})


@frozen
class Snapshot:
    """Everything that administrators can change, at one moment."""

    channels: Mapping[int, Channel]
    #: (group, model) -> enabled channels in tiers of priority
    routes: Mapping[tuple[str, str], Tiers]
    #: group -> models that an enabled channel serves, sorted
    models: Mapping[str, Sequence[str]]
    #: Every model that any channel offers, enabled or not
    known_models: frozenset[str]
    options: Options
    prices: PriceBook
    #: The options as they are stored.
    stored: Mapping[str, str]


def build(
    records: Sequence[ChannelRecord],
    stored: Mapping[str, str],
    tables: Tables,
    defaults: Mapping[str, str] = NO_DEFAULTS,
) -> Snapshot:
    """The snapshot of these rows; ``defaults`` are options from the environment, which stored ones override."""
    channels = [parse_record(record) for record in records]
    served: dict[tuple[str, str], list[Channel]] = {}
    for channel in channels:
        if not channel.enabled:
            continue
        for group in channel.groups:
            for model in channel.models:
                served.setdefault((group, model), []).append(channel)
    models: dict[str, list[str]] = {}
    for group, model in sorted(served):
        models.setdefault(group, []).append(model)
    options = read_options({**defaults, **stored})
    return Snapshot(
        channels={channel.id: channel for channel in channels},
        routes={key: by_priority(found) for key, found in served.items()},
        models=models,
        known_models=frozenset(model for channel in channels for model in channel.models),
        options=options,
        prices=PriceBook.from_options(options, tables),
        stored=stored,
    )


def without(snapshot: Snapshot, channel: Channel) -> Snapshot:
    """``snapshot`` as if ``channel`` had been disabled automatically."""
    routes, models = dict(snapshot.routes), dict(snapshot.models)
    for group in channel.groups:
        for model in channel.models:
            left = [each for tier in routes.pop((group, model), ()) for each in tier if each.id != channel.id]
            if left:
                routes[group, model] = by_priority(left)
        models[group] = [model for model in models.get(group, ()) if (group, model) in routes]
    off = evolve(channel, status=ChannelStatus.DISABLED_AUTOMATICALLY)
    return evolve(snapshot, channels={**snapshot.channels, channel.id: off}, routes=routes, models=models)


class Catalog:
    """Holds the current snapshot, and renews it when a version counter in the database changes."""

    def __init__(
        self,
        channels: ChannelRepository,
        options: OptionRepository,
        versions: Versions,
        tables: Tables,
        *,
        forget_accounts: Callable[[], None],
        full_read_every: float,
        clock: Callable[[], float],
        defaults: Mapping[str, str] = NO_DEFAULTS,
    ) -> None:
        self._channels = channels
        self._options = options
        self._versions = versions
        self._tables = tables
        self._forget_accounts = forget_accounts
        self._full_read_every = full_read_every
        self._clock = clock
        self._defaults = defaults
        self._seen: Mapping[str, int] = {}
        self._read_at = 0.0
        #: The snapshot of the database, and the one in force, which lacks the channels that are being disabled.
        self._stored: Snapshot | None = None
        self._snapshot: Snapshot | None = None
        self._withdrawn: dict[int, Channel] = {}
        self._refreshing = asyncio.Lock()
        self._nudge = asyncio.Event()

    @property
    def current(self) -> Snapshot:
        assert self._snapshot is not None, "Catalog.refresh() comes before the first request"  # noqa: S101
        return self._snapshot

    @property
    def loaded(self) -> bool:
        return self._snapshot is not None

    async def refresh(self) -> None:
        """Read everything again; changes committed before this call are visible afterwards."""
        async with self._refreshing:
            seen = await self._versions.current()
            records, stored = await self._channels.all(), await self._options.all()
            self._stored = build(records, stored, self._tables, self._defaults)
            self._put_in_force()
            self._seen = seen
            self._read_at = self._clock()

    def withdraw(self, channel: Channel) -> None:
        """Send no more requests to ``channel`` until ``restore``, while it is being disabled in the database."""
        self._withdrawn[channel.id] = channel
        self._put_in_force()

    def restore(self, channel_id: int) -> None:
        """Let the database decide again whether the channel is used."""
        if self._withdrawn.pop(channel_id, None) is not None:
            self._put_in_force()

    def _put_in_force(self) -> None:
        snapshot = self._stored
        for channel in self._withdrawn.values():
            if snapshot is not None and snapshot.channels.get(channel.id) == channel:
                snapshot = without(snapshot, channel)
        self._snapshot = snapshot

    def nudge(self) -> None:
        """Poll now: another node has announced a change."""
        self._nudge.set()

    async def watch(self) -> None:
        """Follow the changes of other processes; never returns."""
        while True:
            await _first(self._nudge.wait, POLL_EVERY)
            self._nudge.clear()
            try:
                await self._look()
            except StorageUnavailable as error:
                logger.warning("the catalog cannot be renewed: %s", error)

    async def _look(self) -> None:
        now = await self._versions.current()
        if now.get("accounts") != self._seen.get("accounts"):
            self._forget_accounts()
        due = self._clock() - self._read_at >= self._full_read_every
        moved = now.get("catalog") != self._seen.get("catalog")
        self._seen = now
        if due or moved:
            await self.refresh()


async def _first(wait: Callable[[], Awaitable[object]], seconds: float) -> None:
    try:
        await asyncio.wait_for(wait(), seconds)
    except TimeoutError:
        return
