"""Transactions, and what a database that does not answer looks like from outside."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sqlite3
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from oneapi.adapters.database.connection.engine import Database
from oneapi.adapters.database.connection.sqlite import open_file
from oneapi.adapters.database.repositories.options import SqlOptionRepository
from oneapi.adapters.database.repositories.people.accounts import SqlAccountReader
from oneapi.adapters.database.repositories.people.users import SqlUserRepository
from oneapi.adapters.database.repositories.versions import SqlVersions
from oneapi.adapters.database.schema.migrate import migrate
from oneapi.adapters.database.schema.tables import options
from oneapi.domain.errors import StorageUnavailable
from tests.support.network.tcp_proxy import TcpProxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from oneapi.adapters.database.connection.transaction import Transaction
    from tests.support.stores.databases import FreshDatabase

servers = pytest.mark.parametrize("product", ["postgresql", "mysql"], indirect=True)
files = pytest.mark.parametrize("product", ["sqlite"], indirect=True)


class Broken(Exception):
    """Raised by a test in the midst of a transaction."""


def count_up(work: Transaction, topic: str = "catalog") -> int:
    """Read a number, and write the next: lost updates show."""
    read = "SELECT version FROM versions WHERE topic = ?"
    locked = read if work.product == "sqlite" else f"{read} FOR UPDATE"
    number = int(work.rows(locked, topic)[0][0]) + 1
    work.run("UPDATE versions SET version = ? WHERE topic = ?", number, topic)
    return number


async def number_of(database: Database, topic: str = "catalog") -> int:
    return (await SqlVersions(database).current())[topic]


async def test_a_transaction_is_rolled_back_by_an_exception(database: Database) -> None:
    before = await number_of(database)

    def broken(work: Transaction) -> None:
        count_up(work)
        raise Broken

    with pytest.raises(Broken):
        await database.transact(broken)

    async def also_broken() -> None:
        async with database.write() as connection:
            await connection.execute(insert(options), {"key": "a", "value": "1"})
            raise Broken

    with pytest.raises(Broken):
        await also_broken()
    assert await number_of(database) == before
    assert await SqlOptionRepository(database).all() == {}


async def test_no_update_is_lost(database: Database) -> None:
    before = await number_of(database)
    await asyncio.gather(*(database.transact(count_up) for _ in range(40)))
    assert await number_of(database) == before + 40


async def test_reads_go_on_while_a_transaction_is_open(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(options), {"key": "m", "value": "1"})
        assert await asyncio.wait_for(SqlOptionRepository(database).all(), 1) == {}
    assert await SqlOptionRepository(database).all() == {"m": "1"}


@servers
async def test_transactions_that_block_each_other_in_a_circle_are_done_again(database: Database) -> None:
    before = await number_of(database), await number_of(database, "accounts")

    def both(first: str, second: str, work: Transaction) -> None:
        count_up(work, first)
        work.rows("SELECT pg_sleep(0.05)" if work.product == "postgresql" else "SELECT SLEEP(0.05)")
        count_up(work, second)

    orders = [partial(both, *order) for order in (("catalog", "accounts"), ("accounts", "catalog"))]
    # one circle: PostgreSQL takes a second to see each, and a transaction has five in all
    await asyncio.gather(*(database.transact(orders[number % 2]) for number in range(2)))
    assert await number_of(database) == before[0] + 2
    assert await number_of(database, "accounts") == before[1] + 2


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def replace_by_copy(path: Path) -> None:
    """As a restored backup does."""
    shutil.copyfile(path, path.with_suffix(".old"))
    path.unlink()
    path.with_suffix(".old").rename(path)


# --- when it does not answer -------------------------------------------------------------------


@pytest.fixture
def proxy(product: str) -> Iterator[TcpProxy]:
    with TcpProxy("127.0.0.1", 5432 if product == "postgresql" else 3306) as running:
        yield running


@servers
async def test_a_server_that_comes_back_is_used_again(fresh_database: FreshDatabase, proxy: TcpProxy) -> None:
    direct = fresh_database.open()
    await migrate(direct)
    await direct.close()
    through = fresh_database.dsn.replace(":5432", f":{proxy.port}").replace(":3306", f":{proxy.port}")
    database = Database.open(through)
    accounts, settings = SqlAccountReader(database), SqlOptionRepository(database)
    await settings.put({"n": "0"})
    assert await accounts.account_by_key("unknown") is None
    proxy.cut()
    for _ in range(2):
        started = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await accounts.account_by_key("unknown")
        with pytest.raises(StorageUnavailable):
            await database.transact(count_up)
        with pytest.raises(StorageUnavailable):
            await settings.all()
        assert time.monotonic() - started < 2
    proxy.restore()
    assert await accounts.account_by_key("unknown") is None
    assert await database.transact(count_up) > 1
    assert await settings.all() == {"n": "0"}
    await database.close()


@servers
async def test_a_server_that_is_silent_is_given_up(fresh_database: FreshDatabase) -> None:
    """It takes connections and says nothing, as a stopped process does."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = Database.open(fresh_database.dsn.replace(":5432", f":{port}").replace(":3306", f":{port}"))
        started = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await SqlUserRepository(database).by_id(1)
        assert time.monotonic() - started < 4
        await database.close()


