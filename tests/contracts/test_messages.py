"""Recipients of notices, and reminders that were sent, on every product and in the fakes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select

from oneapi.adapters.database.repositories.people.reminders import SqlReminded
from oneapi.adapters.database.repositories.people.users import SqlUserRepository
from oneapi.adapters.database.schema.tables import leases, users
from oneapi.domain.people.users import Role, UserStatus
from tests.fakes.messages import FakeReminded
from tests.fakes.people.users import FakeUsers
from tests.support.stores.databases import PRODUCTS

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database
    from oneapi.application.ports.messages import Reminded
    from oneapi.application.ports.people import UserRepository

#: Id, role, status, address.
People = list[tuple[int, int, int, str | None]]


@pytest.fixture
def stored(product: str, request: pytest.FixtureRequest) -> Database | None:
    """The database; None for the fakes."""
    found: Database | None = None if product == "fake" else request.getfixturevalue("database")
    return found


@pytest.fixture
def reminded(stored: Database | None) -> Reminded:
    return FakeReminded() if stored is None else SqlReminded(stored)


async def repository_of(people: People, database: Database | None) -> UserRepository:
    if database is None:
        fake = FakeUsers()
        for number, role, status, email in people:
            fake.put(number, f"u{number}", role)
            fake.change(number, status=status, email=email or "")
        return fake
    rows: list[dict[str, Any]] = [
        {
            "id": number,
            "username": f"u{number}",
            "password": "",
            "role": role,
            "status": status,
            "email": email,
            "access_token": f"a{number}",
            "aff_code": f"f{number}",
        }
        for number, role, status, email in people
    ]
    async with database.write() as connection:
        await connection.execute(insert(users), rows)
    return SqlUserRepository(database)


ON, OFF = UserStatus.ENABLED, UserStatus.DISABLED


@pytest.mark.parametrize(
    ("people", "address"),
    [
        ([(1, Role.COMMON, ON, "c@x.org")], ""),
        ([(1, Role.ROOT, ON, ""), (2, Role.ADMIN, ON, "a@x.org")], ""),
        ([(1, Role.ROOT, ON, None)], ""),
        ([(2, Role.ROOT, ON, "second@x.org"), (1, Role.ROOT, ON, "first@x.org")], "first@x.org"),
        ([(1, Role.ROOT, ON, ""), (2, Role.ROOT, ON, "second@x.org")], "second@x.org"),
        ([(1, Role.ROOT, OFF, "off@x.org"), (2, Role.ROOT, ON, "on@x.org")], "on@x.org"),
    ],
)
async def test_the_address_of_root(people: People, address: str, stored: Database | None) -> None:
    assert await (await repository_of(people, stored)).root_email() == address


async def test_a_claim_holds_until_its_end(reminded: Reminded) -> None:
    assert await reminded.claim("low:1", now=100, until=200)
    assert not await reminded.claim("low:1", now=199, until=300)
    assert await reminded.claim("low:2", now=199, until=300)
    assert await reminded.claim("low:1", now=200, until=300)
    assert not await reminded.claim("low:1", now=201, until=301)


async def test_one_of_many_processes_gets_a_claim(reminded: Reminded) -> None:
    claims = [reminded.claim("low:1", now=100, until=200) for _ in range(20)]
    assert sum(await asyncio.gather(*claims)) == 1


@pytest.mark.database
@pytest.mark.database
@pytest.mark.parametrize("product", PRODUCTS, indirect=True)
async def test_leases_of_jobs_are_kept(database: Database) -> None:
    lease = {"name": "job", "owner": "a process", "expires_at": 1, "done_at": 0}
    async with database.write() as connection:
        await connection.execute(insert(leases), lease)
    store = SqlReminded(database)
    await store.claim("low:1", now=100, until=200)
    await store.claim("low:2", now=500, until=600)
    async with database.read() as connection:
        names = {row[0] for row in await connection.execute(select(leases.c.name))}
    assert names == {"job", "low:2"}
