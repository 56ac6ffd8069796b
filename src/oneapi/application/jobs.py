"""Background work that only one process of all nodes may do at a time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec
from attrs import define, evolve, field, frozen

from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.jobs import Outcome, Report

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from oneapi.application.ports.operations import LeaseRepository
    from oneapi.domain.routing.channels import Channel

    Work = Callable[["Progress"], Awaitable[None]]

logger = logging.getLogger(__name__)


@frozen
class Pace:
    """Intervals in seconds. If a process dies, another takes over within ``lease`` + ``look``."""

    lease: int = 20
    #: Between two renewals of the lease, which also publish the progress.
    renew: float = 2.0
    #: Between two checks whether a repeated job is due.
    look: float = 5.0


@define
class Progress:
    """The progress of a run, updated by the work itself."""

    started_at: int
    total: int = 0
    results: list[Outcome] = field(factory=list)

    def written(self) -> str:
        report = Report(started_at=self.started_at, total=self.total, results=tuple(self.results))
        return msgspec.json.encode(report).decode()


class Jobs:
    """Runs work under leases. ``new_owner`` returns a name that is unique to a run."""

    def __init__(
        self,
        leases: LeaseRepository,
        *,
        new_owner: Callable[[], str],
        clock: Callable[[], float],
        pace: Pace | None = None,
    ) -> None:
        self._leases = leases
        self._new_owner = new_owner
        self._clock = clock
        self._pace = pace or Pace()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, name: str, work: Work, *, counts: bool = True) -> bool:
        """Start ``work`` in the background. False, and nothing starts, while any process runs the job ``name``.

        ``counts``: the run counts as one of the repeated job, which then waits a whole period.
        """
        return await self._begin(name, work, counts=counts) is not None

    async def repeat(self, name: str, work: Work, *, every: int) -> None:
        """Run ``work`` whenever no process has done so for ``every`` seconds, at first after one period; never returns.

        Of all processes that repeat the same job, one runs it each time. A failed run is not repeated before the next
        is due.
        """
        while True:
            try:
                if await self._is_due(name, every):
                    task = await self._begin(name, work, pause=every)
                    if task is not None:
                        await asyncio.wait({task})
            except StorageUnavailable as error:
                logger.warning("cannot check whether %s is due: %s", name, error)
            await asyncio.sleep(self._pace.look)

    async def report(self, name: str) -> Report:
        """The progress of the current run on any node, or else the result of the last one."""
        lease = await self._leases.look(name)
        if lease is None:
            return Report()
        return evolve(_read(lease.report), running=lease.held)

    async def close(self) -> None:
        """Stop the jobs of this process, so that others can take over at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _is_due(self, name: str, every: int) -> bool:
        lease = await self._leases.look(name)
        return lease is None or (not lease.held and lease.idle >= every)

    async def _begin(
        self, name: str, work: Work, *, pause: int = 0, counts: bool = True
    ) -> asyncio.Task[None] | None:
        owner = self._new_owner()
        if not await self._leases.take(name, owner, seconds=self._pace.lease, pause=pause):
            return None
        task = asyncio.create_task(self._run(name, owner, work, counts=counts))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, name: str, owner: str, work: Work, *, counts: bool) -> None:
        progress = Progress(int(self._clock()))
        working = asyncio.ensure_future(work(progress))
        keeping = asyncio.ensure_future(self._keep(name, owner, progress))
        finished = False
        try:
            await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
            finished = working.done()
            if finished:
                await working
            else:
                logger.warning("%s stops here: another process may have taken over", name)
        except Exception:
            logger.exception("%s failed", name)
        finally:
            working.cancel()
            keeping.cancel()
            await asyncio.gather(working, keeping, return_exceptions=True)
            await self._release(name, owner, progress, finished=finished and counts)

    async def _keep(self, name: str, owner: str, progress: Progress) -> None:
        """Renew the lease; returns when it is lost."""
        ticks = asyncio.get_running_loop().time
        renewed = ticks()
        while True:
            await asyncio.sleep(self._pace.renew)
            now = ticks()
            try:
                kept = await self._leases.renew(
                    name, owner, seconds=self._pace.lease, report=progress.written()
                )
                renewed = now
            except StorageUnavailable:
                kept = now - renewed < self._pace.lease
            if not kept:
                return

    async def _release(self, name: str, owner: str, progress: Progress, *, finished: bool) -> None:
        try:
            await self._leases.release(name, owner, report=progress.written(), finished=finished)
        except StorageUnavailable as error:
            logger.warning("the lease of %s could not be released and will expire: %s", name, error)


async def spread(
    work: Callable[[Channel], Awaitable[None]],
    channels: Iterable[Channel],
    *,
    at_once: int,
    apart: float,
) -> None:
    """Run ``work`` for every channel, ``at_once`` of them at a time, started at least ``apart`` seconds apart.

    A failure does not affect the other channels.
    """
    free = asyncio.Semaphore(at_once)

    async def one(channel: Channel) -> None:
        try:
            await work(channel)
        except Exception:
            logger.exception("a job failed on channel #%d", channel.id)
        finally:
            free.release()

    async with asyncio.TaskGroup() as group:
        for number, channel in enumerate(channels):
            if number and apart:
                await asyncio.sleep(apart)
            await free.acquire()
            group.create_task(one(channel))


def _read(report: str) -> Report:
    """The parsed report; an empty one if it is unreadable, as a later release may have written it."""
    try:
        return msgspec.json.decode(report, type=Report) if report else Report()
    except msgspec.DecodeError:
        return Report()
