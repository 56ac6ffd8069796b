"""Bringing databases to the present schema: of any age, by several processes at once, and without losing anything."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, inspect, select, text

from oneapi.adapters.database.connection.engine import Database
from oneapi.adapters.database.schema.migrate import DatabaseTooNew, migrate, migrate_log, reach
from oneapi.adapters.database.schema.tables import ONLINE, channels, logs, tokens, users, versions
from oneapi.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.stores.databases import FreshDatabase

MIGRATE = """
import asyncio, sys
from oneapi.adapters.database.connection.engine import Database
from oneapi.adapters.database.schema.migrate import migrate
database = Database.open(sys.argv[1], sqlite_path=sys.argv[2])
async def main():
    await migrate(database)
    await database.close()
asyncio.run(main())
"""

#: As an early release made them: few columns, narrow keys, another name for the uniqueness of user names.
OLD = {
    "sqlite": """
        CREATE TABLE `users` (`id` integer,`username` text UNIQUE,`password` text NOT NULL,`role` integer DEFAULT 1,
            `status` integer DEFAULT 1,`token` text,`quota` integer DEFAULT 0,PRIMARY KEY (`id`));
        CREATE TABLE `tokens` (`id` integer,`user_id` integer,`key` char(32),`status` integer DEFAULT 1,`name` text,
            `remain_times` integer,PRIMARY KEY (`id`));
        CREATE TABLE `channels` (`id` integer,`type` integer DEFAULT 0,`key` text NOT NULL,`name` text,
            `accessed_time` integer,PRIMARY KEY (`id`));
        CREATE INDEX `idx_channels_key` ON `channels`(`key`);
    """,
    "postgresql": """
        CREATE TABLE users (id bigserial PRIMARY KEY, username text CONSTRAINT users_username_key UNIQUE,
            password text NOT NULL, role bigint DEFAULT 1, status bigint DEFAULT 1, token text,
            quota integer DEFAULT 0);
        CREATE TABLE tokens (id bigserial PRIMARY KEY, user_id bigint, key char(32), status bigint DEFAULT 1,
            name text, remain_times bigint);
        CREATE TABLE channels (id bigserial PRIMARY KEY, type bigint DEFAULT 0, key text NOT NULL, name text,
            accessed_time bigint);
        CREATE INDEX idx_channels_key ON channels (key);
    """,
    "mysql": """
        CREATE TABLE users (id bigint AUTO_INCREMENT PRIMARY KEY, username varchar(191) UNIQUE,
            password longtext NOT NULL, role bigint DEFAULT 1, status bigint DEFAULT 1, token longtext,
            quota int DEFAULT 0);
        CREATE TABLE tokens (id bigint AUTO_INCREMENT PRIMARY KEY, user_id bigint, `key` char(32),
            status bigint DEFAULT 1, name varchar(191), remain_times bigint);
        CREATE TABLE channels (id bigint AUTO_INCREMENT PRIMARY KEY, type bigint DEFAULT 0,
            `key` varchar(191) NOT NULL, name varchar(191), accessed_time bigint, KEY idx_channels_key (`key`));
    """,
}
ROWS = """
    INSERT INTO users (id, username, password, token, quota) VALUES (1, 'root', 'hash', 'old', 100);
    INSERT INTO tokens (id, user_id, {key}, name, remain_times)
        VALUES (1, 1, 'e3b0c44298fc1c149afbf4c8996fb924', 'n', 5);
    INSERT INTO channels (id, type, {key}, name, accessed_time) VALUES (1, 1, 'sk-old', 'first', 7);
