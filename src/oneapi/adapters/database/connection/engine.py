"""The connection pools of one database, and its transactions."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

from oneapi.adapters.database.connection.dsn import read_dsn
from oneapi.adapters.database.connection.failures import Contention, lost_statement, translate
from oneapi.adapters.database.connection.servers import behind_pooler, open_server
from oneapi.adapters.database.connection.sqlite import open_file, transacted
from oneapi.adapters.database.connection.transaction import FileTransaction, ServerTransaction
from oneapi.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Callable

    from sqlalchemy import Connection, Select
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from oneapi.adapters.database.connection.dsn import Address
    from oneapi.adapters.database.connection.sqlite import FileConnection
    from oneapi.adapters.database.connection.transaction import Transaction

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: The most times that a transaction is tried when it keeps losing to concurrent ones.
ATTEMPTS = 10
#: Seconds for one read or one transaction as a whole.
DEADLINE = 5.0
#: The most connections of a process for reading, and for writing: more do not make one process faster, and an
#: unconfigured PostgreSQL server accepts 100 from all processes together.
MOST_OF_A_KIND = 16
#: Reading threads for a SQLite file; it has only one writer in any case.
SQLITE_READERS = 4

#: For connections that run single statements, where nothing has to be rolled back.
_AUTOCOMMIT: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}


class Database:
    """One database. Single statements read and transactions write, on separate connections.

    Nothing connects before the first use.

    Raises:
        StorageUnavailable: From any operation, if the database cannot be reached, is locked or refuses writes.
        UnstorableValue: From any operation, for a value that a column does not accept.
    """

    def __init__(
        self, address: Address, *, max_idle: int, max_open: int, lifetime: float, busy_timeout: float
    ) -> None:
        self.address = address
        #: ``sqlite``, ``postgresql`` or ``mysql``.
        self.product = address.product
        self._busy_timeout = busy_timeout
        self._deadline = max(DEADLINE, busy_timeout + 1)
        self._file: tuple[int, int] | None = None
        # SQLite waits by sleeping, and may starve a writer. This lock is fair among the writers of this process.
        self._turn = asyncio.Lock() if self.product == "sqlite" else None
        #: SQLite: the connections of ``transact`` (True) and of ``look`` (False).
        self._lanes: dict[bool, FileConnection] = {}
        share = min(MOST_OF_A_KIND, max(1, max_open // 2)) if max_open else MOST_OF_A_KIND
        readers, writers = (min(share, SQLITE_READERS), 1) if self._turn else (share, share)
        pool = {"pool_recycle": lifetime or -1, "pool_timeout": self._deadline, "hide_parameters": True}
        self._reading = _sizes(readers, max_idle) | pool | _AUTOCOMMIT
        self._writing = _sizes(writers, max_idle) | pool
        self._prepares = address.prepared
        #: Whether the check for a pooler is done; for PostgreSQL it needs a connection.
        self._looked = self.product != "postgresql" or not address.prepared
        self._looking = asyncio.Lock()
        self._given_up: tuple[AsyncEngine, ...] = ()
        self._reader, self._writer = self._engines()

    @classmethod
    def open(
        cls,
        dsn: str,
        *,
        sqlite_path: str = "one-api.db",
        max_idle: int = MOST_OF_A_KIND,
        max_open: int = 2 * MOST_OF_A_KIND,
        lifetime: float = 3600,
        busy_timeout: float = 3,
    ) -> Database:
        """The database named by ``dsn`` (``SQL_DSN``), or the file ``sqlite_path`` if that is empty. Raises BadDsn.

        ``max_idle`` and ``max_open`` count connections; ``max_open`` 0 means that the operator sets no limit.
        ``lifetime`` of a connection and ``busy_timeout`` (for which SQLite waits for other processes) are in seconds.
        """
        address = read_dsn(dsn, sqlite_path=sqlite_path)
        return cls(
            address, max_idle=max_idle, max_open=max_open, lifetime=lifetime, busy_timeout=busy_timeout
        )

    @property
    def pooled(self) -> bool:
        """Whether a pooler is in front of PostgreSQL, so that a session lasts one transaction. Known once connected."""
        return not self._prepares

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that holds no locks; each statement sees what has been committed before it."""
        try:
            async with asyncio.timeout(self._deadline):
                if not self._looked:
                    await self._look_for_pooler()
                async with self._reader.connect() as connection:
                    yield connection
        except Exception as error:  # noqa: BLE001  # ``_raise_ours`` distinguishes
            self._raise_ours(error)

    @asynccontextmanager
    async def write(self, *, deadline: float | None = DEADLINE) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back by an exception. ``deadline`` None: no limit.

        On SQLite it holds the only write lock from its first statement on.
        """
        if deadline is not None:
            deadline = max(deadline, self._deadline)
        try:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(asyncio.timeout(deadline))
                if self._turn is not None:
                    await stack.enter_async_context(self._turn)
                    self._check_file()
                if not self._looked:
                    await self._look_for_pooler()
                connection = await stack.enter_async_context(self._writer.connect())
                yield connection
                await connection.commit()
        except Exception as error:  # noqa: BLE001  # ``_raise_ours`` distinguishes
            self._raise_ours(error)

    async def transact(self, work: Callable[[Transaction], T]) -> T:
        """The result of ``work`` in one transaction, repeated from its start if it loses to a concurrent one."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if self._turn is not None:
                    return await self._in_thread(partial(transacted, work=work), writing=True)
                async with self.write() as connection:
                    return await connection.run_sync(partial(_on_server, work))
            except Contention:
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(0.002 * 2**attempt)
        raise AssertionError  # the last attempt returned or raised

    async def look(self, work: Callable[[Transaction], T]) -> T:
        """The result of ``work``, which only reads; each statement sees what has been committed before it."""
        if self._turn is not None:
            return await self._in_thread(partial(_on_file, work), writing=False)
        async with self.read() as connection:
            return await connection.run_sync(partial(_on_server, work))

    def spelled(self, statement: Select[Any]) -> str:
        """The SQL of ``statement`` for ``look`` and ``transact``, with ``?`` for its parameters."""
        dialect: Any = type(self._reader.dialect)
        return str(statement.compile(dialect=dialect(paramstyle="qmark")))

    async def _in_thread(self, work: Callable[[sqlite3.Connection], T], *, writing: bool) -> T:
        """SQLite: run ``work`` in the thread of a dedicated connection, without SQLAlchemy's many thread switches."""
        turn = (self._turn if writing else None) or nullcontext()
        try:
            async with asyncio.timeout(self._deadline), turn:
                if writing:
                    self._check_file()
                return await (await self._lane(writing=writing)).run(work)
        except Exception as error:  # noqa: BLE001  # ``_raise_ours`` distinguishes
            self._raise_ours(error)

    async def _lane(self, *, writing: bool) -> FileConnection:
        if writing not in self._lanes:
            opened = await self._open_file()
            if writing in self._lanes:  # another task was faster
                await opened.close()
            else:
                self._lanes[writing] = opened
        return self._lanes[writing]

    async def close(self) -> None:
        """Close all connections; later uses open new ones."""
        while self._lanes:
            await self._lanes.popitem()[1].close()
        for engine in (*self._given_up, self._reader, self._writer):
            await engine.dispose()
        self._given_up = ()

    def _engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        if self.product != "sqlite":
            open_pool = partial(open_server, self.address, prepare=self._prepares)
            return open_pool(**self._reading), open_pool(**self._writing)
        open_pool = partial(create_async_engine, self.address.url, async_creator=self._open_file)
        reader, writer = open_pool(**self._reading), open_pool(**self._writing)
        event.listen(writer.sync_engine, "begin", _begin_immediate)
        return reader, writer

    async def _look_for_pooler(self) -> None:
        async with self._looking:
            if not self._looked and await behind_pooler(self.address):
                self._stop_preparing()
            self._looked = True

    def _stop_preparing(self) -> None:
        """Stop preparing statements: behind a pooler, each transaction may run on a different server process."""
        self._prepares = False
        self._given_up += (self._reader, self._writer)  # some of their connections may be in use
        self._reader, self._writer = self._engines()

    def _raise_ours(self, error: Exception) -> NoReturn:
        if self._prepares and lost_statement(error):
            logger.warning("there is a pooler in front of the database: statements are no longer prepared")
            self._stop_preparing()
            raise Contention(cause="the database has lost a prepared statement") from error
        ours = translate(error)
        if ours is error:
            raise error
        raise ours from error

    async def _open_file(self) -> FileConnection:
        # Only the first connection may create the file: later, a missing file is an outage, not a new database.
        connection = await open_file(
            self.address.url.database or "", create=self._file is None, busy_timeout=self._busy_timeout
        )
        try:
            self._check_file()
        except StorageUnavailable:
            await connection.close()
            raise
        return connection

    def _check_file(self) -> None:
        """Raise StorageUnavailable if the SQLite file is not the one that was opened first."""
        try:
            found = Path(self.address.url.database or "").stat()
        except OSError as error:
            if self._file is None:
                return
            raise StorageUnavailable(cause=f"the SQLite file is gone: {error.strerror}") from error
        if self._file is None:
            self._file = (found.st_dev, found.st_ino)
        elif self._file != (found.st_dev, found.st_ino):
            raise StorageUnavailable(
                cause="the SQLite file was replaced while in use; restart to use the new one"
            )


def _on_server(work: Callable[[Transaction], T], connection: Connection) -> T:
    return work(ServerTransaction(connection))


def _on_file(work: Callable[[Transaction], T], connection: sqlite3.Connection) -> T:
    return work(FileTransaction(connection))


def _sizes(most: int, idle: int) -> dict[str, Any]:
    kept = max(1, min(most, idle))
    return {"pool_size": kept, "max_overflow": most - kept}


def _begin_immediate(connection: Connection) -> None:
    # a deferred transaction that has to upgrade to a write fails at once instead of waiting
    connection.exec_driver_sql("BEGIN IMMEDIATE")
