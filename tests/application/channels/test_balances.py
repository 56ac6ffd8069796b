"""Balances of all channels: which are read, where they are stored, and which channels are disabled for a lack."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, evolve, field

from oneapi.application.catalog import Catalog
from oneapi.application.channels.balances import ChannelBalances
from oneapi.application.channels.health import ChannelHealth
from oneapi.application.jobs import Jobs, Pace, Progress
from oneapi.data import price_tables
from oneapi.domain.errors import CallerError, ChannelMisconfigured, Refusal, UpstreamRefusal
from oneapi.domain.errors.administration import NotFound
from oneapi.domain.errors.channels import AlreadyReadingBalances
from oneapi.domain.jobs import Outcome
from oneapi.domain.routing.channels import ChannelRecord, ChannelStatus
from oneapi.entrypoints.errors.answers import reason_of, text_of
from tests.fakes.channels.balances import FakeBalances
from tests.fakes.channels.channels import FakeChannels
from tests.fakes.messages import FakeNotices
from tests.fakes.operations.leases import FakeLeases
from tests.fakes.operations.options import FakeOptions, FakeVersions
from tests.support.waiting import becomes

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_700_000_000
RECORD = ChannelRecord(type=1, key="k", name="c", models="m")
DISABLING = {"AutomaticDisableChannelEnabled": "true"}


@define
class World:
    channels: FakeChannels = field(factory=FakeChannels)
    options: FakeOptions = field(factory=FakeOptions)
    reader: FakeBalances = field(factory=FakeBalances)
    balances: ChannelBalances = field(init=False)
    catalog: Catalog = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.catalog = Catalog(
            self.channels,
            self.options,
            FakeVersions(),
            price_tables(),
            forget_accounts=lambda: None,
            full_read_every=600,
            clock=lambda: NOW,
        )
        numbers = itertools.count()
        jobs = Jobs(
            FakeLeases(lambda: NOW),
            new_owner=lambda: str(next(numbers)),
            clock=lambda: NOW,
            pace=Pace(renew=0.001),
        )
        notices: Any = FakeNotices()
        health = ChannelHealth(self.channels, self.catalog, clock=lambda: NOW, metric=None, notices=notices)
        self.balances = ChannelBalances(
            self.channels,
            self.catalog,
            self.reader,
            health,
            jobs,
            clock=lambda: NOW,
            apart=0,
            explain=reason_of,
            language="zh",
        )

    async def holds(self, *records: ChannelRecord, options: Mapping[str, str] | None = None) -> None:
        await self.channels.add(records)
        await self.options.put(options or {})
        await self.catalog.refresh()

    async def run(self) -> Progress:
        progress = Progress(NOW)
        await self.balances.run(progress)
        return progress


@pytest.fixture
def world() -> World:
    return World()


async def test_a_balance_is_stored_in_the_providers_unit(world: World) -> None:
    await world.holds(evolve(RECORD, status=ChannelStatus.DISABLED_BY_HAND))
    world.reader.answers[1] = 12.345
    assert await world.balances.update(1) == 12.345
    stored = world.channels.rows[1]
    assert (stored.balance, stored.balance_updated_time, stored.status) == (12.345, NOW, 2)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (UpstreamRefusal(403, "status code: 403"), "status code: 403"),
        (ChannelMisconfigured(id=1, detail="it has no base URL"), "渠道 #1 配置有误：it has no base URL"),
    ],
)
async def test_a_failure_is_a_refusal_and_keeps_the_old_balance(
    world: World, failure: Exception, message: str
) -> None:
    await world.holds(evolve(RECORD, balance=5.0, balance_updated_time=9))
    world.reader.answers[1] = failure
    with pytest.raises(Refusal) as caught:
        await world.balances.update(1)
    assert text_of(caught.value, "zh") == message
    assert (world.channels.rows[1].balance, world.channels.rows[1].balance_updated_time) == (5.0, 9)


async def test_an_unknown_channel_and_a_type_without_balances_are_refused(world: World) -> None:
    await world.holds(evolve(RECORD, type=14))
    with pytest.raises(CallerError):
        await world.balances.update(1)
    with pytest.raises(NotFound):
        await world.balances.update(2)


async def test_balances_of_all_enabled_channels_that_report_one_are_read(world: World) -> None:
    off = evolve(RECORD, status=ChannelStatus.DISABLED_AUTOMATICALLY)
    await world.holds(RECORD, evolve(RECORD, type=14), off, evolve(RECORD, type=20, name="d"))
    world.reader.answers = {1: UpstreamRefusal(500, "status code: 500"), 4: 3.5}
    progress = await world.run()
    assert progress.total == 2
    assert sorted(progress.results, key=lambda outcome: outcome.channel_id) == [
        Outcome(1, "c", success=False, message="status code: 500"),
        Outcome(4, "d", success=True, message="", balance=3.5),
    ]
    assert world.channels.rows[4].balance == 3.5
    assert sorted(world.reader.asked) == [1, 4]


@pytest.mark.parametrize(
    ("number", "balance", "options", "status"),
    [
        (1, 0.0, DISABLING, 3),
        (8, -1.0, DISABLING, 3),
        (1, 0.01, DISABLING, 1),
        (20, 0.0, DISABLING, 1),
        (1, 0.0, {}, 1),
    ],
)
async def test_channels_of_empty_accounts_are_disabled(
    world: World, number: int, balance: float, options: Mapping[str, str], status: int
) -> None:
    await world.holds(evolve(RECORD, type=number), options=options)
    world.reader.answers[1] = balance
    await world.run()
    assert world.channels.rows[1].status == status


async def test_only_one_run_at_a_time_in_the_background(world: World) -> None:
    await world.holds(RECORD)
    world.reader.answers[1] = 2.5
    await world.balances.start()
    with pytest.raises(AlreadyReadingBalances):
        await world.balances.start()
    report = await becomes(world.balances.report, lambda report: not report.running)
    assert report.results == (Outcome(1, "c", success=True, message="", balance=2.5),)
