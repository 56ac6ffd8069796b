"""Kind O: behind PgBouncer and poolers like it nothing is prepared on a server that may be another one next time."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from oneapi.adapters.database.connection.engine import Database
from oneapi.adapters.database.connection.servers import behind_pooler
from oneapi.adapters.database.connection.transaction import rows_in
from oneapi.adapters.database.repositories.versions import SqlVersions
from oneapi.adapters.database.schema.migrate import migrate, reach
from oneapi.adapters.database.schema.tables import options
from oneapi.domain.errors import StorageUnavailable
from tests.support.network.ports import free_port
from tests.support.stores.databases import skip_unless_reachable, temporary_database
from tests.support.stores.pooler import pooled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oneapi.adapters.database.connection.transaction import Transaction
    from tests.support.stores.databases import FreshDatabase


@pytest.fixture
def server_database(tmp_path: Path) -> Iterator[FreshDatabase]:
    skip_unless_reachable("postgresql")
    with temporary_database("postgresql", tmp_path) as made:
        yield made


def count_up(work: Transaction) -> int:
    number = int(work.rows("SELECT version FROM versions WHERE topic = ? FOR UPDATE", "catalog")[0][0]) + 1
    work.run("UPDATE versions SET version = ? WHERE topic = ?", number, "catalog")
    rows_in(work, "SELECT version FROM versions WHERE topic IN {}", ["catalog", "accounts"])
    return number


async def works(database: Database) -> None:
    """Many statements at once, so that transactions of one connection land on several of the server's."""
    before = (await SqlVersions(database).current())["catalog"]
    await asyncio.gather(*(database.transact(count_up) for _ in range(30)))
    for _ in range(3):
        numbers = await asyncio.gather(*(SqlVersions(database).current() for _ in range(20)))
        assert {number["catalog"] for number in numbers} == {before + 30}
    async with database.write() as connection:
        await connection.execute(options.insert(), [{"key": str(n), "value": "v"} for n in range(5)])
    async with database.read() as connection:
        assert len((await connection.execute(select(options))).all()) == 5
        await connection.execute(select(options).where(options.c.key == "1"))


@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_the_gateway_works_behind_a_pooler_of_which_nobody_told_it(
    server_database: FreshDatabase, tmp_path: Path, mode: str
) -> None:
    settings = {"pool_mode": mode, "default_pool_size": "20" if mode == "transaction" else "60"}
    with pooled(server_database.name, tmp_path, settings) as dsn:
        for _ in range(2):  # the second finds what the first left on the server's connections
            database = Database.open(dsn)
            await reach(database, 0)
            assert database.pooled
            await migrate(database)
            async with database.write() as connection:
                await connection.execute(options.delete())
            await works(database)
            await database.close()


async def test_a_server_without_pooler_keeps_its_statements(server_database: FreshDatabase) -> None:
    database = server_database.open()
    await migrate(database)
    assert not database.pooled
    assert not await behind_pooler(database.address)
    async with database.read() as connection:
        shown = {
            name: (await connection.exec_driver_sql(f"SHOW {name}")).scalar()
            for name in ("jit", "application_name")
        }
        kept = (await connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements")).scalar()
    assert shown == {"jit": "off", "application_name": "oneapi"}
    assert kept
    await works(database)
    await database.close()


async def test_what_the_operator_sets_for_a_session_stays(server_database: FreshDatabase) -> None:
    database = Database.open(f"{server_database.dsn}&application_name=mine&TimeZone=Asia/Shanghai&jit=on")
    async with database.read() as connection:
        for name, value in {"application_name": "mine", "TimeZone": "Asia/Shanghai", "jit": "on"}.items():
            assert (await connection.exec_driver_sql(f"SHOW {name}")).scalar() == value
    await database.close()


async def test_a_pooler_that_comes_later_is_found_by_the_first_lost_statement(
    server_database: FreshDatabase, tmp_path: Path
) -> None:
    with pooled(server_database.name, tmp_path, {"pool_mode": "transaction"}) as dsn:
        database = Database.open(dsn)
        database._looked = True  # as if there had been none when it looked  # noqa: SLF001
        await _patient(database)
        assert database.pooled
        await migrate(database)
        await works(database)
        await database.close()


async def _patient(database: Database) -> None:
    """Read until a statement is lost, and once more."""
    for _ in range(50):
        with contextlib.suppress(StorageUnavailable):
            await asyncio.gather(*(_read(database) for _ in range(8)))
        if database.pooled:
            return


async def _read(database: Database) -> None:
    async with database.read() as connection:
        await connection.exec_driver_sql("SELECT 1")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "pgbouncer=true&connection_limit=1&connect_timeout=10&charset=utf8mb4&parseTime=True&loc=Local",
        "target_session_attrs=read-write&client_encoding=LATIN1&prepareThreshold=0&fallback_application_name=x",
    ],
)
async def test_at_the_greeting_a_pooler_hears_nothing_that_it_might_refuse(query: str) -> None:
    heard: list[dict[str, str]] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        [length] = struct.unpack("!i", await reader.readexactly(4))
        words = (await reader.readexactly(length - 4))[4:].rstrip(b"\0").decode().split("\0")
        heard.append(dict(zip(words[::2], words[1::2], strict=True)))
        writer.close()

    port = free_port()
    async with await asyncio.start_server(listen, "127.0.0.1", port):
        database = Database.open(f"postgres://me:pw@127.0.0.1:{port}/o?sslmode=disable&{query}")
        with pytest.raises(StorageUnavailable):
            await _read(database)
        await database.close()
    assert heard
    for words in heard:
        assert words.keys() == {"user", "database", "client_encoding"}
        assert words["client_encoding"].strip("'") == "utf-8"


@pytest.mark.parametrize("query", ["pgbouncer=true", "prepareThreshold=0", "statement_cache_size=0"])
def test_an_address_may_say_that_there_is_a_pooler(query: str) -> None:
    assert Database.open(f"postgres://me@db/o?{query}").pooled