@servers
async def test_wrong_credentials_and_unknown_databases_are_outages(fresh_database: FreshDatabase) -> None:
    database = Database.open(fresh_database.dsn.replace("oneapi_test_", "missing_"))
    with pytest.raises(StorageUnavailable) as failed:
        await SqlUserRepository(database).by_id(1)
    assert "missing_" in failed.value.cause
    await database.close()


@servers
async def test_a_statement_that_takes_too_long_is_given_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_deadline", 0.2)
    sleep = "SELECT pg_sleep(3)" if database.product == "postgresql" else "SELECT SLEEP(3)"
    with pytest.raises(StorageUnavailable):
        await database.look(lambda work: work.rows(sleep))
    assert await SqlUserRepository(database).by_id(1) is None


@pytest.mark.parametrize("product", ["postgresql"], indirect=True)
async def test_a_read_only_server_is_an_outage_for_writers(database: Database) -> None:
    """As a standby is."""

    def write(work: Transaction) -> None:
        work.run("SET TRANSACTION READ ONLY")
        count_up(work)

    with pytest.raises(StorageUnavailable):
        await database.transact(write)


@files
async def test_a_file_that_another_process_has_locked(database: Database) -> None:
    path = database.address.url.database or ""
    impatient = Database.open("", sqlite_path=path, busy_timeout=0.1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable):
        await SqlOptionRepository(impatient).put({"a": "1"})
    with pytest.raises(StorageUnavailable):
        await impatient.transact(count_up)
    assert await SqlOptionRepository(impatient).all() == {}, "readers are not kept out"
    other.execute("COMMIT")
    other.close()
    await SqlOptionRepository(impatient).put({"a": "1"})
    await impatient.close()


@files
@pytest.mark.parametrize("change", [Path.unlink, replace_by_copy])
async def test_a_file_that_is_removed_or_replaced_is_not_written_again(
    database: Database, change: Callable[[Path], None]
) -> None:
    path = Path(database.address.url.database or "")
    await SqlOptionRepository(database).put({"a": "1"})
    change(path)
    there = names_in(path.parent)
    for _ in range(2):
        with pytest.raises(StorageUnavailable) as failed:
            await SqlOptionRepository(database).put({"b": "1"})
        assert "the SQLite file" in failed.value.cause
        with pytest.raises(StorageUnavailable):
            await database.transact(count_up)
    assert names_in(path.parent) == there, "no silent empty database"


@files
@pytest.mark.usefixtures("product")
async def test_any_name_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a?mode=ro#%41 ü.db"
    database = Database.open("", sqlite_path=str(path))
    await migrate(database)
    await SqlOptionRepository(database).put({"a": "1"})
    await database.close()
    assert path.name in names_in(tmp_path)


@files
async def test_a_commit_survives_without_a_checkpoint(database: Database) -> None:
    """What another process reads after a commit is all there, while ours still has the file open."""
    await SqlOptionRepository(database).put({"a": "1"})
    other = sqlite3.connect(database.address.url.database or "")
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert other.execute("SELECT value FROM options").fetchall() == [("1",)]
    other.close()


async def test_an_option_survives_reopening(database: Database) -> None:
    await SqlOptionRepository(database).put({"a": "1"})
    await database.close()
    async with database.read() as connection:
        assert (await connection.execute(select(options.c.value))).scalar() == "1"


def test_a_file_that_cannot_be_opened_leaves_no_thread_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it speaks to a loop that is closed by then."""
    left: list[object] = []
    monkeypatch.setattr(threading, "excepthook", left.append)
    for _ in range(20):
        with pytest.raises(sqlite3.Error):
            asyncio.run(open_file("/nowhere/one.db", create=True, busy_timeout=1))
    assert left == []
