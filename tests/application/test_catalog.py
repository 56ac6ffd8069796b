"""The snapshot that requests read, and the immediate effect of withdrawn channels and of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from oneapi.application.catalog import Catalog
from oneapi.application.channels.health import ChannelHealth
from oneapi.data import price_tables
from oneapi.domain.errors import Fault, StorageUnavailable, UpstreamRefusal
from oneapi.domain.routing.channels import ChannelChanges, ChannelRecord, ChannelStatus
from tests.fakes.channels.channels import FakeChannels
from tests.fakes.messages import FakeNotices
from tests.fakes.operations.options import FakeOptions, FakeVersions

if TYPE_CHECKING:
    from typing import Any

RECORD = ChannelRecord(type=1, key="sk-secret", name="c", models="a,b", group="default,vip")
REFUSED = UpstreamRefusal(401, "no such key", fault=Fault.ACCOUNT)


async def catalog_of(channels: FakeChannels) -> Catalog:
    options = FakeOptions()
    await options.put({"AutomaticDisableChannelEnabled": "true"})
    made = Catalog(
        channels,
        options,
        FakeVersions(),
        price_tables(),
        forget_accounts=lambda: None,
        full_read_every=600,
        clock=lambda: 0,
    )
    await made.refresh()
    return made


def served(catalog: Catalog) -> dict[tuple[str, str], list[int]]:
    return {key: [c.id for tier in tiers for c in tier] for key, tiers in catalog.current.routes.items()}


@pytest.fixture
async def channels() -> FakeChannels:
    made = FakeChannels()
    await made.add([RECORD, evolve(RECORD, models="b,c", priority=5)])
    return made


async def test_a_withdrawn_channel_gets_no_more_requests(channels: FakeChannels) -> None:
    catalog = await catalog_of(channels)
    before = catalog.current
    catalog.withdraw(before.channels[2])
    for group in ("default", "vip"):
        assert served(catalog)[group, "b"] == [1]
        assert (group, "c") not in served(catalog)
        assert list(catalog.current.models[group]) == ["a", "b"]
    assert not catalog.current.channels[2].enabled
    await catalog.refresh()  # of what was written before
    assert served(catalog)["default", "b"] == [1]
    catalog.restore(2)
    assert served(catalog)["default", "b"] == [2, 1]
    assert catalog.current.routes == before.routes
    assert catalog.current.models == before.models


async def test_a_channel_that_was_changed_meanwhile_is_used(channels: FakeChannels) -> None:
    catalog = await catalog_of(channels)
    catalog.withdraw(catalog.current.channels[2])
    await channels.update(2, ChannelChanges(key="another"))
    await catalog.refresh()
    assert served(catalog)["default", "b"] == [2, 1]


@pytest.mark.parametrize("away", [False, True])
async def test_a_channel_that_is_given_up_is_disabled_at_once(
    channels: FakeChannels, monkeypatch: pytest.MonkeyPatch, *, away: bool
) -> None:
    """This happens before anything is written; if the write fails, the channel is used again."""
    catalog = await catalog_of(channels)
    notices: Any = FakeNotices()
    health = ChannelHealth(channels, catalog, clock=lambda: 0, metric=None, notices=notices)
    if away:

        async def unavailable(*_: object, **__: object) -> bool:
            raise StorageUnavailable

        monkeypatch.setattr(FakeChannels, "set_status", unavailable)
    channel = catalog.current.channels[2]
    for _ in range(5):
        health.failed(channel, REFUSED, 1)
    assert served(catalog)["default", "b"] == [1]
    await health.close()
    assert served(catalog)["default", "b"] == ([2, 1] if away else [1])
    assert channels.rows[2].status == (
        ChannelStatus.ENABLED if away else ChannelStatus.DISABLED_AUTOMATICALLY
    )
    assert len(notices.told) == (0 if away else 1)
