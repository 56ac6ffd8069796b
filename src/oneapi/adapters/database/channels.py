"""Channels in the table ``channels``, and the abilities derived from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict
from sqlalchemy import Select, delete, desc, func, insert, or_, select, update
from sqlalchemy.dialects import mysql, postgresql

from oneapi.adapters.database.tables import abilities, channels
from oneapi.adapters.database.versions import CATALOG, bump
from oneapi.domain.channels import ChannelRecord, ChannelStatus, parse_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Dialect
    from sqlalchemy.ext.asyncio import AsyncConnection

    from oneapi.adapters.database.engine import Database

#: MySQL's collations take GPT-4 and gpt-4 for the same model; one row does for both.
_ADD_ABILITIES = {
    "mysql": mysql.insert(abilities).on_duplicate_key_update(channel_id=abilities.c.channel_id),
}
_NAMES = tuple(field.name for field in ChannelRecord.__attrs_attrs__)
_COLUMNS = tuple(channels.c[name] for name in _NAMES)
#: NULLs that administrators see as such; all others read as zero values.
_NULLABLE = {"weight", "base_url", "other", "model_mapping", "priority", "system_prompt"}
_TEXTS = {"key", "name", "models", "group", "config"}
#: SQLite takes any text, whatever the column says.
_BOUNDED: Mapping[str, Callable[[], Dialect]] = {"mysql": mysql.dialect, "postgresql": postgresql.dialect}


def read_channel(row: Sequence[Any]) -> ChannelRecord:
    """The record of a row of all columns, in the order of ``ChannelRecord``."""
    values = dict(zip(_NAMES, row, strict=True))
    for name, value in values.items():
        if value is None and name not in _NULLABLE:
            values[name] = "" if name in _TEXTS else 0
    values["balance"] = float(values["balance"])
    return ChannelRecord(**values)


class SqlChannelRepository:
    """Implements ``ChannelRepository``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def longest(self) -> Mapping[str, int]:
        if self._database.product not in _BOUNDED:
            return {}
        dialect = _BOUNDED[self._database.product]()
        lengths = {
            column.name: getattr(column.type.dialect_impl(dialect), "length", None) for column in _COLUMNS
        }
        return {name: length for name, length in lengths.items() if length}

    async def all(self) -> Sequence[ChannelRecord]:
        return await self._many(select(*_COLUMNS).order_by(channels.c.id))

    async def page(self, *, offset: int, limit: int) -> Sequence[ChannelRecord]:
        return await self._many(select(*_COLUMNS).order_by(desc(channels.c.id)).offset(offset).limit(limit))

    async def count(self) -> int:
        async with self._database.read() as connection:
            return (await connection.execute(select(func.count()).select_from(channels))).scalar_one()

    async def search(self, keyword: str) -> Sequence[ChannelRecord]:
        matches = [channels.c.name.startswith(keyword, autoescape=True)]
        if keyword.isascii() and keyword.isdigit() and len(keyword) < len(str(2**63)):
            matches.append(channels.c.id == int(keyword))
        return await self._many(select(*_COLUMNS).where(or_(*matches)).order_by(desc(channels.c.id)))

    async def get(self, channel_id: int) -> ChannelRecord | None:
        found = await self._many(select(*_COLUMNS).where(channels.c.id == channel_id))
        return found[0] if found else None

    async def add(self, records: Sequence[ChannelRecord]) -> Sequence[int]:
        made = []
        async with self._database.write() as connection:
            for record in records:
                values = {name: value for name, value in asdict(record).items() if name != "id"}
                result = await connection.execute(insert(channels).values(values))
                number = result.inserted_primary_key[0]  # type: ignore[index]
                made.append(number)
                await _rebuild_abilities(connection, number)
            await bump(connection, CATALOG)
        return made

    async def update(self, channel_id: int, changes: Mapping[str, Any]) -> ChannelRecord | None:
        async with self._database.write() as connection:
            if changes:
                await connection.execute(
                    update(channels).where(channels.c.id == channel_id).values(dict(changes))
                )
            record = await _rebuild_abilities(connection, channel_id)
            await bump(connection, CATALOG)
        return record

    async def delete(self, channel_id: int) -> bool:
        return bool(await self._delete(channels.c.id == channel_id))

    async def delete_disabled(self) -> int:
        off = (ChannelStatus.DISABLED_BY_HAND, ChannelStatus.DISABLED_AUTOMATICALLY)
        return await self._delete(channels.c.status.in_(off))

    async def set_status(self, channel_id: int, status: int, *, only_from: int | None = None) -> bool:
        where = [channels.c.id == channel_id]
        if only_from is not None:
            where.append(channels.c.status == only_from)
        async with self._database.write() as connection:
            changed = await connection.execute(update(channels).where(*where).values(status=status))
            if not changed.rowcount:
                return False
            enabled = status == ChannelStatus.ENABLED
            await connection.execute(
                update(abilities).where(abilities.c.channel_id == channel_id).values(enabled=enabled)
            )
            await bump(connection, CATALOG)
        return True

    async def _delete(self, condition: Any) -> int:
        async with self._database.write() as connection:
            numbers = (await connection.execute(select(channels.c.id).where(condition))).scalars().all()
            if numbers:
                await connection.execute(delete(abilities).where(abilities.c.channel_id.in_(numbers)))
                await connection.execute(delete(channels).where(channels.c.id.in_(numbers)))
                await bump(connection, CATALOG)
        return len(numbers)

    async def _many(self, statement: Select[Any]) -> list[ChannelRecord]:
        async with self._database.read() as connection:
            return [read_channel(row) for row in await connection.execute(statement)]


async def _rebuild_abilities(connection: AsyncConnection, channel_id: int) -> ChannelRecord | None:
    """The original routes by these rows; ours writes them for the day that it is asked back."""
    row = (await connection.execute(select(*_COLUMNS).where(channels.c.id == channel_id))).first()
    if row is None:
        return None
    record = read_channel(row)
    await connection.execute(delete(abilities).where(abilities.c.channel_id == channel_id))
    channel = parse_record(record)
    rows = [
        {
            "group": group,
            "model": model,
            "channel_id": channel_id,
            "enabled": channel.enabled,
            "priority": channel.priority,
        }
        for group in channel.groups
        for model in channel.models
    ]
    if rows:
        await connection.execute(_ADD_ABILITIES.get(connection.dialect.name, insert(abilities)), rows)
    return record
