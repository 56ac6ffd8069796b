"""SQLite on a thread of its own, with one visit to that thread for each statement, or for a whole transaction."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import aiosqlite

from oneapi.adapters.database.connection.transaction import FileTransaction
from oneapi.adapters.private_files import make_private, tighten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from oneapi.adapters.database.connection.transaction import Transaction

T = TypeVar("T")

#: ``temp_store``: sorting must not need a writable folder for temporary files.
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "wal_autocheckpoint=4000",
    "cache_size=-16000",
    "temp_store=MEMORY",
)


class FileConnection(aiosqlite.Connection):
    """A connection whose cursors fetch all rows at once.

    aiosqlite goes to its thread to open a cursor, to execute, to fetch and to close, some 200 us each.
    """

    def cursor(self) -> Any:
        return _EagerCursor(self, self._conn.cursor())

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of ``work`` on the connection, in its thread; it goes on there if the caller is cancelled."""
        result: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]
        return result


class _EagerCursor(aiosqlite.Cursor):
    _rows: list[Any] = []  # noqa: RUF012  # replaced, never changed

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> _EagerCursor:
        self._rows = await self._execute(self._fetch, sql, parameters or ())  # type: ignore[no-untyped-call]
        return self

    def _fetch(self, sql: str, parameters: Any) -> list[Any]:
        return self._cursor.execute(sql, parameters).fetchall()

    async def fetchall(self) -> list[Any]:
        return self._rows

    async def close(self) -> None:
        """All rows are fetched, so nothing is open."""


async def open_file(path: str, *, create: bool, busy_timeout: float) -> FileConnection:
    """Connect to the file ``path``; sqlite3.Error when it cannot be opened, or is not there and not to be created.

    The file, and what SQLite makes beside it with the same rights, can be read by this user alone.
    """
    await asyncio.to_thread(_make_private, Path(path), create=create)
    connect = partial(
        sqlite3.connect,
        f"file:{quote(path)}?mode={'rwc' if create else 'rw'}",
        uri=True,
        timeout=busy_timeout,
        isolation_level=None,
        check_same_thread=False,  # cursors are made on the loop's thread; only one of the two is ever at work
        cached_statements=256,
    )
    connection = FileConnection(connect, iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does: an open connection must not keep a process alive
    try:
        await connection
    except BaseException:
        # aiosqlite stops its thread, which still has something to tell to this loop, without waiting for it
        await asyncio.to_thread(connection._thread.join)  # noqa: SLF001
        raise
    try:
        for pragma in PRAGMAS:
            await connection.run(partial(_execute, sql=f"PRAGMA {pragma}"))
    except BaseException:
        await connection.close()
        raise
    return connection


def transacted(connection: sqlite3.Connection, work: Callable[[Transaction], T]) -> T:
    """The result of ``work`` in one transaction that has the write lock from its beginning."""
    # a deferred transaction that turns into a writing one fails at once instead of waiting
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(FileTransaction(connection))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _make_private(path: Path, *, create: bool) -> None:
    if create:
        with contextlib.suppress(OSError):  # SQLite says what is wrong, and reads files that are read-only
            make_private(path)
    for ending in ("", "-wal", "-shm"):
        tighten(path.with_name(path.name + ending))


def _execute(connection: sqlite3.Connection, sql: str) -> None:
    connection.execute(sql).fetchall()
