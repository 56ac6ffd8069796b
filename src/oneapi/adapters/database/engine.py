"""One database: its engine, its transactions, and its failures as ours."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from oneapi.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from oneapi.adapters.database.dsn import Address


class Pool:
    """Sizes of a connection pool; ``lifetime`` in seconds."""

    def __init__(self, idle: int = 100, most: int = 1000, lifetime: float = 3600) -> None:
        self.idle = idle
        self.most = most
        self.lifetime = lifetime


#: Connections of one process to a SQLite file: writes queue anyway, reads need few.
SQLITE_CONNECTIONS = 8
#: Seconds to wait for a connection of the pool.
POOL_SECONDS = 5


class Database:
    """``read`` and ``write`` are transactions; both raise StorageUnavailable when the database cannot serve."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.product = engine.dialect.name

    @classmethod
    def open(cls, address: Address, pool: Pool | None = None, *, busy_timeout: float = 3.0) -> Database:
        """Connects at the first use. ``busy_timeout``: seconds that SQLite waits for another process's write."""
        pool = pool or Pool()
        if address.product == "sqlite":
            engine = create_async_engine(
                address.url,
                pool_size=SQLITE_CONNECTIONS,
                max_overflow=0,
                pool_timeout=POOL_SECONDS,
                connect_args={"timeout": busy_timeout, "isolation_level": None},
            )
            _tune_sqlite(engine)
        else:
            engine = create_async_engine(
                address.url,
                pool_size=max(1, pool.idle),
                max_overflow=max(0, pool.most - pool.idle) if pool.most else -1,
                pool_recycle=pool.lifetime or -1,
                pool_timeout=POOL_SECONDS,
                pool_pre_ping=True,
                connect_args=dict(address.arguments),
            )
        return cls(engine)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        with _failures():
            async with self.engine.connect() as connection:
                yield connection

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Commits at the end of the block, rolls back on an exception."""
        with _failures():
            async with self.engine.connect() as connection:
                if self.product == "sqlite":
                    # A deferred transaction that turns into a write one fails instead of waiting its turn.
                    await connection.exec_driver_sql("BEGIN IMMEDIATE")
                async with _commit(connection):
                    yield connection

    async def close(self) -> None:
        await self.engine.dispose()


@contextlib.asynccontextmanager
async def _commit(connection: AsyncConnection) -> AsyncIterator[None]:
    try:
        yield
    except BaseException:
        await connection.rollback()
        raise
    await connection.commit()


@contextlib.contextmanager
def _failures() -> Any:
    try:
        yield
    except (IntegrityError, ProgrammingError):
        raise  # ours, not the database's state
    except (DBAPIError, PoolTimeout, OSError, TimeoutError) as error:
        raise StorageUnavailable(cause=type(error).__name__) from error


def _tune_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def tune(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-16000", "temp_store=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
