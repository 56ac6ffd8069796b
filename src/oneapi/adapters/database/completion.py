"""Bringing tables up to what they should be, without dropping, renaming or rewriting anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import op
from sqlalchemy import inspect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Table


def complete(
    connection: Connection, tables: Iterable[Table], drop_indexes: Iterable[tuple[Table, str]] = ()
) -> None:
    """Create what is missing: tables, columns, indexes. ``drop_indexes`` go where the original drops them (MySQL)."""
    found = inspect(connection)
    there = set(found.get_table_names())
    for table in tables:
        if table.name not in there:
            table.create(connection)
            continue
        columns = {column["name"] for column in found.get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns:
                op.add_column(table.name, column.copy())
        indexes = {index["name"] for index in found.get_indexes(table.name)}
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if index.name not in indexes:
                index.create(connection)
    if connection.dialect.name != "mysql":
        return
    for table, name in drop_indexes:
        if table.name in there and name in {index["name"] for index in found.get_indexes(table.name)}:
            op.drop_index(name, table.name)