"""


async def columns_of(database: Database, table: str) -> dict[str, Any]:
    async with database.read() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_columns(table))
    return {column["name"]: column for column in found}


async def test_again_changes_nothing(database: Database) -> None:
    await migrate(database)
    async with database.read() as connection:
        rows = (await connection.execute(select(versions.c.topic))).scalars().all()
    assert sorted(rows) == ["accounts", "catalog"]


async def test_several_processes_at_once(fresh_database: FreshDatabase) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            MIGRATE,
            fresh_database.dsn,
            fresh_database.path,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(4)
    ]
    ended = await asyncio.gather(*(process.communicate() for process in processes))
    assert [process.returncode for process in processes] == [0] * 4, [error.decode() for _, error in ended]


async def test_several_tasks_at_once(fresh_database: FreshDatabase) -> None:
    databases = [fresh_database.open() for _ in range(3)]
    await asyncio.gather(*(migrate(database) for database in databases))
    for database in databases:
        await database.close()


async def test_an_early_release_is_completed_and_keeps_what_it_has(
    fresh_database: FreshDatabase, product: str
) -> None:
    key = "key" if product == "postgresql" else "`key`"
    fresh_database.run_script(OLD[product] + ROWS.format(key=key))
    database = fresh_database.open()
    await migrate(database)
    async with database.read() as connection:
        user = (await connection.execute(select(users))).mappings().one()
        token = (await connection.execute(select(tokens))).mappings().one()
        channel = (await connection.execute(select(channels))).mappings().one()
        kept = (await connection.execute(text("SELECT token FROM users"))).scalar()
        assert (await connection.execute(text("SELECT remain_times FROM tokens"))).scalar() == 5
        assert (await connection.execute(text("SELECT accessed_time FROM channels"))).scalar() == 7
    assert (user["username"], user["quota"], user["used_quota"], user["group"], kept) == (
        "root",
        100,
        0,
        "default",
        "old",
    )
    assert token["key"].rstrip() == "e3b0c44298fc1c149afbf4c8996fb924"
    assert (token["expired_time"], bool(token["unlimited_quota"])) == (-1, False)
    assert (channel["key"], channel["name"], channel["priority"]) == ("sk-old", "first", 0)
    if product != "sqlite":  # its columns hold anything
        assert (await columns_of(database, "tokens"))["key"]["type"].length == 48
        assert "BIGINT" in str((await columns_of(database, "users"))["quota"]["type"])
    await database.close()


async def test_an_early_release_takes_todays_rows(fresh_database: FreshDatabase, product: str) -> None:
    fresh_database.run_script(OLD[product])
    database = fresh_database.open()
    await migrate(database)
    async with database.write() as connection:
        await connection.execute(users.insert(), {"username": "u", "password": "", "quota": 2**40})
        await connection.execute(tokens.insert(), {"user_id": 1, "key": "k" * 48})
        await connection.execute(channels.insert(), {"key": "x" * 3000})
    await database.close()


async def test_indexes_that_the_original_lost_come_back(database: Database) -> None:
    """The original rebuilds SQLite tables at every start, without the indexes that it does not know."""
    on_table = " ON tokens" if database.product == "mysql" else ""
    async with database.write() as connection:
        await connection.exec_driver_sql(f"DROP INDEX idx_tokens_user_id{on_table}")
    await migrate(database)
    async with database.read() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_indexes("tokens"))
    assert "idx_tokens_user_id" in {index["name"] for index in found}


async def test_a_database_of_a_later_release_is_refused(fresh_database: FreshDatabase) -> None:
    database = fresh_database.open()
    await migrate(database)
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNew, match="newer release"):
        await migrate(database)
    await database.close()


async def test_a_log_database_gets_the_log_only(new_database: Callable[[], FreshDatabase]) -> None:
    database = new_database().open()
    await migrate_log(database)
    await migrate_log(database)
    async with database.read() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == ["logs"]
        assert (await connection.execute(select(func.count(logs.c.end_cause)))).scalar() == 0
    await database.close()


@pytest.mark.parametrize(
    ("dsn", "named"),
    [
        ("postgres://me:hunter2@127.0.0.1:1/oneapi", "postgresql+asyncpg://me:***@127.0.0.1:1/oneapi"),
        ("me:hunter2@tcp(127.0.0.1:1)/oneapi", "127.0.0.1:1/oneapi"),
        ("sqlite:////nowhere/one.db", "/nowhere/one.db"),
    ],
)
async def test_an_unreachable_database_is_named_in_one_line(dsn: str, named: str) -> None:
    database = Database.open(dsn)
    with pytest.raises(StorageUnavailable) as failed:
        await reach(database, 0)
    cause = failed.value.cause
    assert named in cause
    assert "hunter2" not in cause
    assert "\n" not in cause
    await database.close()


async def index_names(database: Database) -> set[str | None]:
    async with database.read() as connection:
        found = await connection.run_sync(lambda work: inspect(work).get_indexes("logs"))
    return {index["name"] for index in found}


async def test_indexes_of_a_log_that_is_there_are_built_while_others_write(
    fresh_database: FreshDatabase,
) -> None:
    opened, other = fresh_database.open(), fresh_database.open()
    await migrate(opened)
    complete = await index_names(opened)
    async with opened.write() as connection:
        for index in logs.indexes:
            if index.info == ONLINE:
                await connection.run_sync(index.drop)
    assert await index_names(opened) < complete
    stop = asyncio.Event()

    async def write() -> int:
        written = 0
        while not stop.is_set():
            async with other.write() as connection:
                await connection.execute(insert(logs), {"user_id": 1, "created_at": written})
            written += 1
        return written

    writing = asyncio.create_task(write())
    await asyncio.gather(migrate(opened), migrate_log(other))
    stop.set()
    assert await writing > 0
    if fresh_database.product == "postgresql":  # one of the two builds, the other does not wait
        await migrate(opened)
    assert await index_names(opened) == complete
    await opened.close()
    await other.close()


@pytest.mark.parametrize("product", ["postgresql"], indirect=True)
async def test_an_index_whose_build_was_interrupted_is_built_again(fresh_database: FreshDatabase) -> None:
    opened = fresh_database.open()
    await migrate(opened)
    name, invalid = "idx_logs_time", "SELECT count(*) FROM pg_index WHERE NOT indisvalid"
    async with opened.write() as connection:
        await connection.exec_driver_sql(
            f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass"  # noqa: S608  # ours
        )
    await migrate(opened)
    async with opened.read() as connection:
        assert (await connection.exec_driver_sql(invalid)).scalar() == 0
    assert name in await index_names(opened)
    await opened.close()
