"""Tokens are stored in the same way on every product and in the fake."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.database.repositories.people.tokens import SqlTokenRepository
from oneapi.adapters.database.repositories.versions import SqlVersions
from oneapi.domain.people.tokens import NEVER, Token, TokenChanges, TokenStatus
from tests.fakes.people.tokens import FakeTokens
from tests.support.stores.databases import PRODUCTS

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database
    from oneapi.application.ports.people import TokenRepository

TOKEN = Token(0, 1, "k" * 48, TokenStatus.ENABLED, "n", NEVER, 100, unlimited_quota=False, created_time=5)


@pytest.fixture
def tokens(product: str, request: pytest.FixtureRequest) -> TokenRepository:
    if product == "fake":
        return FakeTokens()
    return SqlTokenRepository(request.getfixturevalue("database"))


async def test_a_token_is_stored_unchanged(tokens: TokenRepository) -> None:
    wanted = evolve(
        TOKEN,
        key="short",
        models="a,b",
        subnet="10.0.0.0/8",
        accessed_time=6,
        used_quota=7,
        stores_responses=False,
    )
    added = await tokens.add(wanted)
    assert added == evolve(wanted, id=added.id)
    assert await tokens.get(1, added.id) == added
    assert await tokens.get(2, added.id) is None


async def test_only_named_fields_of_a_token_change(tokens: TokenRepository) -> None:
    added = await tokens.add(TOKEN)
    changed = await tokens.update(1, added.id, TokenChanges(name="x", models=None))
    assert changed == evolve(added, name="x", models=None)
    assert await tokens.update(2, added.id, TokenChanges(name="y")) is None
    assert await tokens.update(1, added.id, TokenChanges()) == changed


async def test_a_token_is_deleted_only_by_its_owner(tokens: TokenRepository) -> None:
    added = await tokens.add(TOKEN)
    assert not await tokens.delete(2, added.id)
    assert await tokens.delete(1, added.id)
    assert not await tokens.delete(1, added.id)
    assert await tokens.count(1) == 0


async def test_pages_of_tokens(tokens: TokenRepository) -> None:
    for number, (remain, unlimited, used) in enumerate(
        [(5, False, 1), (0, True, 9), (7, False, 3), (6, False, 2)]
    ):
        token = evolve(TOKEN, key=f"k{number}", name=f"t{number}", remain_quota=remain, used_quota=used)
        await tokens.add(evolve(token, unlimited_quota=unlimited))
    await tokens.add(evolve(TOKEN, key="other", user_id=2))

    async def names(order: str, offset: int = 0, limit: int = 10) -> list[str]:
        return [token.name for token in await tokens.page(1, offset=offset, limit=limit, order=order)]

    assert await names("") == ["t3", "t2", "t1", "t0"]
    assert await names("", offset=1, limit=2) == ["t2", "t1"]
    assert await names("remain_quota") == ["t1", "t2", "t3", "t0"]
    assert await names("used_quota") == ["t1", "t2", "t3", "t0"]
    assert await tokens.count(1) == 4


@pytest.mark.parametrize(
    ("keyword", "found"),
    [("50%", ["50%_off"]), ("a_", ["a_b"]), ("", 4), ("ab", ["abc"]), ("/", []), ("\\", ["\\x"])],
)
async def test_search_takes_wildcards_literally(tokens: TokenRepository, keyword: str, found: Any) -> None:
    for name in ("50%_off", "a_b", "abc", "\\x"):
        await tokens.add(evolve(TOKEN, key=f"k{name}", name=name))
    names = [token.name for token in await tokens.search(1, keyword)]
    assert sorted(names) == found if isinstance(found, list) else len(names) == found


async def test_a_grant_changes_the_remaining_quota(tokens: TokenRepository) -> None:
    added = await tokens.add(TOKEN)
    await asyncio.gather(
        *(tokens.update(1, added.id, TokenChanges(), granted=each) for each in (5, 20, -1, -200))
    )
    changed = await tokens.update(1, added.id, TokenChanges(name="x"), granted=1)
    assert changed == evolve(added, name="x", remain_quota=100 + 5 + 20 - 1 - 200 + 1)
    assert await tokens.update(2, added.id, TokenChanges(), granted=7) is None
    assert await tokens.get(1, added.id) == changed


@pytest.mark.database
@pytest.mark.parametrize("product", PRODUCTS, indirect=True)
async def test_every_change_increases_the_version_of_accounts(database: Database) -> None:
    repository = SqlTokenRepository(database)

    async def version() -> int:
        return (await SqlVersions(database).current())["accounts"]

    seen = [await version()]
    added = await repository.add(TOKEN)
    seen.append(await version())
    await repository.update(1, added.id, TokenChanges(name="x"))
    seen.append(await version())
    await repository.update(1, added.id, TokenChanges(), granted=1)
    seen.append(await version())
    await repository.delete(1, added.id)
    seen.append(await version())
    assert seen[1] == seen[0] + 1
    assert seen == sorted(set(seen))
