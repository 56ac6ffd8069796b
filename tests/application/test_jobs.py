"""One of all processes does a job: what the others see, and what happens when it dies."""

from __future__ import annotations

import asyncio
import itertools
import logging
from typing import TYPE_CHECKING

import pytest
from attrs import define, evolve, field

from oneapi.application.jobs import Jobs, Pace, Progress, spread
from oneapi.domain.jobs import Outcome, Report
from oneapi.domain.routing.channels import Channel
from tests.fakes.operations.leases import FakeLeases, LeaseRow
from tests.support.waiting import becomes, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

MINUTE = 60
_numbers = itertools.count()


@define
class World:
    """A store that all processes share; ``now`` is the clock of the store, which differs from theirs."""

    now: float = 1_700_000_000.0
    leases: FakeLeases = field(init=False)
    processes: list[Jobs] = field(factory=list)
    tasks: list[asyncio.Task[None]] = field(factory=list)

    @leases.default
    def _leases(self) -> FakeLeases:
        return FakeLeases(lambda: self.now)

    def process(self, *, ahead: float = 0.0, lease: int = 20) -> Jobs:
        """A process whose clock is ``ahead`` of the store's."""
        made = Jobs(
            self.leases,
            new_owner=lambda: f"run {next(_numbers)}",
            clock=lambda: self.now + ahead,
            pace=Pace(lease=lease, renew=0.001, look=0.001),
        )
        self.processes.append(made)
        return made

    def repeat(self, jobs: Jobs, work: Callable[[Progress], object]) -> None:
        self.tasks.append(asyncio.create_task(jobs.repeat("job", work, every=MINUTE)))  # type: ignore[arg-type]

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for jobs in self.processes:
            await jobs.close()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    async with asyncio.timeout(10):
        yield made
        await made.close()


async def until_over(jobs: Jobs) -> Report:
    return await becomes(lambda: jobs.report("job"), lambda report: not report.running)


async def test_a_job_that_runs_anywhere_is_not_started_again(world: World) -> None:
    here, there, gate = world.process(), world.process(), asyncio.Event()

    async def work(progress: Progress) -> None:
        progress.total = 2
        progress.results.append(Outcome(7, "c", success=True, message="hi", time=0.5))
        await gate.wait()

    assert await there.report("job") == Report()
    assert await here.start("job", work)
    assert not await here.start("job", work)
    assert not await there.start("job", work)
    seen = await becomes(lambda: there.report("job"), lambda report: report.results)
    outcome = Outcome(7, "c", success=True, message="hi", time=0.5)
    assert seen == Report(running=True, started_at=int(world.now), total=2, results=(outcome,))
    gate.set()
    assert (await until_over(there)).results == (outcome,)
    assert await there.start("job", work)


async def test_an_error_frees_the_job(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: Progress) -> None:
        raise RuntimeError("no list of channels")

    jobs = world.process()
    assert await jobs.start("job", broken)
    await until_over(jobs)
    assert await world.process().start("job", broken)
    assert "no list of channels" in caplog.text


async def test_a_dead_process_is_replaced(world: World) -> None:
    assert await world.leases.take("job", "dead", seconds=Pace().lease)
    world.leases.rows["job"] = evolve(world.leases.rows["job"], done_at=int(world.now) - MINUTE)
    done = asyncio.Event()

    async def work(_: Progress) -> None:
        done.set()

    world.repeat(world.process(), work)
    await asyncio.sleep(0.02)
    assert not done.is_set(), "as long as it may be alive"
    world.now += Pace().lease
    await done.wait()
    assert Pace().lease + Pace().look <= 30


async def test_a_process_that_loses_its_lease_stops(world: World, caplog: pytest.LogCaptureFixture) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def work(_: Progress) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    assert await world.process().start("job", work)
    await started.wait()
    world.leases.rows["job"] = LeaseRow("heir", int(world.now) + 20, 0, "")
    await stopped.wait()
    await until(lambda: "another process" in caplog.text)
    assert await world.process().report("job") == Report(running=True), "the heir's lease is left alone"


async def test_work_stops_when_its_lease_cannot_be_renewed(world: World) -> None:
    stopped = asyncio.Event()

    async def work(_: Progress) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    assert await world.process(lease=0).start("job", work)
    world.leases.away = True
    await stopped.wait()
    world.leases.away = False


async def test_a_short_outage_stops_nothing(world: World) -> None:
    gate = asyncio.Event()

    async def work(_: Progress) -> None:
        await gate.wait()

    jobs = world.process()
    assert await jobs.start("job", work)
    world.leases.away = True
    await asyncio.sleep(0.02)
    world.leases.away = False
    assert (await jobs.report("job")).running
    gate.set()
    await until_over(jobs)


