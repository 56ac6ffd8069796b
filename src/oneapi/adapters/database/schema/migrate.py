"""Migration at start: safe if several processes start at once; refused for databases newer than the program."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex

from oneapi.adapters.database.connection.failures import LoginRefused, of_driver, one_line
from oneapi.adapters.database.schema.completion import complete, missing_indexes
from oneapi.adapters.database.schema.encodings import require_unicode
from oneapi.adapters.database.schema.recognition import CannotUse, require_ours
from oneapi.adapters.database.schema.tables import logs, metadata
from oneapi.domain.errors import StorageUnavailable, UnstorableValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Index
    from sqlalchemy.ext.asyncio import AsyncConnection

    from oneapi.adapters.database.connection.engine import Database

logger = logging.getLogger(__name__)

LOCK_NUMBER = 7262_0411
#: Lock names are global to a MySQL server, so this one includes the database.
_MYSQL_LOCK = "CONCAT('oneapi_', MD5(DATABASE()))"
#: Seconds to wait for another process that is migrating.
LOCK_SECONDS = 60
#: PostgreSQL: the longest that a change waits for a table lock before it gives up and is tried again.
TABLE_LOCK = "5s"

#: Alembic keeps the running migration in globals, so that only one may run in a process.
_in_process: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


class DatabaseTooNew(CannotUse):
    """The database was migrated by a later release of this program."""

    def __init__(self) -> None:
        super().__init__("the database was written by a newer release of One API; start that release instead")


async def reach(database: Database, seconds: float, *, log: bool = False) -> None:
    """Wait until the database answers, and check that it is ours.

    ``log`` is true for a separate database that has only the table ``logs``. Nothing is written.

    Raises:
        StorageUnavailable: If the database has not answered after ``seconds``; ``cause`` names its address.
        CannotUse: At once, if the database is another program's, or refuses the connection or the query.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            await _look_at(database, log=log)
        except StorageUnavailable as error:
            cause = error.cause
            if asyncio.get_running_loop().time() + 1 >= deadline:
                raise StorageUnavailable(cause=f"{database.address}: {cause}") from error
            logger.warning("the database does not answer yet: %s", cause)
            await asyncio.sleep(1)
        else:
            return


async def _look_at(database: Database, *, log: bool) -> None:
    with _in_a_sentence(database):
        await require_ours(database, log=log)
        async with database.read() as connection:
            await connection.exec_driver_sql("SELECT 1")
        await require_unicode(database, log=log)


@contextlib.contextmanager
def _in_a_sentence(database: Database) -> Iterator[None]:
    """Raise permanent refusals by a server, such as a wrong password or a missing permission, as CannotUse."""
    try:
        yield
    except (UnstorableValue, LoginRefused) as error:
        raise CannotUse(f"{database.address}: {error.cause}") from error
    except Exception as error:
        if not of_driver(error):
            raise
        origin = error.orig if isinstance(error, DBAPIError) and error.orig else error
        raise CannotUse(f"{database.address}: {one_line(origin)}") from error


async def migrate(database: Database) -> None:
    """Migrate the schema to this release's. Raises CannotUse, or StorageUnavailable after a minute of locks."""
    async with _in_process.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        with _in_a_sentence(database):
            await _alone(database, _upgrade)
            await _build_indexes(database)


async def migrate_log(database: Database) -> None:
    """Migrate a separate log database, which contains only the table ``logs``, to this release's schema."""
    with _in_a_sentence(database):
        await _alone(database, _complete_logs)
        await _build_indexes(database)


async def _build_indexes(database: Database) -> None:
    """Build the log's missing indexes one at a time, so that nobody waits for longer than one build.

    PostgreSQL and MySQL build them while others write. On SQLite, and behind a pooler (which cannot keep a lock from
    one transaction to the next), charges wait in the spools meanwhile.
    """
    async with database.read() as connection:
        missing = await connection.run_sync(missing_indexes, logs)
        takes_time = (await connection.execute(select(logs.c.id).limit(1))).first() is not None
    for number, index in enumerate(missing, 1):
        logger.log(
            logging.WARNING if takes_time else logging.DEBUG,
            "building index %d of %d, %s: this takes some seconds per million log rows",
            number,
            len(missing),
            index.name,
        )
        if database.product == "postgresql" and not database.pooled:
            await _build_concurrently(database, index)
        else:
            await _alone(database, partial(index.create, checkfirst=True))


async def _build_concurrently(database: Database, index: Index) -> None:
    """Build an index on PostgreSQL outside of any transaction, so that no other transaction waits for it."""
    async with database.write(deadline=None) as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        # Do not wait for the lock: the build waits for all running statements, including one that waits for this lock.
        got = await connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK_NUMBER + 1})")
        if not got.scalar():
            logger.warning(
                "another process is building the indexes; reading the log is slow until it is done"
            )
            return
        try:
            if index in await connection.run_sync(missing_indexes, logs):
                await connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {index.name}")
                statement = str(CreateIndex(index).compile(dialect=connection.dialect))
                await connection.exec_driver_sql(statement.replace("INDEX", "INDEX CONCURRENTLY", 1))
        finally:
            await connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK_NUMBER + 1})")


async def _alone(database: Database, work: Callable[[Connection], None]) -> None:
    deadline = asyncio.get_running_loop().time() + LOCK_SECONDS
    while True:
        try:
            async with database.write(deadline=None) as connection:
                await _lock(connection, database.product)
                try:
                    await connection.run_sync(work)
                    # MySQL's lock belongs to the session: commit first, so that the next process sees this one's work.
                    await connection.commit()
                finally:
                    await _unlock(connection, database.product)
        except StorageUnavailable:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            await asyncio.sleep(0.2)
        else:
            return


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        if "Can't locate revision" in str(error):
            raise DatabaseTooNew from None
        raise
    # if the original ran on this database in between, it has rebuilt SQLite tables without our indexes
    complete(connection, metadata.sorted_tables)


async def require_present_schema(database: Database) -> None:
    """Check the schema in a process that may not migrate. Raises CannotUse if it is not this release's."""
    async with database.read() as connection:
        found = await connection.run_sync(
            lambda work: MigrationContext.configure(work).get_current_revision()
        )
    known = ScriptDirectory.from_config(_config())
    if found is None or found != known.get_current_head():
        try:
            known.get_revision(found or "base")
        except CommandError:
            raise DatabaseTooNew from None
        raise CannotUse(
            "the database has not been migrated to this release yet: start a master node of it first (NODE_TYPE=master)"
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "oneapi.adapters.database:migrations")
    return config


def _complete_logs(connection: Connection) -> None:
    complete(connection, (logs,))


async def _lock(connection: AsyncConnection, product: str) -> None:
    """Lock out other migrations. On SQLite, starting the transaction is enough; without it alembic starts its own."""
    if product == "sqlite":
        await connection.exec_driver_sql("SELECT 1")
    elif product == "postgresql":  # ends with the transaction
        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})")
        await connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{TABLE_LOCK}'")
    elif product == "mysql":
        got = await connection.exec_driver_sql(f"SELECT GET_LOCK({_MYSQL_LOCK}, {LOCK_SECONDS})")
        if got.scalar() != 1:
            raise StorageUnavailable(cause="another process has been migrating the database for a minute")


async def _unlock(connection: AsyncConnection, product: str) -> None:
    if product == "mysql" and not connection.invalidated:
        await connection.exec_driver_sql(f"SELECT RELEASE_LOCK({_MYSQL_LOCK})")
