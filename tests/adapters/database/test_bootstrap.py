"""The first account."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from oneapi.adapters.database.bootstrap import ROOT_QUOTA, ensure_first_account
from oneapi.adapters.database.repositories.people.accounts import SqlAccountReader
from oneapi.adapters.database.repositories.people.tokens import SqlTokenRepository
from oneapi.adapters.database.repositories.people.users import SqlUserRepository
from oneapi.adapters.database.schema.tables import tokens, users
from oneapi.domain.people.tokens import NEVER, Token
from oneapi.domain.people.users import Role

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database

ACCESS = "0123456789abcdef0123456789abcdef"


async def ensure(database: Database, **changes: Any) -> bool:
    given: dict[str, Any] = {
        "password_hash": "$2b$hash",
        "access_token": ACCESS,
        "initial_token": "",
        "now": 1000,
    } | changes
    return await ensure_first_account(database, **given)


async def test_root(database: Database) -> None:
    assert await ensure(database)
    found = await SqlUserRepository(database).by_login("root")
    assert found is not None
    root, stored = found
    assert (root.role, root.quota, root.group, root.display_name) == (
        Role.ROOT,
        ROOT_QUOTA,
        "default",
        "Root User",
    )
    assert (root.aff_code, root.inviter_id, root.enabled, stored) == ("", 0, True, "$2b$hash")
    assert await SqlUserRepository(database).by_access_token(ACCESS) == root
    async with database.read() as connection:
        assert (await connection.execute(select(tokens))).first() is None


async def test_only_in_an_empty_database(database: Database) -> None:
    assert await ensure(database)
    assert not await ensure(database, password_hash="other", access_token="f" * 32)
    async with database.read() as connection:
        assert len((await connection.execute(select(users.c.id))).all()) == 1


async def test_once_when_several_start_together(database: Database) -> None:
    made = await asyncio.gather(*(ensure(database, initial_token="sk-first") for _ in range(6)))
    assert sum(made) == 1
    async with database.read() as connection:
        assert len((await connection.execute(select(users.c.id))).all()) == 1
        assert len((await connection.execute(select(tokens.c.id))).all()) == 1


@pytest.mark.parametrize("given", ["sk-Initial0001", "Initial0001"])
async def test_initial_token_authenticates(database: Database, given: str) -> None:
    await ensure(database, initial_token=given)
    account = await SqlAccountReader(database).account_by_key("Initial0001")
    assert account is not None
    token = account.token
    assert (token.name, token.unlimited_quota, token.remain_quota) == ("Initial Root Token", True, ROOT_QUOTA)
    assert (token.expired_time, token.created_time, token.models, token.subnet) == (NEVER, 1000, None, "")
    assert account.user.role == Role.ROOT


async def test_the_next_token_gets_the_next_id(database: Database) -> None:
    """The original leaves PostgreSQL's sequence behind, so that its first token fails."""
    await ensure(database, initial_token="Initial0001")
    first = await SqlAccountReader(database).account_by_key("Initial0001")
    assert first is not None
    wanted = Token(0, first.user.id, "k" * 48, 1, "next", NEVER, 5, unlimited_quota=False)
    added = await SqlTokenRepository(database).add(wanted)
    assert added.id == first.token.id + 1


@pytest.mark.parametrize("given", [{"initial_token": "x" * 49}, {"access_token": "x" * 33}])
async def test_what_is_too_long_is_refused_and_nothing_made(
    database: Database, given: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="is longer than"):
        await ensure(database, **given)
    assert await SqlUserRepository(database).by_login("root") is None
