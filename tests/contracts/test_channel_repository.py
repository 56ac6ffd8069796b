"""Lists of channels are filtered and sorted in the same way on every product and in the fake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from oneapi.adapters.database.repositories.channels import SqlChannelRepository
from oneapi.domain.changes import named
from oneapi.domain.routing.channels import (
    CHANNEL_ORDERS,
    LONGEST_TEST_ERROR,
    ChannelFilter,
    ChannelFindings,
    ChannelRecord,
)
from tests.fakes.channels.channels import FakeChannels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.application.ports.channels import ChannelRepository

RECORDS = (
    ChannelRecord(type=1, name="alpha", models="gpt-4o,gpt-4o-mini", group="default,vip", priority=5),
    ChannelRecord(type=1, name="beta", models="gpt-4o-mini", group="vip", status=2, priority=None),
    ChannelRecord(type=14, name="a%lpha", models="claude, gpt-4o", group="default", status=3, balance=2.5),
    ChannelRecord(
        type=14, name="gamma", models="", group="vip2", response_time=90, weight=3, test_outcome="failed"
    ),
)


@pytest.fixture
def empty(product: str, request: pytest.FixtureRequest) -> ChannelRepository:
    if product == "fake":
        return FakeChannels()
    return SqlChannelRepository(request.getfixturevalue("database"))


@pytest.fixture
async def channels(empty: ChannelRepository) -> ChannelRepository:
    await empty.add(RECORDS)
    return empty


async def names(
    channels: ChannelRepository, where: ChannelFilter, order: str = "", offset: int = 0, limit: int = 10
) -> Sequence[str]:
    found = await channels.page(where, offset=offset, limit=limit, order=order)
    return [record.name for record in found]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (ChannelFilter(), ["gamma", "a%lpha", "beta", "alpha"]),
        (ChannelFilter(type=14), ["gamma", "a%lpha"]),
        (ChannelFilter(status=2), ["beta"]),
        (ChannelFilter(type=1, status=1), ["alpha"]),
        (ChannelFilter(group="vip"), ["beta", "alpha"]),
        (ChannelFilter(group="vip,default"), []),
        (ChannelFilter(group="%"), []),
        (ChannelFilter(model="gpt-4o"), ["a%lpha", "alpha"]),
        (ChannelFilter(model="gpt_4o"), []),
        (ChannelFilter(keyword="a"), ["a%lpha", "alpha"]),
        (ChannelFilter(keyword="a%"), ["a%lpha"]),
        (ChannelFilter(keyword="a", group="vip"), ["alpha"]),
        (ChannelFilter(type=99), []),
        (ChannelFilter(test_outcome="failed"), ["gamma"]),
        (ChannelFilter(test_outcome="passed"), []),
    ],
)
async def test_filters(channels: ChannelRepository, where: ChannelFilter, found: list[str]) -> None:
    assert await names(channels, where) == found
    assert await channels.count(where) == len(found)


async def test_filter_by_id(channels: ChannelRepository) -> None:
    [record] = await channels.page(ChannelFilter(status=2), offset=0, limit=1, order="")
    assert await names(channels, ChannelFilter(keyword=str(record.id))) == ["beta"]


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("id", ["alpha", "beta", "a%lpha", "gamma"]),
        ("-id", ["gamma", "a%lpha", "beta", "alpha"]),
        ("name", ["a%lpha", "alpha", "beta", "gamma"]),
        ("-name", ["gamma", "beta", "alpha", "a%lpha"]),
        ("priority", ["gamma", "a%lpha", "beta", "alpha"]),
        ("-priority", ["alpha", "gamma", "a%lpha", "beta"]),
        ("-balance", ["a%lpha", "gamma", "beta", "alpha"]),
        ("-response_time", ["gamma", "a%lpha", "beta", "alpha"]),
        ("key", ["gamma", "a%lpha", "beta", "alpha"]),
        ("nonsense", ["gamma", "a%lpha", "beta", "alpha"]),
    ],
)
async def test_orders(channels: ChannelRepository, order: str, found: list[str]) -> None:
    if order.endswith("name"):  # products sort punctuation differently
        found = [name for name in found if name != "a%lpha"]
        assert [name for name in await names(channels, ChannelFilter(), order) if name != "a%lpha"] == found
        return
    assert await names(channels, ChannelFilter(), order) == found
    assert await names(channels, ChannelFilter(), order, offset=1, limit=2) == found[1:3]


async def test_every_order_works(channels: ChannelRepository) -> None:
    for order in CHANNEL_ORDERS:
        assert len(await names(channels, ChannelFilter(), order)) == len(RECORDS)


async def test_findings_are_stored_and_change_nothing_else(channels: ChannelRepository) -> None:
    [record] = await channels.page(ChannelFilter(status=2), offset=0, limit=1, order="")
    found = ChannelFindings(
        response_time=120,
        test_time=9,
        balance=1.25,
        balance_updated_time=10,
        test_outcome="failed",
        test_error="没" * LONGEST_TEST_ERROR,
    )
    await channels.note(record.id, found)
    await channels.note(record.id + 1000, found)
    assert await channels.get(record.id) == evolve(record, **named(found))
