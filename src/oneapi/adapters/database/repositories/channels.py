"""Channels in the table ``channels``, and the abilities derived from them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve
from sqlalchemy import Select, Text, asc, delete, desc, func, insert, literal, or_, select, update
from sqlalchemy.dialects import mysql

from oneapi.adapters.database.repositories.versions import CATALOG, bump
from oneapi.adapters.database.schema.tables import abilities, channels
from oneapi.adapters.database.schema.texts import lengths
from oneapi.adapters.database.sealing import CannotOpen, Cipher
from oneapi.domain.changes import named
from oneapi.domain.routing.channels import CHANNEL_ORDERS, SEALED, ChannelRecord, ChannelStatus, parse_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.domain.routing.channels import ChannelChanges, ChannelFilter, ChannelFindings

logger = logging.getLogger(__name__)

#: MySQL's collations treat GPT-4 and gpt-4 as equal; one row serves both.
_ADD_ABILITIES = {
    "mysql": mysql.insert(abilities).on_duplicate_key_update(channel_id=abilities.c.channel_id),
}
_NAMES = tuple(field.name for field in ChannelRecord.__attrs_attrs__)
_COLUMNS = tuple(channels.c[name] for name in _NAMES)
#: Columns whose NULL administrators see; in all others NULL reads as the zero value.
_NULLABLE = {"weight", "base_url", "other", "model_mapping", "priority", "system_prompt"}
_TEXTS = {column.name for column in _COLUMNS if column.type.python_type is str}
#: Columns that are sealed. ``config`` mixes secrets with harmless values, and which are which depends on the provider,
#: so that all of it is sealed.
_SECRETS = ("key", "config")
#: Rows converted in one transaction.
BATCH = 200


def read_channel(row: Sequence[Any]) -> ChannelRecord:
    """The record in a row of all columns, in the order of ``ChannelRecord``'s fields."""
    values = dict(zip(_NAMES, row, strict=True))
    for name, value in values.items():
        if value is None and name not in _NULLABLE:
            values[name] = "" if name in _TEXTS else 0
    values["balance"] = float(values["balance"])
    return ChannelRecord(**values)


