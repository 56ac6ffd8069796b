"""Tokens, channels, options, logs, users: read and written alike on every product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from sqlalchemy import insert, select

from oneapi.adapters.database.repositories.channels import SqlChannelRepository
from oneapi.adapters.database.repositories.logs import SqlLogRepository
from oneapi.adapters.database.repositories.money.ledger import SqlLedgerStore
from oneapi.adapters.database.repositories.options import SqlOptionRepository
from oneapi.adapters.database.repositories.people.accounts import SqlAccountReader
from oneapi.adapters.database.repositories.people.tokens import SqlTokenRepository
from oneapi.adapters.database.repositories.people.users import SqlUserRepository
from oneapi.adapters.database.repositories.versions import SqlVersions
from oneapi.adapters.database.schema.tables import abilities, channels, tokens, users
from oneapi.domain.errors import UnstorableValue
from oneapi.domain.logs.rows import LogFilter, LogRow, LogType
from oneapi.domain.money.quota import Hold
from oneapi.domain.people.tokens import NEVER, Token, TokenChanges, TokenStatus
from oneapi.domain.people.users import Change, UserChanges, UserStatus
from oneapi.domain.routing.channels import ChannelChanges, ChannelFilter, ChannelRecord, ChannelStatus

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database

TOKEN = Token(0, 1, "k" * 48, TokenStatus.ENABLED, "n", NEVER, 100, unlimited_quota=False, created_time=5)


async def add_user(database: Database, **fields: Any) -> None:
    row = {"id": 1, "username": "alice", "password": "hash", "access_token": "a" * 32, "aff_code": "f"}
    async with database.write() as connection:
        await connection.execute(insert(users), row | fields)


async def version(database: Database, topic: str) -> int:
    return (await SqlVersions(database).current())[topic]


# --- accounts and users ------------------------------------------------------------------------


async def test_a_token_without_its_owner_belongs_to_nobody(database: Database) -> None:
    await SqlTokenRepository(database).add(TOKEN)
    account = await SqlAccountReader(database).account_by_key(TOKEN.key)
    assert account is not None
    assert (account.user.id, account.user.status, account.user.quota) == (1, UserStatus.DELETED, 0)


@pytest.mark.parametrize(
    "key", ["", "k" * 47, "K" * 48, "k" * 48 + " ", "\0", "\udcff\udcfe", "%", "k" * 5000]
)
async def test_no_other_text_is_a_key(database: Database, key: str) -> None:
    await SqlTokenRepository(database).add(TOKEN)
    reader = SqlAccountReader(database)
    assert await reader.account_by_key(TOKEN.key) is not None
    assert await reader.account_by_key(key) is None


async def test_a_row_full_of_nulls_reads_as_zero_values(database: Database) -> None:
    nothing = dict.fromkeys(
        ["display_name", "email", "aff_code", "access_token", "quota", "group", "inviter_id"]
    )
    await add_user(database, **nothing)
    async with database.write() as connection:
        row = dict.fromkeys(
            ["name", "created_time", "remain_quota", "unlimited_quota", "models", "subnet", "status"]
        )
        await connection.execute(insert(tokens), {"user_id": 1, "key": "short", **row})
    account = await SqlAccountReader(database).account_by_key("short")
    assert account is not None
    assert (account.user.email, account.user.quota, account.user.group, account.user.inviter_id) == (
        "",
        0,
        "",
        0,
    )
    token = account.token
    assert (token.name, token.created_time, token.remain_quota, token.unlimited_quota) == ("", 0, 0, False)
    assert (token.models, token.subnet) == (None, None)


async def test_token_status_is_remembered_of_enabled_tokens_only(database: Database) -> None:
    token = await SqlTokenRepository(database).add(TOKEN)
    reader = SqlAccountReader(database)
    await reader.set_token_status(token.id, TokenStatus.EXPIRED)
    await reader.set_token_status(token.id, TokenStatus.EXHAUSTED)
    account = await reader.account_by_key(TOKEN.key)
    assert account is not None
    assert account.token.status == TokenStatus.EXPIRED


async def test_a_token_whose_remainder_is_held_is_not_exhausted(database: Database) -> None:
    token = await SqlTokenRepository(database).add(evolve(TOKEN, unlimited_quota=False, remain_quota=100))
    await add_user(database, id=TOKEN.user_id, quota=1000)
    reader, store = SqlAccountReader(database), SqlLedgerStore(database, database)
    hold = Hold("r", TOKEN.user_id, token.id, token_limited=True, amount=100, opened_at=1.0)
    await store.reserve(hold, owner="me", expires_at=2000, user_floor=0, token_floor=0)
    assert not await reader.set_token_status(token.id, TokenStatus.EXHAUSTED)
    account = await reader.account_by_key(TOKEN.key)
    assert account is not None
    assert (account.token.status, account.token.remain_quota) == (TokenStatus.ENABLED, 0)
    await store.sweep(3000)
    assert await reader.set_token_status(token.id, TokenStatus.EXHAUSTED)


async def test_what_is_held_is_still_shown_and_does_not_outlive_a_new_quota(database: Database) -> None:
    """An administrator takes all quota away while a request holds some: nothing of it comes back."""
    await add_user(database, id=TOKEN.user_id, quota=1000)
    repository, people = SqlTokenRepository(database), SqlUserRepository(database)
    token = await repository.add(TOKEN)
    store = SqlLedgerStore(database, database)
    hold = Hold("r", TOKEN.user_id, token.id, token_limited=True, amount=60, opened_at=1.0)
    await store.reserve(hold, owner="me", expires_at=2000, user_floor=0, token_floor=0)
    shown = await people.by_id(TOKEN.user_id)
    assert shown is not None
    assert shown.quota == 1000
    assert (await repository.page(TOKEN.user_id, offset=0, limit=9, order=""))[0].remain_quota == 100
    changed = await people.amend(TOKEN.user_id, lambda _: Change(UserChanges(quota=0)))
    assert changed is not None
    assert [user.quota for user in changed] == [1000, 0]
    updated = await repository.update(TOKEN.user_id, token.id, TokenChanges(remain_quota=7))
    assert updated is not None
    assert updated.remain_quota == 7
    await store.sweep(3000)
    account = await SqlAccountReader(database).account_by_key(TOKEN.key)
    assert account is not None
    assert (account.user.quota, account.token.remain_quota) == (0, 7)


async def test_a_remainder_moves_within_its_bounds(database: Database) -> None:
    repository = SqlTokenRepository(database)
    token = await repository.add(TOKEN)
    for granted, left in ((2**54, 2**53), (2**54, 2**53), (-(2**55), -(2**53)), (7, 7 - 2**53)):
        changed = await repository.update(TOKEN.user_id, token.id, TokenChanges(), granted=granted)
        assert changed is not None
        assert (changed.remain_quota, type(changed.remain_quota)) == (left, int)


async def test_login_by_name_before_email(database: Database) -> None:
    await add_user(database, email="bob")
    await add_user(
        database, id=2, username="bob", access_token="b" * 32, aff_code="g", password="his", email="b@x"
    )
    repository = SqlUserRepository(database)
    by_name = await repository.by_login("bob")
    by_email = await repository.by_login("b@x")
    assert by_name is not None
    assert by_email is not None
    assert (by_name[0].id, by_name[1], by_email[0].id) == (2, "his", 2)
    for absent in ("nobody", "\0", "\udcff"):
        assert await repository.by_login(absent) is None
    assert await repository.names([1, 2, 3]) == {1: "alice", 2: "bob"}
    assert await repository.names([]) == {}


# --- bad values ---------------------------------------------------------------------------------


@pytest.mark.parametrize("product", ["postgresql", "mysql"], indirect=True)
async def test_a_value_that_is_too_long_is_the_callers_fault(database: Database) -> None:
    with pytest.raises(UnstorableValue):
        await SqlTokenRepository(database).add(evolve(TOKEN, key="k" * 49))
    with pytest.raises(UnstorableValue):
        await SqlChannelRepository(database).add([ChannelRecord(name="c", group="g" * 33)])


async def test_a_number_that_is_too_large_is_the_callers_fault(database: Database) -> None:
    with pytest.raises(UnstorableValue):
        await SqlTokenRepository(database).add(evolve(TOKEN, remain_quota=2**63))


# --- channels ----------------------------------------------------------------------------------

RECORD = ChannelRecord(
    type=1,
    key="sk",
    name="主 🚀",
    models="gpt-4o, gpt-4o ,GPT-4O,m",
    group="default,vip,vip",
    priority=3,
    balance=1.5,
)


ANY = ChannelFilter()


async def routed(database: Database) -> set[tuple[Any, ...]]:
    columns = (abilities.c.group, abilities.c.model, abilities.c.enabled, abilities.c.priority)
    async with database.read() as connection:
        return {
            (row[0], row[1].lower(), bool(row[2]), row[3])
            for row in await connection.execute(select(*columns))
        }


async def test_channel_is_stored_as_given_with_its_abilities(database: Database) -> None:
    repository, before = SqlChannelRepository(database), await version(database, "catalog")
    first, second = await repository.add([RECORD, evolve(RECORD, models="", name="empty")])
    assert await repository.get(first) == evolve(RECORD, id=first)
    assert [record.id for record in await repository.all()] == [first, second]
    assert [record.id for record in await repository.page(ANY, offset=0, limit=1, order="")] == [second]
    assert await repository.count(ANY) == 2
    wanted = {(group, model, True, 3) for group in ("default", "vip") for model in ("gpt-4o", "m")}
    assert await routed(database) == wanted
    assert await version(database, "catalog") > before


async def test_channels_are_added_all_or_none(database: Database) -> None:
    repository = SqlChannelRepository(database)
    with pytest.raises(UnstorableValue):
        await repository.add([RECORD, evolve(RECORD, created_time=2**70)])
    assert await repository.count(ANY) == 0
    assert await routed(database) == set()


async def test_channel_change_rebuilds_its_abilities(database: Database) -> None:
    repository = SqlChannelRepository(database)
    [number] = await repository.add([evolve(RECORD, priority=None)])
    changed = await repository.update(number, ChannelChanges(models="x", group="g", base_url=""))
    assert changed == evolve(RECORD, id=number, models="x", group="g", priority=None, base_url="")
    assert await routed(database) == {("g", "x", True, 0)}
    assert await repository.update(number + 1, ChannelChanges(name="y")) is None


async def test_channel_status_changes_together_with_its_abilities(database: Database) -> None:
    repository = SqlChannelRepository(database)
    [number] = await repository.add([RECORD])
    off, enabled = ChannelStatus.DISABLED_AUTOMATICALLY, ChannelStatus.ENABLED
    before = await version(database, "catalog")
    assert not await repository.set_status(number, off, only_from=ChannelStatus.DISABLED_BY_HAND)
    assert await version(database, "catalog") == before
    assert await repository.set_status(number, off, only_from=enabled)
    assert not await repository.set_status(number, off, only_from=enabled)
    assert {row[2] for row in await routed(database)} == {False}
    assert await repository.set_status(number, enabled)
    assert {row[2] for row in await routed(database)} == {True}
    assert not await repository.set_status(number + 1, enabled)
    assert await version(database, "catalog") > before


async def test_channels_are_deleted_with_their_abilities(database: Database) -> None:
    repository = SqlChannelRepository(database)
    kept, by_hand, automatically, other = await repository.add(
        [evolve(RECORD, models=f"m{n}") for n in range(4)]
    )
    await repository.set_status(by_hand, ChannelStatus.DISABLED_BY_HAND)
    await repository.set_status(automatically, ChannelStatus.DISABLED_AUTOMATICALLY)
    assert await repository.delete_disabled() == 2
    assert await repository.delete(other)
    assert not await repository.delete(other)
    assert [record.id for record in await repository.all()] == [kept]
    assert {row[1] for row in await routed(database)} == {"m0"}


async def test_channel_search(database: Database) -> None:
    repository = SqlChannelRepository(database)
    first, second = await repository.add([evolve(RECORD, name="x100%"), evolve(RECORD, name="x100y")])
    assert {record.id for record in await repository.search("x100%")} == {first}
    assert {record.id for record in await repository.search(str(second))} == {second}
    assert await repository.search("nothing") == []
    assert len(await repository.search("99999999999999999999999")) == 0


async def test_channel_of_nulls(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(
            insert(channels), dict.fromkeys(["key", "type", "status", "balance", "group"])
        )
    [record] = await SqlChannelRepository(database).all()
    assert (record.key, record.type, record.status, record.balance, record.group) == ("", 0, 0, 0.0, "")


# --- options and logs --------------------------------------------------------------------------


async def test_options(database: Database) -> None:
    repository, before = SqlOptionRepository(database), await version(database, "catalog")
    await repository.put({"Notice": "公告 😀", "Theme": "air"})
    await repository.put({"Theme": "berry", "Footer": ""})
    await repository.put({})
    assert await repository.all() == {"Notice": "公告 😀", "Theme": "berry", "Footer": ""}
    assert await version(database, "catalog") == before + 2


ROW = LogRow(
    user_id=1, created_at=100, type=LogType.CONSUME, content="c", username="u", token_name="t", quota=5
)


async def test_log_row_is_stored_as_given(database: Database) -> None:
    logs = SqlLogRepository(database)
    wanted = evolve(
        ROW, channel_id=3, model_name="m", request_id="r", elapsed_time=9, is_stream=True, prompt_tokens=1,
        completion_tokens=2, system_prompt_reset=True, end_cause="delivered", attempts="[]",
    )  # fmt: skip
    await logs.add(wanted)
    [row] = await logs.page(LogFilter(), offset=0, limit=10)
    assert row == evolve(wanted, id=row.id)


async def test_log_row_with_texts_that_no_column_takes(database: Database) -> None:
    logs = SqlLogRepository(database)
    await logs.add(evolve(ROW, content="a\0b\udcffc", model_name="m" * 500, username="\0"))
    [row] = await logs.page(LogFilter(), offset=0, limit=10)
    assert (row.content, row.model_name, row.username) == ("ab?c", "m" * 191, "")
