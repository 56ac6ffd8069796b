"""The audit log stores entries and lists them newest first, on every product and in the fake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from oneapi.adapters.database.repositories.audit import SqlAuditRepository
from oneapi.domain.logs.audit import AuditEntry, AuditFilter
from tests.fakes.operations.audit import FakeAudit

if TYPE_CHECKING:
    from oneapi.application.ports.operations import AuditRepository

ENTRY = AuditEntry(
    created_at=100,
    user_id=7,
    username="root",
    address="2001:db8::1",
    request_id="2026",
    action="channel.update",
    target="channel 3",
    before='{"name":"旧"}',
    after='{"name":"新"}',
)


@pytest.fixture
def entries(product: str, request: pytest.FixtureRequest) -> AuditRepository:
    if product == "fake":
        return FakeAudit()
    return SqlAuditRepository(request.getfixturevalue("database"))


async def test_entries_are_returned_unchanged_and_newest_first(entries: AuditRepository) -> None:
    for number in range(3):
        await entries.add(evolve(ENTRY, request_id=str(number)))
    found = await entries.page(AuditFilter(), offset=0, limit=10)
    assert [evolve(entry, id=0) for entry in found] == [
        evolve(ENTRY, request_id=str(number)) for number in (2, 1, 0)
    ]
    assert found[0].id > found[1].id > found[2].id
    assert await entries.count(AuditFilter()) == 3
    page = await entries.page(AuditFilter(), offset=1, limit=1)
    assert [entry.request_id for entry in page] == ["1"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (AuditFilter(username="carol"), ["2"]),
        (AuditFilter(action="option.update"), ["1"]),
        (AuditFilter(target="channel 3"), ["2", "0"]),
        (AuditFilter(start=101), ["2", "1"]),
        (AuditFilter(end=101), ["1", "0"]),
        (AuditFilter(start=101, end=101, username="root"), ["1"]),
        (AuditFilter(username="%"), []),
    ],
)
async def test_filters(entries: AuditRepository, where: AuditFilter, found: list[str]) -> None:
    await entries.add(evolve(ENTRY, request_id="0"))
    await entries.add(
        evolve(ENTRY, request_id="1", created_at=101, action="option.update", target="option Theme")
    )
    await entries.add(evolve(ENTRY, request_id="2", created_at=102, username="carol"))
    rows = await entries.page(where, offset=0, limit=10)
    assert [entry.request_id for entry in rows] == found
    assert await entries.count(where) == len(found)