class SqlChannelRepository:
    """Implements ``ChannelRepository``; secrets are sealed by ``cipher``."""

    def __init__(self, database: Database, cipher: Cipher | None = None) -> None:
        self._database = database
        self._cipher = cipher or Cipher()

    @property
    def longest(self) -> Mapping[str, int]:
        return lengths(self._database.product, _COLUMNS)

    async def all(self) -> Sequence[ChannelRecord]:
        return await self._many(select(*_COLUMNS).order_by(channels.c.id))

    async def page(
        self, where: ChannelFilter, *, offset: int, limit: int, order: str
    ) -> Sequence[ChannelRecord]:
        wanted = select(*_COLUMNS).where(*_conditions(where)).order_by(*_order(order))
        return await self._many(wanted.offset(offset).limit(limit))

    async def count(self, where: ChannelFilter) -> int:
        wanted = select(func.count()).select_from(channels).where(*_conditions(where))
        async with self._database.read() as connection:
            return (await connection.execute(wanted)).scalar_one()

    async def search(self, keyword: str) -> Sequence[ChannelRecord]:
        return await self._many(select(*_COLUMNS).where(_named(keyword)).order_by(desc(channels.c.id)))

    async def get(self, channel_id: int) -> ChannelRecord | None:
        found = await self._many(select(*_COLUMNS).where(channels.c.id == channel_id))
        return found[0] if found else None

    async def add(self, records: Sequence[ChannelRecord]) -> Sequence[int]:
        made = []
        async with self._database.write() as connection:
            for record in records:
                values = {name: value for name, value in asdict(record).items() if name != "id"}
                # A sealed text is bound to its row, whose number is not known before the insert.
                later = {name: values.pop(name) for name in _SECRETS if self._cipher.seals}
                result = await connection.execute(insert(channels).values(values))
                number = result.inserted_primary_key[0]  # type: ignore[index]
                made.append(number)
                if later:
                    await self._set(connection, number, later)
                await self._rebuild_abilities(connection, number)
            await bump(connection, CATALOG)
        return made

    async def update(self, channel_id: int, changes: ChannelChanges) -> ChannelRecord | None:
        values = named(changes)
        async with self._database.write() as connection:
            if values:
                await self._set(connection, channel_id, values)
            record = await self._rebuild_abilities(connection, channel_id)
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

    async def note(self, channel_id: int, found: ChannelFindings) -> None:
        noted = update(channels).where(channels.c.id == channel_id).values(named(found))
        async with self._database.write() as connection:
            await connection.execute(noted)

    async def _delete(self, condition: Any) -> int:
        async with self._database.write() as connection:
            numbers = (await connection.execute(select(channels.c.id).where(condition))).scalars().all()
            if numbers:
                await connection.execute(delete(abilities).where(abilities.c.channel_id.in_(numbers)))
                await connection.execute(delete(channels).where(channels.c.id.in_(numbers)))
                await bump(connection, CATALOG)
        return len(numbers)

    async def unreadable(self) -> Sequence[int]:
        """Ids of channels whose secrets do not open under any of the cipher's keys."""
        sealed = or_(*(channels.c[name].startswith(SEALED) for name in _SECRETS))
        wanted = select(channels.c.id, *(channels.c[name] for name in _SECRETS)).where(sealed)
        async with self._database.read() as connection:
            rows = await connection.execute(wanted.order_by(channels.c.id))
            return [number for number, *texts in rows if not self._opens(number, texts)]

    async def convert(self, *, seal: bool, report: Callable[[int], None]) -> int:
        """Store all secrets sealed under the first key (``seal``) or in clear; return the number of changed channels.

        ``report`` is called with the number of channels examined so far. Raises CannotOpen; batches that were done by
        then stay converted. It can be repeated at any time, even while servers are running.
        """
        rewrite = self._cipher.renew if seal else self._cipher.open
        last = looked_at = changed = 0
        wanted = select(channels.c.id, *(channels.c[name] for name in _SECRETS)).order_by(channels.c.id)
        while True:
            batch = wanted.where(channels.c.id > last).limit(BATCH).with_for_update()
            async with self._database.write() as connection:
                rows = (await connection.execute(batch)).all()
                for number, *texts in rows:
                    old = {name: text or "" for name, text in zip(_SECRETS, texts, strict=True)}
                    new = {name: rewrite(text, _place(name, number)) for name, text in old.items()}
                    if new != old:
                        await connection.execute(update(channels).where(channels.c.id == number).values(new))
                        changed += 1
            if not rows:
                return changed
            last, looked_at = rows[-1][0], looked_at + len(rows)
            report(looked_at)

    async def _many(self, statement: Select[Any]) -> list[ChannelRecord]:
        async with self._database.read() as connection:
            return [self._read(row) for row in await connection.execute(statement)]

    def _read(self, row: Sequence[Any]) -> ChannelRecord:
        """The record in a row, in clear; a channel whose secrets do not open is disabled until it gets new ones."""
        record = read_channel(row)
        try:
            return evolve(record, key=self._open(record, "key"), config=self._open(record, "config"))
        except CannotOpen:
            logger.error("the key of channel %d cannot be decrypted: the channel is disabled", record.id)  # noqa: TRY400  # a traceback adds nothing, and may contain a secret
            return evolve(record, key="", config="", status=ChannelStatus.DISABLED_BY_HAND)

    def _open(self, record: ChannelRecord, column: str) -> str:
        return self._cipher.open(getattr(record, column), _place(column, record.id))

    def _opens(self, channel_id: int, texts: Sequence[str | None]) -> bool:
        try:
            for name, text in zip(_SECRETS, texts, strict=True):
                self._cipher.open(text or "", _place(name, channel_id))
        except CannotOpen:
            return False
        return True

    async def _set(self, connection: AsyncConnection, channel_id: int, values: Mapping[str, Any]) -> None:
        sealed = {
            name: self._cipher.seal(value, _place(name, channel_id)) if name in _SECRETS else value
            for name, value in values.items()
        }
        await connection.execute(update(channels).where(channels.c.id == channel_id).values(sealed))

    async def _rebuild_abilities(self, connection: AsyncConnection, channel_id: int) -> ChannelRecord | None:
        """Write the rows by which the original routes, so that operators can go back to it."""
        row = (await connection.execute(select(*_COLUMNS).where(channels.c.id == channel_id))).first()
        if row is None:
            return None
        record = self._read(row)
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


def _place(column: str, channel_id: int) -> str:
    return f"channels.{column}:{channel_id}"


def _conditions(where: ChannelFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if where.type is not None:
        conditions.append(channels.c.type == where.type)
    if where.status is not None:
        conditions.append(channels.c.status == where.status)
    if where.group:
        conditions.append(_lists(channels.c.group, where.group))
    if where.model:
        conditions.append(_lists(channels.c.models, where.model))
    if where.test_outcome:
        conditions.append(channels.c.test_outcome == where.test_outcome)
    if where.keyword:
        conditions.append(_named(where.keyword))
    return conditions


def _named(keyword: str) -> ColumnElement[bool]:
    matches = [channels.c.name.startswith(keyword, autoescape=True)]
    if keyword.isascii() and keyword.isdigit() and len(keyword) < len(str(2**63)):
        matches.append(channels.c.id == int(keyword))
    return or_(*matches)


def _lists(column: Column[str], member: str) -> ColumnElement[bool]:
    """Whether the comma-separated list in ``column`` contains ``member``; the original leaves spaces after commas."""
    listed = literal(",") + func.replace(column, ", ", ",", type_=Text) + literal(",")
    return listed.contains(f",{member},", autoescape=True)


def _order(order: str) -> list[ColumnElement[Any]]:
    name = order.removeprefix("-")
    if name not in CHANNEL_ORDERS:
        return [desc(channels.c.id)]
    value = func.coalesce(channels.c[name], "" if name in _TEXTS else 0)
    return [desc(value) if order.startswith("-") else asc(value), desc(channels.c.id)]
