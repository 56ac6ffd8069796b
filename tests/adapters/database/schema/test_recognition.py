"""Databases of other programs are told from ours, and left as they are."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect

from oneapi.adapters.database.connection.engine import Database
from oneapi.adapters.database.schema.migrate import migrate, migrate_log, reach
from oneapi.adapters.database.schema.recognition import KIN, NotOurs, require_ours, stranger
from oneapi.adapters.database.schema.tables import metadata
from tests.adapters.database.schema.test_migrate import OLD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.stores.databases import FreshDatabase

NEW_API = Path(__file__).parents[3] / "fixtures" / "foreign" / "new-api.db"

#: The tables of the family as all of its members have them, with places for columns of their own. SQLite takes these
#: types as they are; ``{key}`` and ``{group}`` are words of MySQL.
FAMILY = """
CREATE TABLE channels (id bigint PRIMARY KEY, type bigint, {key} text, status bigint, name varchar(100){channels});
CREATE TABLE tokens (id bigint PRIMARY KEY, user_id bigint, {key} varchar(100), status bigint{tokens});
CREATE TABLE users (id bigint PRIMARY KEY, username varchar(100), password text, role bigint{users});
CREATE TABLE options ({key} varchar(100) PRIMARY KEY, value text);
CREATE TABLE abilities ({group} varchar(32), model varchar(100), channel_id bigint, enabled smallint);
CREATE TABLE redemptions (id bigint PRIMARY KEY, {key} char(32), status bigint, quota bigint);
"""
LOGS = """
CREATE TABLE logs (id bigint PRIMARY KEY, user_id bigint, created_at bigint, type bigint, content text{logs});
"""
#: Another program's table -> the statement that makes it, each under the name of the program that has it.
STRANGERS: dict[str, tuple[str, dict[str, str], str]] = {
    "new-api of today": (
        "new-api",
        {"channels": "auto_ban bigint, channel_info text", "tokens": "model_limits_enabled smallint"},
        "CREATE TABLE setups (id bigint); CREATE TABLE vendors (id bigint);",
    ),
    "new-api, years ago": ("new-api", {"channels": "auto_ban bigint"}, ""),
    "new-api whose channels are not migrated": ("new-api", {"tokens": "model_limits_enabled smallint"}, ""),
    "new-api by a setting": ("new-api", {"channels": "setting text"}, ""),
    "new-api by a table": ("new-api", {}, "CREATE TABLE midjourneys (id bigint);"),
    "new-api by two tables": (
        "new-api",
        {},
        "CREATE TABLE tasks (id bigint); CREATE TABLE vendors (id bigint);",
    ),
    "one-hub": ("one-hub", {"channels": "pre_cost bigint"}, "CREATE TABLE user_groups (id bigint);"),
    "one-hub by its tokens": ("one-hub", {"tokens": "setting text"}, ""),
    "one-hub by a table": ("one-hub", {}, "CREATE TABLE telegram_menus (id bigint);"),
    "one-hub by two tables": (
        "one-hub",
        {},
        "CREATE TABLE prices (model varchar(100)); CREATE TABLE user_groups (id bigint);",
    ),
    "done-hub": ("done-hub", {"channels": "pre_cost bigint, cost_ratio decimal(10,4)"}, ""),
    "done-hub by its users": ("done-hub", {"users": "linuxdo_id varchar(64)"}, ""),
    "done-hub by its prices": (
        "done-hub",
        {},
        "CREATE TABLE prices (model varchar(100), long_context text); CREATE TABLE user_groups (id bigint);",
    ),
}
#: What is tried on database servers too; the names are judged in the same way everywhere.
ON_SERVERS = ("new-api of today", "one-hub by two tables", "done-hub")
#: Logs in a database of their own.
LOG_COLUMNS = {
    "new-api": "use_time bigint",
    "one-hub": "request_time bigint",
    "done-hub": "request_time bigint, cost_quota bigint",
}


def spelled(script: str, product: str, own: dict[str, str] | None = None) -> str:
    words = {word: f"`{word}`" if product == "mysql" else f'"{word}"' for word in ("key", "group")}
    columns = {
        table: f", {(own or {})[table]}" if table in (own or {}) else ""
        for table in ("channels", "tokens", "users", "logs")
    }
    return script.format(**words, **columns)


async def layout_of(database: Database) -> dict[str, set[str]]:
    async with database.read() as connection:
        return await connection.run_sync(
            lambda work: {
                table: {column["name"] for column in inspect(work).get_columns(table)}
                for table in inspect(work).get_table_names()
            }
        )


@pytest.mark.parametrize(
    ("product", "case"),
    [
        *(("sqlite", case) for case in STRANGERS),
        *((server, case) for server in ("postgresql", "mysql") for case in ON_SERVERS),
    ],
    indirect=["product"],
)
async def test_a_database_of_the_family_is_named_and_left_alone(
    fresh_database: FreshDatabase, product: str, case: str
) -> None:
    name, own, more = STRANGERS[case]
    fresh_database.run_script(spelled(FAMILY + LOGS, product, own) + more)
    database = fresh_database.open()
    with pytest.raises(
        NotOurs, match=f"a database of {name}, as the (column|table) .* shows: it was left untouched"
    ):
        await reach(database, 0)
    layout = await layout_of(database)
    assert "ledger" not in layout
    assert "end_cause" not in layout["logs"]
    await database.close()


@pytest.mark.parametrize("name", LOG_COLUMNS)
async def test_a_log_database_of_the_family_is_named(
    fresh_database: FreshDatabase, product: str, name: str
) -> None:
    fresh_database.run_script(spelled(LOGS, product, {"logs": LOG_COLUMNS[name]}))
    database = fresh_database.open()
    with pytest.raises(NotOurs, match=f"a database of {name}"):
        await reach(database, 0, log=True)
    await database.close()


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE users (id bigint, mail text); CREATE TABLE tokens (id bigint, value text);",
        "CREATE TABLE tokens (hash text);",
        "CREATE TABLE logs (line text);",
        "CREATE TABLE articles (id bigint);",
        # another program that also migrates with Alembic
        "CREATE TABLE alembic_version (version_num varchar(32)); CREATE TABLE articles (id bigint);",
        # names as ours, and more that is not
        "CREATE TABLE users (id bigint, username text, password text); CREATE TABLE articles (id bigint);",
    ],
)
@pytest.mark.parametrize("log", [False, True])
async def test_a_database_of_any_other_program_is_refused(
    fresh_database: FreshDatabase, script: str, *, log: bool
) -> None:
    fresh_database.run_script(script)
    database = fresh_database.open()
    with pytest.raises(NotOurs, match="another program"):
        await reach(database, 0, log=log)
    await database.close()


async def test_databases_of_the_original_and_ours_are_taken(
    new_database: Callable[[], FreshDatabase], product: str
) -> None:
    empty, early, original = new_database(), new_database(), new_database()
    early.run_script(OLD[product])
    original.restore_original()
    for fresh in (empty, early, original):
        database = fresh.open()
        await reach(database, 0)
        await migrate(database)
        await reach(database, 0)
        await reach(database, 0, log=True)
        await database.close()


async def test_a_log_database_of_ours_is_taken(fresh_database: FreshDatabase) -> None:
    database = fresh_database.open()
    await reach(database, 0, log=True)
    await migrate_log(database)
    await reach(database, 0, log=True)
    await database.close()


async def test_what_an_operator_keeps_beside_our_tables_does_not_matter(
    fresh_database: FreshDatabase, product: str
) -> None:
    fresh_database.restore_original()
    fresh_database.run_script("CREATE TABLE my_notes (id bigint); CREATE TABLE orders (id bigint);")
    database = fresh_database.open()
    await reach(database, 0)
    if product != "sqlite":
        fresh_database.run_script("CREATE VIEW setups AS SELECT 1 AS id")
        await reach(database, 0)
    await database.close()


def test_a_rebuild_of_the_original_that_was_interrupted_is_no_stranger() -> None:
    """It copies a table to such a name, drops it and renames the copy, for every table at every start."""
    found = {table.name: set(table.columns.keys()) for table in metadata.sorted_tables}
    found["tokens__temp"] = found.pop("tokens")
    assert not stranger(found)


def test_nothing_of_ours_is_a_mark_of_another() -> None:
    ours = {table.name: set(table.columns.keys()) for table in metadata.sorted_tables}
    for kin in KIN:
        assert not kin.tables & ours.keys()
        assert not kin.common & ours.keys()
        assert not kin.trace(ours)


# --- a file that is another program's is not touched at all ------------------------------------------------


def state_of(folder: Path) -> dict[str, tuple[str, int, int]]:
    return {
        path.name: (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
            path.stat().st_mode,
        )
        for path in folder.iterdir()
        if not path.name.endswith("-shm")  # the locks of the processes at work, rather than data
    }


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "one-api.db"
    shutil.copyfile(NEW_API, path)
    os.utime(path, (1, 1))
    yield path
    path.unlink(missing_ok=True)


async def test_a_foreign_file_stays_byte_for_byte(foreign: Path) -> None:
    await refused_without_a_trace(foreign)


async def test_a_foreign_file_with_a_write_ahead_log_of_its_own_stays_byte_for_byte(foreign: Path) -> None:
    with sqlite3.connect(foreign) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    await refused_without_a_trace(foreign)


async def test_a_foreign_file_in_use_stays_byte_for_byte(foreign: Path) -> None:
    other = sqlite3.connect(foreign)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("INSERT INTO options VALUES ('a', 'b')")
    other.commit()
    assert foreign.with_name("one-api.db-wal").stat().st_size
    await refused_without_a_trace(foreign)
    other.close()


async def refused_without_a_trace(path: Path) -> None:
    before = state_of(path.parent)
    database = Database.open("", sqlite_path=str(path))
    with pytest.raises(NotOurs, match="new-api"):
        await reach(database, 0)
    await database.close()
    assert state_of(path.parent) == before


async def test_looking_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "one-api.db"
    database = Database.open("", sqlite_path=str(path))
    await require_ours(database)
    await database.close()
    assert not path.exists()
