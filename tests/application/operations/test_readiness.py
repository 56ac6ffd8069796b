"""Readiness checks the components once a second, and names what is missing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define

from oneapi.application.operations.readiness import GOOD_FOR, Readiness
from oneapi.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping


@define
class World:
    """The state of the components."""

    now: float = 1000.0
    database: Exception | None = None
    loaded: bool = True
    spool: bool = True
    redis: bool | None = True
    writing: bool = True
    set_aside: int = 0
    looks: int = 0

    async def current(self) -> Mapping[str, int]:
        self.looks += 1
        await asyncio.sleep(0)
        if self.database is not None:
            raise self.database
        return {}

    def writable(self) -> bool:
        return self.spool

    async def answers(self) -> bool | None:
        return self.redis

    def readiness(self) -> Readiness:
        everything: Any = self
        return Readiness(
            everything,
            everything,
            everything,
            everything,
            redis_answers=self.answers,
            clock=lambda: self.now,
        )


async def test_a_server_with_all_components_is_ready() -> None:
    report = await World().readiness()()
    assert report.ready
    assert report.components == {
        "database": "ok",
        "catalog": "ok",
        "spool": "ok",
        "ledger": "ok",
        "redis": "ok",
    }


@pytest.mark.parametrize(
    ("component", "said", "world", "ready"),
    [
        ("database", "unreachable", World(database=StorageUnavailable(cause="postgres://secret@x")), False),
        ("database", "unreachable", World(database=TimeoutError()), False),
        ("catalog", "not loaded", World(loaded=False), False),
        ("spool", "not writable", World(spool=False), False),
        ("ledger", "cannot write charges", World(writing=False), False),
        ("ledger", "ok, 2 charges set aside", World(set_aside=2), True),
        ("ledger", "cannot write charges, 1 charges set aside", World(writing=False, set_aside=1), False),
        ("redis", "unreachable", World(redis=False), True),
        ("redis", "not configured", World(redis=None), True),
    ],
)
async def test_missing_components_are_named(component: str, said: str, world: World, *, ready: bool) -> None:
    report = await world.readiness()()
    assert (report.components[component], report.ready) == (said, ready)


async def test_components_are_checked_once_a_second_however_many_callers_ask() -> None:
    world = World()
    readiness = world.readiness()
    await asyncio.gather(*(readiness() for _ in range(20)))
    assert world.looks == 1
    world.spool = False
    assert (await readiness()).ready
    world.now += GOOD_FOR
    assert not (await readiness()).ready
    world.now -= 3600  # the clock was set back
    await readiness()
    assert world.looks == 3
