"""Counters that tell processes about each other's changes."""

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
    """Count a change of ``topic`` within the caller's transaction; other processes notice once it commits."""
    await connection.execute(
        update(versions).where(versions.c.topic == topic).values(version=versions.c.version + 1)
    )


async def alone(connection: AsyncConnection, topic: str) -> None:
    """Keep other transactions from bumping ``topic`` or calling this until the caller's ends; waits for its turn.

    Rows of other tables must be locked before this call, never after it.
    """
    await connection.execute(select(versions.c.version).where(versions.c.topic == topic).with_for_update())


class SqlVersions:
    """Implements ``Versions``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self) -> Mapping[str, int]:
        async with self._database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(_ALL)}
