"""Transactions for the hot paths: plain SQL, passed straight to the drivers.

Statements use ``?`` for parameters on every product.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

#: The logger to which SQLAlchemy writes all other statements, if logging is enabled.
statements = logging.getLogger("sqlalchemy.engine.sqlite3")

#: The most values in one ``IN (...)``.
MOST_VALUES = 512
#: The most rows in one ``INSERT`` on SQLite, a power of two; older versions accept at most 999 values.
MOST_ROWS = 32


class Transaction(Protocol):
    """The statements of one unit of work, which runs synchronously and may be repeated from its start."""

    product: str

    def rows(self, sql: str, *parameters: Any) -> Sequence[Sequence[Any]]:
        """The rows that ``sql`` returns, each with its columns in order."""

    def run(self, sql: str, *parameters: Any) -> int:
        """Run one statement, and return the number of rows that it matched."""

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run ``sql`` once for each of ``rows``, in order."""

    def insert(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Like ``run_many``, for an ``INSERT`` that ends in ``VALUES (...)``."""

    def savepoint(self) -> AbstractContextManager[Any]:
        """A context that undoes only its own statements if its block raises."""


class FileTransaction:
    """Implements ``Transaction`` on a SQLite file, in the thread of its connection."""

    product = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *parameters: Any) -> Sequence[Sequence[Any]]:
        statements.info(sql)
        return self._connection.execute(sql, parameters).fetchall()

    def run(self, sql: str, *parameters: Any) -> int:
        statements.info(sql)
        return self._connection.execute(sql, parameters).rowcount

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            statements.info(sql)
            self._connection.executemany(sql, rows)

    def insert(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        # One statement per row takes twice as long, and at each one this thread competes with the loop's for the GIL.
        if rows:
            statements.info(sql)
        done = 0
        while done < len(rows):
            part = rows[done : done + min(MOST_ROWS, 1 << (len(rows) - done).bit_length() - 1)]
            self._connection.execute(_of_many(sql, len(part)), list(chain.from_iterable(part)))
            done += len(part)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self._connection.execute("SAVEPOINT block")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:  # a full disk may have ended the whole transaction
                self._connection.execute("ROLLBACK TO block")
                self._connection.execute("RELEASE block")
            raise
        self._connection.execute("RELEASE block")


class ServerTransaction:
    """Implements ``Transaction`` on a database server, within ``AsyncConnection.run_sync``."""

    def __init__(self, connection: Connection) -> None:
        self.product = connection.dialect.name
        self._connection = connection

    def rows(self, sql: str, *parameters: Any) -> Sequence[Sequence[Any]]:
        return self._connection.exec_driver_sql(spell(sql, self.product), parameters).all()

    def run(self, sql: str, *parameters: Any) -> int:
        return self._connection.exec_driver_sql(spell(sql, self.product), parameters).rowcount

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            self._connection.exec_driver_sql(spell(sql, self.product), [tuple(row) for row in rows])

    #: Both drivers send all rows in one go.
    insert = run_many

    def savepoint(self) -> AbstractContextManager[Any]:
        return self._connection.begin_nested()


@lru_cache(maxsize=256)
def spell(sql: str, product: str) -> str:
    """``sql`` with the placeholders of the driver for ``product``."""
    if product == "sqlite":
        return sql
    first, *rest = sql.split("?")
    marks = [f"${number}" if product == "postgresql" else "%s" for number in range(1, len(rest) + 1)]
    return first + "".join(mark + text for mark, text in zip(marks, rest, strict=True))


def rows_in(work: Transaction, sql: str, values: Collection[Any]) -> list[Sequence[Any]]:
    """The rows that ``sql`` finds for all ``values``, whose placeholders replace its ``{}``, as in ``IN {}``."""
    found: list[Sequence[Any]] = []
    for part in _parts(list(values)):
        found += work.rows(sql.format(_marks(len(part))), *part)
    return found


def run_in(work: Transaction, sql: str, values: Collection[Any], *before: Any) -> int:
    """Run ``sql``, which contains ``IN {}``, for all ``values``, and return the number of rows that it matched.

    ``before`` are the parameters before the ``IN``.
    """
    return sum(work.run(sql.format(_marks(len(part))), *before, *part) for part in _parts(list(values)))


def _parts(values: list[Any]) -> list[list[Any]]:
    """Split ``values`` into parts, padded with their last value to a power of two: few statements to prepare."""
    parts = []
    for start in range(0, len(values), MOST_VALUES):
        part = values[start : start + MOST_VALUES]
        parts.append(part + part[-1:] * ((1 << (len(part) - 1).bit_length()) - len(part)))
    return parts


@lru_cache(maxsize=64)
def _of_many(insert: str, rows: int) -> str:
    """``insert`` with its list of values repeated for ``rows`` rows."""
    start, values = insert.rsplit(" VALUES ", 1)
    return f"{start} VALUES {', '.join([values] * rows)}"


@lru_cache(maxsize=32)
def _marks(count: int) -> str:
    return f"({', '.join('?' * count)})"
