"""A database of ours is one of the original's, column by column, and something more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from oneapi.adapters.database.connection.engine import Database
    from tests.support.stores.databases import FreshDatabase

#: What ours adds; everything else must be exactly as in the databases that the original made.
OUR_TABLES = {
    "ledger",
    "holds",
    "versions",
    "audit",
    "codes",
    "leases",
    "sessions",
    "stored_items",
    "stored_responses",
    "alembic_version",
}
OUR_COLUMNS = {
    ("logs", "end_cause"),
    ("logs", "attempts"),
    ("logs", "event"),
    ("redemptions", "redeemed_by"),
    ("users", "github_account"),
    ("channels", "test_outcome"),
    ("channels", "test_error"),
    ("users", "access_token_hash"),
    ("users", "access_token_sealed"),
    ("tokens", "key_hash"),
    ("tokens", "key_sealed"),
    ("tokens", "stores_responses"),
}
OUR_INDEXES = {
    ("tokens", "idx_tokens_user_id"),
    ("users", "idx_users_github_account"),
    ("users", "idx_users_access_token_hash"),
    ("tokens", "idx_tokens_key_hash"),
    ("logs", "idx_logs_time"),
    ("logs", "idx_logs_type_time"),
    ("logs", "idx_logs_user_time"),
    ("logs", "idx_logs_username_time"),
}


def described(connection: Connection) -> dict[str, Any]:
    """Tables with their columns (type, default, nullable), indexes and unique constraints, as the server tells them."""
    found = inspect(connection)
    tables: dict[str, dict[str, Any]] = {}
    for table in found.get_table_names():
        tables[table] = {
            "columns": {
                column["name"]: (str(column["type"]).lower(), _default(column["default"]), column["nullable"])
                for column in found.get_columns(table)
            },
            "indexes": {
                index["name"]: (tuple(index["column_names"]), bool(index["unique"]))
                for index in found.get_indexes(table)
            },
            # without names: SQLAlchemy does not find them within backticks
            "unique": [tuple(unique["column_names"]) for unique in found.get_unique_constraints(table)],
            "key": found.get_pk_constraint(table)["constrained_columns"],
        }
    return tables


def _default(text: str | None) -> str | None:
    """A default as a value: the products and the two programs spell the same one differently."""
    if text is None or "nextval" in text:
        return None
    plain = text.split("::")[0].strip("'\"")
    return {"false": "0"}.get(plain, plain)


async def describe(database: Database) -> dict[str, Any]:
    async with database.read() as connection:
        return await connection.run_sync(described)


def originals_part(tables: dict[str, Any]) -> dict[str, Any]:
    kept = {name: dict(table) for name, table in tables.items() if name not in OUR_TABLES}
    for name, table in kept.items():
        table["columns"] = {k: v for k, v in table["columns"].items() if (name, k) not in OUR_COLUMNS}
        table["indexes"] = {k: v for k, v in table["indexes"].items() if (name, k) not in OUR_INDEXES}
    return kept


async def test_what_ours_makes_is_what_the_original_makes(
    database: Database, fresh_database: FreshDatabase
) -> None:
    fresh_database.restore_original()
    original = fresh_database.open()
    theirs = await describe(original)
    await original.close()
    assert originals_part(await describe(database)) == theirs


async def test_a_migrated_original_has_the_same_schema_as_a_new_database(
    database: Database, original: Database
) -> None:
    assert await describe(original) == await describe(database)


async def test_additions(database: Database) -> None:
    tables = await describe(database)
    assert tables.keys() > OUR_TABLES
    for table, column in OUR_COLUMNS:
        assert tables[table]["columns"][column][-1], "the original does not know it, so it must be nullable"
    assert tables["ledger"]["indexes"]["idx_ledger_request_id"] == (("request_id",), True)
    assert tables["tokens"]["indexes"]["idx_tokens_user_id"] == (("user_id",), False)
    assert tables["logs"]["indexes"]["idx_logs_time"] == (("created_at", "id"), False)
    assert {(table, index) for table, found in tables.items() for index in found["indexes"]} >= OUR_INDEXES
    assert tables["holds"]["key"] == ["request_id"]


@pytest.mark.parametrize("product", ["sqlite"], indirect=True)
async def test_sqlite_quotes_every_column_name(database: Database) -> None:
    """The original parses the stored DDL and refuses to start on unquoted names after a comma or a tab."""
    tables = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
    statements = {row[0]: row[1] for row in await database.look(lambda work: work.rows(tables))}
    described = await describe(database)
    assert len(statements) > len(OUR_TABLES)
    for table, sql in statements.items():
        if table in OUR_TABLES:
            continue
        for column in described[table]["columns"]:
            assert f'"{column}"' in sql, (table, column)
