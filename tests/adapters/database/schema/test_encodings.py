"""Kind N: databases that are not in UTF-8 work, or are refused in one sentence that says how to convert them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from oneapi.adapters.database.schema.encodings import WrongEncoding
from oneapi.adapters.database.schema.migrate import migrate, migrate_log, reach
from oneapi.adapters.database.schema.tables import logs, metadata, options
from tests.support.stores.databases import encoded_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from oneapi.adapters.database.connection.engine import Database
    from tests.support.stores.databases import FreshDatabase

mysql = pytest.mark.parametrize("product", ["mysql"], indirect=True)
TEXT = "模型倍率 ä 🚀"


async def takes_any_text(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(insert(logs), {"content": TEXT, "model_name": TEXT, "username": TEXT})
        row = (
            await connection.execute(select(logs.c.content, logs.c.model_name).where(logs.c.content == TEXT))
        ).one()
    assert tuple(row) == (TEXT, TEXT)


@mysql
@pytest.mark.parametrize(
    "charset", ["latin1", "utf8mb3", "gbk", "ascii", "utf8mb4 COLLATE utf8mb4_unicode_ci"]
)
async def test_new_tables_take_every_text_whatever_the_database_is_in(
    fresh_database: FreshDatabase, charset: str, product: str
) -> None:
    fresh_database.run_script(f"ALTER DATABASE `{fresh_database.name}` CHARACTER SET {charset}")
    database = fresh_database.open()
    await reach(database, 0)
    await migrate(database)
    await reach(database, 0)
    await takes_any_text(database)
    async with database.read() as connection:
        collations = set(
            (
                await connection.exec_driver_sql(
                    "SELECT table_collation FROM information_schema.tables WHERE table_schema = DATABASE()"
                    " AND table_name <> 'alembic_version'"
                )
            ).scalars()
        )
    assert len(collations) == 1
    if "unicode_ci" in charset:  # what the operator chose stays
        assert collations == {"utf8mb4_unicode_ci"}
    await database.close()
    assert product == "mysql"


@mysql
@pytest.mark.parametrize("charset", ["latin1", "gbk"])
async def test_tables_of_an_old_database_are_refused_with_the_statements_that_help(
    fresh_database: FreshDatabase, charset: str, product: str
) -> None:
    database = fresh_database.open()
    await migrate(database)
    for tables in (["logs"], sorted(metadata.tables)):
        for table in tables:
            fresh_database.run_script(f"ALTER TABLE `{table}` CONVERT TO CHARACTER SET {charset}")
        with pytest.raises(WrongEncoding) as refused:
            await reach(database, 0)
        said = str(refused.value)
        assert charset in said
        assert "\n" not in said
        statements = said.partition("with: ")[2]
        assert statements.count(";") == len(tables)
        fresh_database.run_script(statements)
        await reach(database, 0)
    await migrate(database)
    await takes_any_text(database)
    await database.close()
    assert product == "mysql"


@mysql
async def test_a_single_column_is_refused_too(fresh_database: FreshDatabase, product: str) -> None:
    database = fresh_database.open()
    await migrate(database)
    fresh_database.run_script("ALTER TABLE logs MODIFY content longtext CHARACTER SET latin1")
    for log in (False, True):
        with pytest.raises(WrongEncoding, match=r"ALTER TABLE `logs` CONVERT TO CHARACTER SET utf8mb4;$"):
            await reach(database, 0, log=log)
    fresh_database.run_script("ALTER TABLE logs CONVERT TO CHARACTER SET utf8mb4")
    await reach(database, 0)
    await database.close()
    assert product == "mysql"


@mysql
async def test_a_log_database_is_looked_at_for_its_log_alone(
    fresh_database: FreshDatabase, product: str
) -> None:
    fresh_database.run_script(f"ALTER DATABASE `{fresh_database.name}` CHARACTER SET latin1")
    database = fresh_database.open()
    await migrate_log(database)
    await reach(database, 0, log=True)
    fresh_database.run_script("ALTER TABLE logs CONVERT TO CHARACTER SET latin1")
    with pytest.raises(WrongEncoding, match="logs"):
        await reach(database, 0, log=True)
    await database.close()
    assert product == "mysql"


@mysql
async def test_without_emoji_a_database_works_and_is_warned_of(
    fresh_database: FreshDatabase, caplog: pytest.LogCaptureFixture, product: str
) -> None:
    """``utf8`` of MySQL 5.7: the original runs on such databases, and so does ours."""
    database = fresh_database.open()
    await migrate(database)
    fresh_database.run_script("ALTER TABLE logs CONVERT TO CHARACTER SET utf8mb3")
    with caplog.at_level(logging.WARNING):
        await reach(database, 0)
    assert "ALTER TABLE `logs` CONVERT TO CHARACTER SET utf8mb4;" in caplog.text
    await database.close()
    assert product == "mysql"


@pytest.fixture
def in_encoding(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FreshDatabase]:
    with encoded_database(request.param, tmp_path) as made:
        yield made


@pytest.mark.parametrize("in_encoding", ["SQL_ASCII"], indirect=True)
async def test_bytes_as_they_come_are_utf8(in_encoding: FreshDatabase) -> None:
    database = in_encoding.open()
    await reach(database, 0)
    await migrate(database)
    await takes_any_text(database)
    async with database.write() as connection:
        await connection.execute(insert(options), {"key": "Notice", "value": TEXT})
        assert (await connection.execute(select(options.c.value))).scalar_one() == TEXT
    await database.close()


@pytest.mark.parametrize("in_encoding", ["LATIN1", "EUC_CN", "WIN1252"], indirect=True)
async def test_an_encoding_of_postgres_that_lacks_characters_is_refused(in_encoding: FreshDatabase) -> None:
    database = in_encoding.open()
    with pytest.raises(WrongEncoding) as refused:
        await reach(database, 0)
    said = str(refused.value)
    assert "UTF8" in said
    assert "\n" not in said
    statement = said[said.index("CREATE DATABASE") : said.index(";")]
    copy = f"{in_encoding.name}_utf8"
    in_encoding.run_script(statement)  # what it says can be pasted
    in_encoding.run_script(f'DROP DATABASE "{copy}"')
    await database.close()
