"""Settings of the operator in the table ``options``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from oneapi.adapters.database.tables import options
from oneapi.adapters.database.versions import CATALOG, bump

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.database.engine import Database


class SqlOptionRepository:
    """Implements ``OptionRepository``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Mapping[str, str]:
        async with self._database.read() as connection:
            rows = await connection.execute(select(options.c.key, options.c.value))
            return {key: value or "" for key, value in rows}

    async def put(self, values: Mapping[str, str]) -> None:
        if not values:
            return
        async with self._database.write() as connection:
            await connection.execute(delete(options).where(options.c.key.in_(list(values))))
            rows = [{"key": key, "value": value} for key, value in values.items()]
            await connection.execute(insert(options), rows)
            await bump(connection, CATALOG)

    async def keep(self, key: str, value: str) -> str:
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(options).values(key=key, value=value))
        except IntegrityError:
            pass  # somebody was quicker, now or long ago
        return (await self.all())[key]
