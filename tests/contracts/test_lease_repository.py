"""A lease has one holder at a time, on every product and in the fake; only the store's clock counts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from oneapi.adapters.database.repositories.leases import SqlLeaseRepository
from tests.fakes.operations.leases import FakeLeases

if TYPE_CHECKING:
    from oneapi.application.ports.operations import LeaseRepository

HOUR = 3600


@pytest.fixture
def leases(product: str, request: pytest.FixtureRequest) -> LeaseRepository:
    if product == "fake":
        return FakeLeases(lambda: 1_700_000_000.5)
    return SqlLeaseRepository(request.getfixturevalue("database"))


async def test_one_of_many_processes_gets_the_lease(leases: LeaseRepository) -> None:
    took = await asyncio.gather(*(leases.take("job", f"p{n}", seconds=HOUR) for n in range(8)))
    assert sum(took) == 1
    assert await leases.take("other job", "p9", seconds=HOUR)


async def test_the_holder_renews_the_lease_and_reports(leases: LeaseRepository) -> None:
    assert await leases.look("job") is None
    assert await leases.take("job", "a", seconds=HOUR)
    assert not await leases.take("job", "a", seconds=HOUR), "each run is an owner of its own"
    assert await leases.renew("job", "a", seconds=HOUR, report='{"说":"😀"}')
    assert not await leases.renew("job", "b", seconds=HOUR, report="b")
    found = await leases.look("job")
    assert found is not None
    assert (found.held, found.report) == (True, '{"说":"😀"}')


async def test_an_expired_lease_is_taken_over(leases: LeaseRepository) -> None:
    assert await leases.take("job", "dead", seconds=0)
    found = await leases.look("job")
    assert found is not None
    assert not found.held
    assert await leases.take("job", "heir", seconds=HOUR)
    assert not await leases.renew("job", "dead", seconds=HOUR, report="late")
    await leases.release("job", "dead", report="late", finished=True)
    found = await leases.look("job")
    assert found is not None
    assert (found.held, found.report) == (True, "")


async def test_a_released_lease_is_free_at_once(leases: LeaseRepository) -> None:
    assert await leases.take("job", "a", seconds=HOUR)
    await leases.release("job", "a", report="over", finished=False)
    found = await leases.look("job")
    assert found is not None
    assert (found.held, found.report) == (False, "over")
    assert await leases.take("job", "b", seconds=HOUR)


async def test_the_pause_counts_from_the_first_check_and_from_the_end(leases: LeaseRepository) -> None:
    assert not await leases.take("job", "a", seconds=HOUR, pause=60), "a new installation waits for a period"
    assert await leases.take("job", "a", seconds=HOUR)
    await leases.release("job", "a", report="", finished=True)
    assert not await leases.take("job", "b", seconds=HOUR, pause=60)
    assert await leases.take("job", "b", seconds=HOUR, pause=0)
    found = await leases.look("job")
    assert found is not None
    assert 0 <= found.idle < 60
