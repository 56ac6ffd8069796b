"""Transactions for the hot paths: plain SQL, given straight to the drivers.

Statements are written with ``?`` for parameters, on every product.
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

#: Where SQLAlchemy writes the statements of everybody else, when it is told to.
statements = logging.getLogger("sqlalchemy.engine.sqlite3")

#: Values in one ``IN (...)``.
MOST_VALUES = 512
#: Rows in one ``INSERT`` on SQLite, a power of two; older versions take no more than 999 values.
MOST_ROWS = 32


class Transaction(Protocol):
    """What a unit of work may do; it runs synchronously, and may run again from its beginning."""

    product: str

    def rows(self, sql: str, *parameters: Any) -> Sequence[Sequence[Any]]: ...

    def run(self, sql: str, *parameters: Any) -> int:
        """The number of rows that matched."""

    def run_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """``sql`` once for each of ``rows``, in their order."""

    def insert(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """As ``run_many``, for an ``INSERT`` that ends in ``VALUES (...)``."""

    def savepoint(self) -> AbstractContextManager[Any]:
        """What a block does is undone when it raises, and the rest of the transaction stays."""


class FileTransaction:
    """On a SQLite file, in the thread of its connection."""

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
        # One statement a row costs twice as much, and at each of them this thread and the loop's fight for the GIL.
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
            if self._connection.in_transaction:  # a full disk may have ended all of it
                self._connection.execute("ROLLBACK TO block")
                self._connection.execute("RELEASE block")
            raise
        self._connection.execute("RELEASE block")


class ServerTransaction:
    """On a database server, within ``AsyncConnection.run_sync``."""

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

    #: Both drivers send the rows together.
    insert = run_many

    def savepoint(self) -> AbstractContextManager[Any]:
        return self._connection.begin_nested()


@lru_cache(maxsize=256)
def spell(sql: str, product: str) -> str:
    """``sql`` with the parameters as the driver of ``product`` wants them."""
    if product == "sqlite":
        return sql
    first, *rest = sql.split("?")
    marks = [f"${number}" if product == "postgresql" else "%s" for number in range(1, len(rest) + 1)]
    return first + "".join(mark + text for mark, text in zip(marks, rest, strict=True))


def rows_in(work: Transaction, sql: str, values: Collection[Any]) -> list[Sequence[Any]]:
    """The rows of ``sql``, which ends in ``IN`` or in a clause after ``IN {}``, for all of ``values``."""
    found: list[Sequence[Any]] = []
    for part in _parts(list(values)):
        found += work.rows(sql.format(_marks(len(part))), *part)
    return found


def run_in(work: Transaction, sql: str, values: Collection[Any], *before: Any) -> int:
    """Run ``sql``, which holds ``IN {}``, for all of ``values``; ``before`` are the parameters left of it."""
    return sum(work.run(sql.format(_marks(len(part))), *before, *part) for part in _parts(list(values)))


def _parts(values: list[Any]) -> list[list[Any]]:
    """Pieces whose length is a power of two, the last value repeated: few statements to prepare."""
    parts = []
    for start in range(0, len(values), MOST_VALUES):
        part = values[start : start + MOST_VALUES]
        parts.append(part + part[-1:] * ((1 << (len(part) - 1).bit_length()) - len(part)))
    return parts


@lru_cache(maxsize=64)
def _of_many(insert: str, rows: int) -> str:
    """``insert`` with as many lists of values."""
    start, values = insert.rsplit(" VALUES ", 1)
    return f"{start} VALUES {', '.join([values] * rows)}"


@lru_cache(maxsize=32)
def _marks(count: int) -> str:
    return f"({', '.join('?' * count)})"
