"""Counters by which processes learn of each other's changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from oneapi.adapters.database.schema.tables import versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from oneapi.adapters.database.connection.engine import Database

CATALOG = "catalog"
ACCOUNTS = "accounts"
TOPICS = (CATALOG, ACCOUNTS)

_ALL = select(versions.c.topic, versions.c.version)


async def bump(connection: AsyncConnection, topic: str) -> None:
    """Part of the caller's transaction: others look again once it is committed."""
    await connection.execute(
        update(versions).where(versions.c.topic == topic).values(version=versions.c.version + 1)
    )


async def alone(connection: AsyncConnection, topic: str) -> None:
    """Part of the caller's transaction: wait for all others that bump ``topic`` or ask for this, and keep them out.

    Rows of other tables are locked before, never after.
    """
    await connection.execute(select(versions.c.version).where(versions.c.topic == topic).with_for_update())


class SqlVersions:
    """Implements ``Versions``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self) -> Mapping[str, int]:
        async with self._database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(_ALL)}
