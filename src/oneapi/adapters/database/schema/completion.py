"""Completing tables without dropping, renaming or rewriting any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
)

from oneapi.adapters.database.schema.tables import ONLINE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Index, Inspector
    from sqlalchemy.types import TypeEngine


#: PostgreSQL: indexes whose build was interrupted or is still running.
UNFINISHED = "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE NOT indisvalid"


def complete(connection: Connection, tables: Iterable[Table]) -> None:
    """Create missing tables, columns, indexes and unique constraints, and widen columns that are too narrow.

    Complete tables are left alone, and anything else in a table stays. ``ONLINE`` indexes of existing tables are left
    to ``missing_indexes``.
    """
    found = inspect(connection)
    there = set(found.get_table_names())
    operations = Operations(MigrationContext.configure(connection))
    for table in tables:
        if table.name not in there:
            _create(connection, table)
            continue
        _complete_columns(operations, found, table)
        _complete_indexes(connection, operations, found, table)


def _create(connection: Connection, table: Table) -> None:
    """Create ``table``; on MySQL its columns can hold any text, whatever the database's character set."""
    if connection.dialect.name == "mysql":
        default = connection.exec_driver_sql("SELECT @@character_set_database").scalar()
        if default != "utf8mb4":  # naming the set also resets the database's own collation
            table = table.to_metadata(MetaData())
            table.dialect_kwargs["mysql_charset"] = "utf8mb4"
    table.create(connection)


def missing_indexes(connection: Connection, table: Table) -> list[Index]:
    """The ``ONLINE`` indexes that ``table`` lacks, or that are not ready for use."""
    names = {index["name"] for index in inspect(connection).get_indexes(table.name)}
    if connection.dialect.name == "postgresql":
        names -= set(connection.exec_driver_sql(UNFINISHED).scalars())
    wanted = sorted(table.indexes, key=lambda index: str(index.name))
    return [index for index in wanted if index.info == ONLINE and index.name not in names]


def _complete_columns(operations: Operations, found: Inspector, table: Table) -> None:
    existing = {column["name"]: column for column in found.get_columns(table.name)}
    for column in table.columns:
        there = existing.get(column.name)
        if there is None:
            operations.add_column(table.name, _unbound(column))
        elif found.dialect.name != "sqlite" and _narrower(
            there["type"], column.type.dialect_impl(found.dialect)
        ):
            operations.alter_column(
                table.name,
                column.name,
                type_=column.type,
                existing_type=there["type"],
                existing_nullable=there["nullable"],
                existing_server_default=column.server_default,
            )


def _complete_indexes(connection: Connection, operations: Operations, found: Inspector, table: Table) -> None:
    indexes = found.get_indexes(table.name)
    names = {index["name"] for index in indexes}
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        if index.name not in names and index.info != ONLINE:
            index.create(connection)
    if (
        found.dialect.name == "sqlite"
    ):  # SQLite cannot add a constraint later; registration checks the name in any case
        return
    unique = {tuple(index["column_names"]) for index in indexes if index["unique"]}
    unique |= {tuple(constraint["column_names"]) for constraint in found.get_unique_constraints(table.name)}
    for constraint in table.constraints:
        if not isinstance(constraint, UniqueConstraint):
            continue
        columns = [column.name for column in constraint.columns]
        if tuple(columns) not in unique:
            operations.create_unique_constraint(str(constraint.name), table.name, columns)


def _unbound(column: Column[Any]) -> Column[Any]:
    return Column(
        column.name, column.type, server_default=column.server_default, nullable=column.nullable, quote=True
    )


def _narrower(there: TypeEngine[Any], wanted: TypeEngine[Any]) -> bool:
    """Whether the type ``there`` is narrower than ``wanted``; the original widens such columns, too."""
    if isinstance(wanted, BigInteger):
        return isinstance(there, Integer | SmallInteger) and not isinstance(there, BigInteger)
    if not isinstance(there, String) or isinstance(there, Text) or there.length is None:
        return False
    return isinstance(wanted, Text) or (isinstance(wanted, String) and there.length < (wanted.length or 0))
