"""The schema at start: safe when several processes start at once, and never on a database newer than the program."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from oneapi.domain.errors import StorageUnavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

    from oneapi.adapters.database.engine import Database

logger = logging.getLogger(__name__)

LOCK_NAME = "oneapi_migrations"
LOCK_NUMBER = 7262_0411
LOCK_SECONDS = 60


class DatabaseTooNew(Exception):  # noqa: N818  # says what it is
    """The database was written by a later release of this program."""

    def __init__(self) -> None:
        super().__init__("the database was written by a newer release of One API; start that release instead")


async def wait_until_reachable(database: Database, seconds: float) -> None:
    """Raises StorageUnavailable when the database has not answered after ``seconds``."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            async with database.read() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except StorageUnavailable:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            logger.warning("the database does not answer yet")
            await asyncio.sleep(1)
        else:
            return


async def migrate(database: Database) -> None:
    """Bring the schema to this release's. Raises DatabaseTooNew."""
    async with database.write() as connection:
        await _lock(connection, database.product)
        try:
            await connection.run_sync(_upgrade)
        except CommandError as error:
            if "Can't locate revision" in str(error):
                raise DatabaseTooNew from None
            raise
        finally:
            await _unlock(connection, database.product)


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "oneapi.adapters.database:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _lock(connection: AsyncConnection, product: str) -> None:
    if product == "postgresql":  # ends with the transaction
        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})")
    elif product == "mysql":
        await connection.exec_driver_sql(f"SELECT GET_LOCK('{LOCK_NAME}', {LOCK_SECONDS})")


async def _unlock(connection: AsyncConnection, product: str) -> None:
    if product == "mysql":
        await connection.exec_driver_sql(f"SELECT RELEASE_LOCK('{LOCK_NAME}')")
