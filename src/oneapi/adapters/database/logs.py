"""The log in the table ``logs``, of the main database or of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict
from sqlalchemy import ColumnElement, Select, and_, delete, desc, func, insert, or_, select, true

from oneapi.adapters.database.tables import logs
from oneapi.domain.logs import LogFilter, LogRow, LogType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.adapters.database.engine import Database

_NAMES = tuple(field.name for field in LogRow.__attrs_attrs__)
_COLUMNS = tuple(logs.c[name] for name in _NAMES)
_TEXTS = {"content", "username", "token_name", "model_name", "request_id", "end_cause", "attempts"}
_FLAGS = {"is_stream", "system_prompt_reset"}


def read_log(row: Sequence[Any]) -> LogRow:
    values: dict[str, Any] = {}
    for name, value in zip(_NAMES, row, strict=True):
        if name in _FLAGS:
            values[name] = bool(value)
        else:
            values[name] = value if value is not None else ("" if name in _TEXTS else 0)
    return LogRow(**values)


class SqlLogRepository:
    """Implements ``LogRepository``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: LogRow) -> None:
        values = {name: value for name, value in asdict(row).items() if name != "id"}
        async with self._database.write() as connection:
            await connection.execute(insert(logs).values(values))

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
        async with self._database.write() as connection:
            gone = await connection.execute(delete(logs).where(logs.c.created_at < created_at))
        return int(gone.rowcount)

    async def _many(self, statement: Select[Any]) -> list[LogRow]:
        async with self._database.read() as connection:
            return [read_log(row) for row in await connection.execute(statement)]


def _condition(where: LogFilter) -> ColumnElement[bool]:
    equal = {
        logs.c.type: where.type,
        logs.c.user_id: where.user_id,
        logs.c.username: where.username,
        logs.c.token_name: where.token_name,
        logs.c.model_name: where.model_name,
        logs.c.channel_id: where.channel_id,
    }
    parts: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if where.start is not None:
        parts.append(logs.c.created_at >= where.start)
    if where.end is not None:
        parts.append(logs.c.created_at <= where.end)
    return and_(true(), *parts)