async def test_each_turn_of_a_repeated_job_is_done_once_by_one_process(world: World) -> None:
    """Clocks of nodes may differ by minutes without any effect."""
    turns: list[float] = []

    async def work(_: Progress) -> None:
        turns.append(world.now)
        await asyncio.sleep(0.005)

    for ahead in (-300.0, 0.0, 300.0):
        world.repeat(world.process(ahead=ahead), work)
    await asyncio.sleep(0.02)
    assert turns == [], "the first turn comes after one period"
    for turn in (1, 2, 3):
        world.now += MINUTE
        await until(lambda turn=turn: len(turns) == turn)  # type: ignore[misc]
        await asyncio.sleep(0.02)
        assert len(turns) == turn


async def test_a_run_by_hand_replaces_a_turn_if_it_counts(world: World) -> None:
    turns: list[str] = []

    async def turn(_: Progress) -> None:
        turns.append("repeated")

    async def by_hand(_: Progress) -> None:
        turns.append("by hand")

    jobs = world.process()
    assert await jobs.start("job", by_hand, counts=False)
    await until_over(jobs)
    world.now += MINUTE
    assert await jobs.start("job", by_hand)
    await until_over(jobs)
    world.repeat(jobs, turn)
    await asyncio.sleep(0.02)
    assert turns == ["by hand", "by hand"]
    world.now += MINUTE
    await until(lambda: "repeated" in turns)


async def test_a_failed_turn_waits_for_the_next(world: World, caplog: pytest.LogCaptureFixture) -> None:
    turns = []

    async def broken(_: Progress) -> None:
        turns.append(world.now)
        raise RuntimeError("broken")

    world.repeat(world.process(), broken)
    await until(lambda: "job" in world.leases.rows)
    world.now += MINUTE
    await until(lambda: len(turns) == 1)
    await asyncio.sleep(0.02)
    assert len(turns) == 1
    world.now += MINUTE
    await until(lambda: len(turns) == 2)
    assert "job failed" in caplog.text


async def test_repeating_outlives_an_outage(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    done = asyncio.Event()

    async def work(_: Progress) -> None:
        done.set()

    world.repeat(world.process(), work)
    await until(lambda: "job" in world.leases.rows)
    world.leases.away = True
    world.now += MINUTE
    await until(lambda: "cannot check" in caplog.text)
    world.leases.away = False
    await done.wait()


async def test_a_shutdown_hands_the_job_over_at_once(world: World) -> None:
    started = asyncio.Event()

    async def work(_: Progress) -> None:
        started.set()
        await asyncio.Event().wait()

    leaving, staying = world.process(), world.process()
    assert await leaving.start("job", work)
    await started.wait()
    await leaving.close()
    assert not (await staying.report("job")).running
    assert await staying.start("job", work)


async def test_a_report_in_another_form_is_ignored(world: World) -> None:
    assert await world.leases.take("job", "newer", seconds=20)
    await world.leases.renew("job", "newer", seconds=20, report='{"results": 5}')
    assert await world.process().report("job") == Report(running=True)


def channels(count: int) -> list[Channel]:
    return [Channel(number, 1, "k", 1, "c") for number in range(count)]


async def test_a_channel_that_hangs_or_fails_does_not_delay_others(caplog: pytest.LogCaptureFixture) -> None:
    hang, done = asyncio.Event(), []

    async def work(channel: Channel) -> None:
        if channel.id == 0:
            await hang.wait()
        if channel.id == 1:
            raise RuntimeError("odd answer")
        done.append(channel.id)
        if len(done) == 498:
            hang.set()

    async with asyncio.timeout(10):
        await spread(work, channels(500), at_once=4, apart=0)
    assert sorted(done) == [0, *range(2, 500)]
    assert "channel #1" in caplog.text


async def test_the_number_of_concurrent_runs_is_limited() -> None:
    gate, started = asyncio.Event(), []

    async def work(channel: Channel) -> None:
        started.append(channel.id)
        await gate.wait()

    spreading = asyncio.create_task(spread(work, channels(9), at_once=4, apart=0))
    await until(lambda: len(started) == 4)
    await asyncio.sleep(0.01)
    assert len(started) == 4
    gate.set()
    await spreading
    assert len(started) == 9


async def test_starts_are_spread_over_time() -> None:
    ticks, starts = asyncio.get_running_loop().time, []

    async def work(_: Channel) -> None:
        starts.append(ticks())

    await spread(work, channels(3), at_once=8, apart=0.02)
    assert [later - earlier >= 0.019 for earlier, later in itertools.pairwise(starts)] == [True, True]
