"""What only the real ledger can show: a log database of its own, hostile texts, and several processes at once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update

from oneapi.adapters.database.repositories.logs import SqlLogRepository
from oneapi.adapters.database.repositories.money.ledger import SqlLedgerStore
from oneapi.adapters.database.repositories.people.accounts import SqlAccountReader
from oneapi.adapters.database.schema.migrate import migrate, migrate_log
from oneapi.adapters.database.schema.tables import channels, holds, ledger, logs, tokens, users
from oneapi.adapters.spool import FileSpool
from oneapi.application.money.ledger import Ledger, LedgerLimits
from oneapi.application.money.metering import Tariff
from oneapi.domain.errors import StorageUnavailable, UnstorableValue
from oneapi.domain.logs.rows import LogFilter, LogType
from oneapi.domain.money.pricing import Price
from oneapi.domain.money.quota import LARGEST_BALANCE, Batch, Hold, Settlement
from oneapi.domain.usage import Usage, count
from oneapi.domain.work import Work
from tests.contracts.test_ledger_store import settlement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from oneapi.adapters.database.connection.engine import Database
    from tests.support.stores.databases import FreshDatabase

GRANTED = 10_000


async def fill(database: Database, accounts: int = 1) -> None:
    async with database.write() as connection:
        for number in range(1, accounts + 1):
            row = {"id": number, "username": f"u{number}", "password": "", "quota": GRANTED}
            await connection.execute(
                insert(users), row | {"access_token": f"a{number}", "aff_code": f"f{number}"}
            )
            token = {"id": 10 + number, "user_id": number, "key": f"k{number}", "remain_quota": GRANTED}
            await connection.execute(insert(tokens), token | {"unlimited_quota": False})
        await connection.execute(insert(channels), [{"id": 21, "name": "c"}, {"id": 22, "name": "d"}])


def of(number: int, request_id: str, amount: int, **fields: Any) -> Settlement:
    return settlement(request_id, amount, user_id=number, token_id=10 + number, **fields)


async def apply(store: SqlLedgerStore, *settlements: Settlement, **parts: Any) -> Any:
    return await store.apply(Batch(settlements, **parts), owner="me", expires_at=2000.0)


@pytest.fixture
async def log_database(new_database: Callable[[], FreshDatabase]) -> AsyncIterator[Database]:
    opened = new_database().open()
    await migrate_log(opened)
    yield opened
    await opened.close()


async def test_the_log_row_of_a_charge(database: Database) -> None:
    await fill(database)
    wanted = of(
        1, "r", 7, username="小明", is_stream=True, system_prompt_reset=True, attempts="[1]", content="倍率"
    )
    await apply(SqlLedgerStore(database, database), wanted)
    [row] = await SqlLogRepository(database).page(LogFilter(), offset=0, limit=9)
    assert (row.type, row.user_id, row.created_at, row.username, row.token_name) == (
        2,
        1,
        1001,
        "小明",
        "default",
    )
    assert (row.model_name, row.quota, row.prompt_tokens, row.completion_tokens) == ("gpt-4o", 7, 10, 2)
    assert (row.channel_id, row.request_id, row.elapsed_time, row.content) == (21, "r", 5, "倍率")
    assert (row.is_stream, row.system_prompt_reset, row.end_cause, row.attempts) == (
        True,
        True,
        "delivered",
        "[1]",
    )
    async with database.read() as connection:
        times = select(tokens.c.accessed_time, tokens.c.remain_quota).where(tokens.c.id == 11)
        assert tuple((await connection.execute(times)).one()) == (1001, GRANTED - 7)
        kind = (await connection.execute(select(ledger.c.kind, ledger.c.created_at))).one()
        assert tuple(kind) == ("charge", 1001)


@pytest.mark.parametrize(
    "text", ["m" * 70_000, "a\0b", "\udcff", "😀" * 40_000, "'; DROP TABLE users; --", "%s %d {} ?"]
)
async def test_no_text_keeps_a_charge_from_being_written(database: Database, text: str) -> None:
    await fill(database)
    hostile = {"username": text, "token_name": text, "model": text, "content": text, "attempts": text}
    await apply(SqlLedgerStore(database, database), of(1, "r", 7, **hostile))
    async with database.read() as connection:
        assert (await connection.execute(select(users.c.quota))).scalar() == GRANTED - 7
        assert (await connection.execute(select(func.count()).select_from(logs))).scalar() == 1


async def test_a_batch_of_thousands(database: Database) -> None:
    await fill(database, accounts=5)
    store = SqlLedgerStore(database, database)
    batch = [of(1 + number % 5, f"r{number}", 1) for number in range(3000)]
    promoted = [Hold(f"h{number}", 1, 11, True, 1, 1.0) for number in range(1500)]
    await apply(store, *batch, promoted=promoted)
    balances = await apply(
        store, *batch, promoted=promoted, renewed=[hold.request_id for hold in promoted], replayed=True
    )
    assert balances.users == {1: GRANTED - 600 - 1500, **dict.fromkeys(range(2, 6), GRANTED - 600)}
    assert await store.sweep(3000) == 1500
    assert (await apply(store, of(1, "last", 0))).users == {1: GRANTED - 600}


async def test_what_is_there_already_needs_no_hint(database: Database) -> None:
    """A commit whose answer was lost, applied again as if it were new."""
    await fill(database)
    store = SqlLedgerStore(database, database)
    await apply(store, of(1, "a", 5), of(1, "b", 6))
    balances = await apply(store, of(1, "b", 6), of(1, "c", 7), of(1, "c", 7))
    assert balances.users == {1: GRANTED - 18}
    assert await SqlLogRepository(database).count(LogFilter(type=LogType.CONSUME)) == 3


async def test_the_same_request_settled_by_two_processes_at_once(database: Database) -> None:
    await fill(database)
    stores = [SqlLedgerStore(database, database) for _ in range(4)]
    await asyncio.gather(*(apply(store, *(of(1, f"r{n}", 1) for n in range(20))) for store in stores))
    async with database.read() as connection:
        columns = select(users.c.quota, users.c.used_quota, users.c.request_count)
        assert tuple((await connection.execute(columns)).one()) == (GRANTED - 20, 20, 20)


async def test_accounts_in_opposite_orders_do_not_block_each_other(database: Database) -> None:
    await fill(database, accounts=4)
    store = SqlLedgerStore(database, database)

    async def one(turn: int) -> None:
        order = [1, 2, 3, 4] if turn % 2 else [4, 3, 2, 1]
        await apply(
            store, *(of(number, f"{turn}-{number}", 1, channel_id=21 + number % 2) for number in order)
        )
        hold = Hold(f"h{turn}", order[0], 10 + order[0], True, 1, 1.0, stored=True)
        assert await store.reserve(hold, owner="me", expires_at=5.0, user_floor=0, token_floor=0)
        await apply(store, released=[hold])

    await asyncio.gather(*(one(turn) for turn in range(24)))
    async with database.read() as connection:
        quotas = (await connection.execute(select(users.c.quota))).scalars().all()
        assert quotas == [GRANTED - 24] * 4
        assert (await connection.execute(select(func.sum(channels.c.used_quota)))).scalar() == 96
        assert (await connection.execute(select(func.count()).select_from(holds))).scalar() == 0


async def test_two_sweepers_give_a_hold_back_once(database: Database) -> None:
    await fill(database)
    stores = [SqlLedgerStore(database, database) for _ in range(3)]
    for number in range(30):
        hold = Hold(f"h{number}", 1, 11, True, 10, 1.0)
        assert await stores[0].reserve(hold, owner="me", expires_at=5.0, user_floor=0, token_floor=0)
    ended = await asyncio.gather(*(store.sweep(6.0) for store in stores), stores[0].release_owned("me"))
    assert sum(ended) == 30
    async with database.read() as connection:
        assert (await connection.execute(select(users.c.quota))).scalar() == GRANTED
        assert (await connection.execute(select(tokens.c.remain_quota))).scalar() == GRANTED


# --- a log database of its own -----------------------------------------------------------------


async def test_rows_go_to_the_log_database_only(database: Database, log_database: Database) -> None:
    await fill(database)
    await apply(SqlLedgerStore(database, log_database), of(1, "r", 7), of(1, "s", 7, write_log=False))
    assert await SqlLogRepository(database).count(LogFilter()) == 0
    [row] = await SqlLogRepository(log_database).page(LogFilter(), offset=0, limit=9)
    assert (row.request_id, row.quota) == ("r", 7)


async def test_a_log_database_that_fails_delays_its_rows_and_nothing_else(
    database: Database, new_database: Callable[[], FreshDatabase]
) -> None:
    await fill(database)
    log_database = new_database().open()  # without the table, until below
    store = SqlLedgerStore(database, log_database)
    assert (await apply(store, of(1, "a", 7))).users == {1: GRANTED - 7}
    assert (await apply(store, of(1, "b", 7))).users == {1: GRANTED - 14}
    await migrate_log(log_database)
    await apply(store, of(1, "c", 7))
    rows = await SqlLogRepository(log_database).page(LogFilter(), offset=0, limit=9)
    assert [row.request_id for row in rows] == ["c", "b", "a"]
    await log_database.close()


async def test_log_rows_that_are_too_many_to_keep_are_counted(
    database: Database, new_database: Callable[[], FreshDatabase], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oneapi.adapters.database.repositories.money.ledger.MOST_WAITING_LOGS", 2)
    await fill(database)
    log_database = new_database().open()
    store = SqlLedgerStore(database, log_database)
    await apply(store, *(of(1, f"r{number}", 1) for number in range(5)))
    assert store.dropped_logs == 3
    await migrate_log(log_database)
    await apply(store)
    assert await SqlLogRepository(log_database).count(LogFilter()) == 2
    await log_database.close()


async def test_a_replay_does_not_log_twice(database: Database, log_database: Database) -> None:
    await fill(database)
    store = SqlLedgerStore(database, log_database)
    first = of(1, "r", 7)
    await apply(store, first)
    await apply(store, first, evolve(first, request_id="s"), replayed=True)
    await apply(store, first)
    assert await SqlLogRepository(log_database).count(LogFilter()) == 2


# --- what a database refuses ------------------------------------------------------------------

#: How an operator, or a fault of ours, may make a table refuse a row; {table}, {column}, {value}.
REFUSALS = {
    "sqlite": (
        "CREATE TRIGGER refuse_{table} BEFORE INSERT ON {table} WHEN NEW.{column} = '{value}' "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END"
    ),
    "postgresql": "ALTER TABLE {table} ADD CONSTRAINT refuse_{table} CHECK ({column} <> '{value}')",
    "mysql": "ALTER TABLE {table} ADD CONSTRAINT refuse_{table} CHECK ({column} <> '{value}')",
}


@pytest.fixture
async def own_database(fresh_database: FreshDatabase) -> AsyncIterator[Database]:
    """A database whose tables a test may change."""
    opened = fresh_database.open()
    await migrate(opened)
    yield opened
    await opened.close()


async def refuse(database: Database, table: str, column: str, value: str) -> None:
    script = REFUSALS[database.product].format(table=table, column=column, value=value)
    async with database.write() as connection:
        await connection.exec_driver_sql(script)


async def quota_of(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(select(users.c.quota).where(users.c.id == 1))).scalar_one())


async def test_a_charge_that_is_refused_for_good_says_so_and_changes_nothing(
    own_database: Database,
) -> None:
    await fill(own_database)
    await refuse(own_database, "ledger", "request_id", "bad")
    store = SqlLedgerStore(own_database, own_database)
    with pytest.raises(UnstorableValue):
        await apply(store, of(1, "good", 5), of(1, "bad", 7))
    assert await quota_of(own_database) == GRANTED
    await apply(store, of(1, "good", 5))
    assert await quota_of(own_database) == GRANTED - 5


async def test_a_row_of_the_log_that_is_refused_does_not_undo_the_charge(own_database: Database) -> None:
    await fill(own_database)
    await refuse(own_database, "logs", "model_name", "\u5c0f")
    await apply(
        SqlLedgerStore(own_database, own_database),
        of(1, "a", 5),
        of(1, "b", 6, model="\u5c0f"),
        of(1, "c", 7),
    )
    assert await quota_of(own_database) == GRANTED - 18
    rows = await SqlLogRepository(own_database).page(LogFilter(), offset=0, limit=9)
    assert sorted((row.request_id, row.model_name) for row in rows) == [
        ("a", "gpt-4o"),
        ("b", "?"),
        ("c", "gpt-4o"),
    ]


async def test_without_the_table_of_the_log_charges_are_written(own_database: Database) -> None:
    await fill(own_database)
    async with own_database.write() as connection:
        await connection.exec_driver_sql("DROP TABLE logs")
    await apply(SqlLedgerStore(own_database, own_database), of(1, "a", 5))
    assert await quota_of(own_database) == GRANTED - 5


async def test_without_the_table_of_charges_they_wait(own_database: Database) -> None:
    await fill(own_database)
    async with own_database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE ledger RENAME TO elsewhere")
    store = SqlLedgerStore(own_database, own_database)
    with pytest.raises(StorageUnavailable):
        await apply(store, of(1, "a", 5))
    async with own_database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO ledger")
    await apply(store, of(1, "a", 5))
    assert await quota_of(own_database) == GRANTED - 5


wild_counts = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([2**53, 2**63, 10**30, 1e30, -1, "7", None, True, [1], {"a": 1}]),
)


async def test_chaos_of_numbers(database: Database, tmp_path: Path) -> None:
    """Whatever was counted, at whatever price: balances stay within their bounds, and the next request is charged."""
    await fill(database)
    spool: Any = FileSpool(tmp_path / "spool", "chaos-1")
    spool.open()
    reader = SqlAccountReader(database)
    ledger = Ledger(
        SqlLedgerStore(database, database),
        reader,
        spool,
        clock=lambda: 1000.0,
        limits=LedgerLimits(patience=0),
    )
    account = await reader.account_by_key("k1")
    assert account is not None
    drawn = given(
        st.tuples(wild_counts, wild_counts, wild_counts), st.sampled_from(RATIOS), st.integers(0, 5)
    )
    number = 0

    @settings(max_examples=120, deadline=None, database=None)
    @drawn
    def settle(counts: tuple[Any, Any, Any], ratio: str, elapsed: int) -> None:
        nonlocal number
        number += 1
        price = Price(Decimal(ratio), Decimal(3), Decimal(1), known=True)
        usage = Usage(count(counts[0]), count(counts[1]), cached=count(counts[2]))
        bill = Tariff(price, Work.CONVERSE, 0, 0).bill(usage)
        hold = Hold(f"r{number}", 1, 11, token_limited=True, amount=0, opened_at=1.0)
        ledger._open[hold.request_id] = hold  # noqa: SLF001  # as if it had been admitted
        numbers = {"prompt_tokens": bill.prompt_tokens, "completion_tokens": bill.completion_tokens}
        wild = {"elapsed_ms": counts[0] if isinstance(counts[0], int) else 10**elapsed}
        ledger.settle(of(1, hold.request_id, bill.amount, **numbers, **wild))

    settle()
    await ledger.flush()
    assert (ledger.pending, ledger.set_aside, ledger.writing) == (0, 0, True)
    async with database.read() as connection:
        columns = (users.c.quota, users.c.used_quota, users.c.request_count)
        found = tuple((await connection.execute(select(*columns).where(users.c.id == 1))).one())
        assert all(type(each) is int and abs(each) <= LARGEST_BALANCE for each in found)
        assert found[2] == number
        if database.product == "sqlite":
            kinds = "SELECT DISTINCT typeof(quota), typeof(used_quota) FROM users"
            assert set((await connection.exec_driver_sql(kinds)).one()) == {"integer"}
    async with database.write() as connection:
        await connection.execute(update(users).values(quota=GRANTED, used_quota=0))
    again = Ledger(
        SqlLedgerStore(database, database),
        reader,
        spool,
        clock=lambda: 1000.0,
        limits=LedgerLimits(patience=0),
    )
    await again.recover()
    await apply(SqlLedgerStore(database, database), of(1, "after", 7))
    assert await quota_of(database) == GRANTED - 7
    use = await SqlLogRepository(database).daily_use(LogFilter())
    assert sum(day.requests for day in use) == number + 1
    spool.close()


RATIOS = ("0", "0.000001", "1", "30", "1000000000")
