"""The log in the table ``logs``, of the main database or of its own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import asdict
from sqlalchemy import ColumnElement, Select, and_, desc, func, insert, or_, select, true

from oneapi.adapters.database.tables import logs
from oneapi.adapters.database.texts import clipped, storable
from oneapi.adapters.database.transaction import run_in
from oneapi.domain.logs import LogFilter, LogRow, LogType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from oneapi.adapters.database.engine import Database
    from oneapi.adapters.database.transaction import Transaction

DELETED_AT_ONCE = 2048
_NAMES = tuple(field.name for field in LogRow.__attrs_attrs__)
_COLUMNS = tuple(logs.c[name] for name in _NAMES)
_TEXTS = {"content", "username", "token_name", "model_name", "request_id", "end_cause", "attempts"}
#: Those that have 191 characters on MySQL.
_NAMED = {"username", "token_name", "model_name", "request_id"}
_FLAGS = {"is_stream", "system_prompt_reset"}


def read_log(row: Sequence[Any]) -> LogRow:
    values: dict[str, Any] = {}
    for name, value in zip(_NAMES, row, strict=True):
        if name in _FLAGS:
            values[name] = bool(value)
        else:
            values[name] = value if value is not None else ("" if name in _TEXTS else 0)
    return LogRow(**values)


async def add_log_rows(connection: AsyncConnection, rows: Sequence[LogRow]) -> None:
    """Part of the caller's transaction."""
    if rows:
        await connection.execute(insert(logs), [_write_log(row) for row in rows])


def _write_log(row: LogRow) -> dict[str, Any]:
    values = {name: value for name, value in asdict(row).items() if name != "id"}
    values |= {name: clipped(values[name]) for name in _NAMED}
    return values | {name: storable(values[name]) for name in _TEXTS - _NAMED}


class SqlLogRepository:
    """Implements ``LogRepository``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: LogRow) -> None:
        async with self._database.write() as connection:
            await add_log_rows(connection, [row])

    async def page(self, where: LogFilter, *, offset: int, limit: int) -> Sequence[LogRow]:
        wanted = select(*_COLUMNS).where(_condition(where))
        return await self._many(wanted.order_by(desc(logs.c.id)).offset(offset).limit(limit))

    async def count(self, where: LogFilter) -> int:
        wanted = select(func.count()).select_from(logs).where(_condition(where))
        async with self._database.read() as connection:
            return (await connection.execute(wanted)).scalar_one()

    async def search(self, keyword: str, *, user_id: int | None, limit: int) -> Sequence[LogRow]:
        matches: list[ColumnElement[bool]] = []
        if keyword.isascii() and keyword.isdigit() and len(keyword) < len(str(2**31)):
            matches.append(logs.c.type == int(keyword))
        condition: ColumnElement[bool]
        if user_id is None:
            matches.append(logs.c.content.startswith(keyword, autoescape=True))
            condition = or_(*matches)
        elif matches:
            condition = and_(logs.c.user_id == user_id, *matches)
        else:
            return []
        return await self._many(select(*_COLUMNS).where(condition).order_by(desc(logs.c.id)).limit(limit))

    async def consumed(self, where: LogFilter) -> int:
        wanted = select(func.coalesce(func.sum(logs.c.quota), 0)).where(
            _condition(where), logs.c.type == LogType.CONSUME
        )
        async with self._database.read() as connection:
            return int((await connection.execute(wanted)).scalar_one())

    async def delete_before(self, created_at: int) -> int:
        total = 0
        while True:  # in pieces, so that charges need not wait for a million rows
            gone = await self._database.transact(partial(_delete_some, created_at))
            total += gone
            if gone < DELETED_AT_ONCE:
                return total

    async def _many(self, statement: Select[Any]) -> list[LogRow]:
        async with self._database.read() as connection:
            return [read_log(row) for row in await connection.execute(statement)]


def _delete_some(created_at: int, work: Transaction) -> int:
    found = work.rows(
        "SELECT id FROM logs WHERE created_at < ? ORDER BY id LIMIT ?", created_at, DELETED_AT_ONCE
    )
    return run_in(work, "DELETE FROM logs WHERE id IN {}", [row[0] for row in found])


def _condition(where: LogFilter) -> ColumnElement[bool]:
    equal = {
        logs.c.type: where.type,
        logs.c.user_id: where.user_id,
        logs.c.username: where.username,
        logs.c.token_name: where.token_name,
        logs.c.model_name: where.model_name,
        logs.c.channel_id: where.channel_id,
    }
    parts: list[ColumnElement[bool]] = [
        column == value for column, value in equal.items() if value is not None
    ]
    if where.start is not None:
        parts.append(logs.c.created_at >= where.start)
    if where.end is not None:
        parts.append(logs.c.created_at <= where.end)
    return and_(true(), *parts)
