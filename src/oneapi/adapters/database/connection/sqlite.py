"""SQLite connections, each on its own thread, with one thread switch per statement or per whole transaction."""

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

#: ``temp_store`` in memory: sorting must not depend on a writable folder for temporary files.
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "wal_autocheckpoint=4000",
    "cache_size=-16000",
    "temp_store=MEMORY",
)


class FileConnection(aiosqlite.Connection):
    """A connection whose cursors fetch all rows at once.

    aiosqlite switches threads to open a cursor, to execute, to fetch and to close, at about 200 us each.
    """

    def cursor(self) -> Any:
        return _EagerCursor(self, self._conn.cursor())

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of ``work``, run in the connection's thread; cancelling the caller does not stop it."""
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
        """Do nothing: all rows have been fetched, so nothing is open."""


async def open_file(path: str, *, create: bool, busy_timeout: float) -> FileConnection:
    """Connect to the file ``path``, which only this user can read.

    SQLite gives the files that it creates beside it the same permissions. Raises sqlite3.Error if the file cannot be
    opened, or is missing and ``create`` is false.
    """
    await asyncio.to_thread(_make_private, Path(path), create=create)
    connect = partial(
        sqlite3.connect,
        f"file:{quote(path)}?mode={'rwc' if create else 'rw'}",
        uri=True,
        timeout=busy_timeout,
        isolation_level=None,
        check_same_thread=False,  # the loop's thread creates cursors; the two threads never work at the same time
        cached_statements=256,
    )
    connection = FileConnection(connect, iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does: an open connection must not keep a process alive
    try:
        await connection
    except BaseException:
        # aiosqlite stops its thread without waiting for it, but the thread still calls back into this loop
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
    """The result of ``work`` in one transaction that holds the write lock from its start."""
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
        with contextlib.suppress(OSError):  # SQLite reports the problem itself, and can read read-only files
            make_private(path)
    for ending in ("", "-wal", "-shm"):
        tighten(path.with_name(path.name + ending))


def _execute(connection: sqlite3.Connection, sql: str) -> None:
    connection.execute(sql).fetchall()
