"""The log in the table ``logs``, in the main database or in a separate one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve
from sqlalchemy import (
    ColumnElement,
    Select,
    UnaryExpression,
    and_,
    case,
    desc,
    false,
    func,
    insert,
    or_,
    select,
    true,
    union_all,
)

from oneapi.adapters.database.connection.transaction import run_in
from oneapi.adapters.database.repositories.log_events import read_event, write_event
from oneapi.adapters.database.schema.tables import logs
from oneapi.adapters.database.schema.texts import clipped, storable
from oneapi.adapters.texts.log_events import log_text
from oneapi.domain.logs.rows import COUNTED, DAY, TIME_BOUNDS, DailyUse, LogFilter, LogRow, LogType
from oneapi.domain.requests import EndCause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.adapters.database.connection.transaction import Transaction

#: The number of newest rows of each type whose content is searched.
SEARCHED = 10_000
NEWEST = (desc(logs.c.created_at), desc(logs.c.id))
#: End causes of delivered requests; the original's rows have none.
DELIVERED = ("", EndCause.DELIVERED)
_NAMES = tuple(field.name for field in LogRow.__attrs_attrs__)
_COLUMNS = tuple(logs.c[name] for name in _NAMES)
#: The columns that a new row sets, in the order of ``write_log``.
LOG_COLUMNS = tuple(name for name in _NAMES if name != "id")
_TEXTS = {"content", "username", "token_name", "model_name", "request_id", "end_cause", "attempts"}
#: Columns limited to 191 characters on MySQL.
_NAMED = {"username", "token_name", "model_name", "request_id"}
_FLAGS = {"is_stream", "system_prompt_reset"}


def read_log(row: Sequence[Any]) -> LogRow:
    values: dict[str, Any] = {}
    for name, value in zip(_NAMES, row, strict=True):
        if name == "event":
            values[name] = read_event(value)
        elif name in _FLAGS:
            values[name] = bool(value)
        else:
            values[name] = value if value is not None else ("" if name in _TEXTS else 0)
    return LogRow(**values)


def _read_use(row: Sequence[Any]) -> DailyUse:
    day, model, *numbers = row
    requests, delivered, quota, prompt, completion, elapsed, *times = (int(number or 0) for number in numbers)
    return DailyUse(
        int(day), model or "", requests, delivered, quota, prompt, completion, elapsed, tuple(times)
    )


async def add_log_rows(connection: AsyncConnection, rows: Sequence[LogRow], language: str) -> None:
    """Add ``rows`` within the caller's transaction."""
    if rows:
        await connection.execute(insert(logs), [write_log(row, language) for row in rows])


def write_log(row: LogRow, language: str) -> dict[str, Any]:
    """The values of ``row`` by column, including its text in ``language`` for other readers of the table."""
    values = {name: getattr(row, name) for name in LOG_COLUMNS}
    if row.event is not None:
        values["content"] = log_text(row.event, language)
    values |= {name: clipped(values[name]) for name in _NAMED}
    values |= {name: storable(values[name]) for name in _TEXTS - _NAMED}
    return values | {"event": write_event(row.event)}


class SqlLogRepository:
    """Implements ``LogRepository``; ``language`` is the language of the texts in the table."""

    def __init__(self, database: Database, *, language: str = "zh") -> None:
        self._database = database
        self._language = language

    async def add(self, row: LogRow) -> None:
        async with self._database.write() as connection:
            await add_log_rows(connection, [row], self._language)

    async def page(
        self, where: LogFilter, *, offset: int, limit: int, after: LogRow | None = None
    ) -> Sequence[LogRow]:
        wanted = select(logs.c.id).where(await self._matching(where)).order_by(*_order(where))
        if after is not None:
            wanted = wanted.where(_follows(after, where))
        # the inner query needs only the index; whole rows are read just for this page
        return await self._whole(wanted.offset(offset).limit(limit), _order(where))

    async def count(self, where: LogFilter, *, most: int = COUNTED) -> int:
        some = select(logs.c.id).where(await self._matching(where)).limit(most).subquery()
        async with self._database.read() as connection:
            return (await connection.execute(select(func.count()).select_from(some))).scalar_one()

    async def search(self, keyword: str, *, user_id: int | None, limit: int) -> Sequence[LogRow]:
        wanted: list[Select[Any]] = []
        if keyword.isascii() and keyword.isdigit() and len(keyword) < len(str(2**31)):
            where = LogFilter(type=int(keyword), user_id=user_id)
            wanted.append(select(logs.c.id).where(_condition(where)).order_by(*NEWEST).limit(limit))
        if user_id is None:
            wanted += [_with_content(keyword, kind, limit) for kind in LogType]
        if not wanted:
            return []
        # as subqueries: SQLite allows no ORDER BY within a UNION
        found = union_all(*(select(each.subquery().c.id) for each in wanted)).subquery()
        newest = select(logs.c.id).where(logs.c.id.in_(select(found.c.id))).order_by(*NEWEST).limit(limit)
        return await self._whole(newest, NEWEST)

    async def consumed(self, where: LogFilter) -> int:
        consumption = await self._matching(_consumption(where))
        wanted = select(func.coalesce(self._sum(logs.c.quota), 0)).where(consumption)
        async with self._database.read() as connection:
            return int((await connection.execute(wanted)).scalar_one())

    async def daily_use(self, where: LogFilter) -> Sequence[DailyUse]:
        day = (logs.c.created_at // DAY).label("day")
        delivered = case((logs.c.end_cause.in_(DELIVERED), 1), else_=0)
        sums = (delivered, logs.c.quota, logs.c.prompt_tokens, logs.c.completion_tokens, logs.c.elapsed_time)
        faster = [case((logs.c.elapsed_time < bound, 1), else_=0) for bound in TIME_BOUNDS]
        wanted = (
            select(day, logs.c.model_name, func.count(), *(self._sum(each) for each in (*sums, *faster)))
            .where(await self._matching(_consumption(where)))
            .group_by(day, logs.c.model_name)
            .order_by(day, logs.c.model_name)
        )
        async with self._database.read() as connection:
            rows = await connection.execute(wanted)
            return [_read_use(row) for row in rows]

    def _sum(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The sum of ``column``; SQLite's SUM fails beyond 64 bits, unlike those of the servers."""
        return func.total(column) if self._database.product == "sqlite" else func.sum(column)

    async def delete_before(self, created_at: int, *, most: int) -> int:
        return await self._database.transact(partial(_delete_some, created_at, most))

    async def _matching(self, where: LogFilter) -> ColumnElement[bool]:
        """The condition of ``where``; its times become a range of ids if the index for it does not include times."""
        condition, times = _condition(where), _times(where)
        if _by_time(where) or not times:
            return condition
        # "+ 0" stops the servers from scanning the primary key for the least id
        number = logs.c.id + 0
        async with self._database.read() as connection:
            ends = await connection.execute(select(func.min(number), func.max(number)).where(*times))
            first, last = ends.one()
        return false() if first is None else and_(condition, logs.c.id.between(first, last))

    async def _whole(self, ids: Select[Any], order: Sequence[UnaryExpression[Any]]) -> list[LogRow]:
        found = ids.subquery()
        return await self._many(select(*_COLUMNS).join(found, logs.c.id == found.c.id).order_by(*order))

    async def _many(self, statement: Select[Any]) -> list[LogRow]:
        async with self._database.read() as connection:
            return [read_log(row) for row in await connection.execute(statement)]


def _delete_some(created_at: int, most: int, work: Transaction) -> int:
    found = work.rows(
        "SELECT id FROM logs WHERE created_at < ? ORDER BY created_at, id LIMIT ?", created_at, most
    )
    return run_in(work, "DELETE FROM logs WHERE id IN {}", [row[0] for row in found])


def _with_content(keyword: str, kind: LogType, limit: int) -> Select[Any]:
    of_kind = select(logs.c.id, logs.c.content).where(logs.c.type == int(kind))
    newest = of_kind.order_by(*NEWEST).limit(SEARCHED).subquery()
    return select(newest.c.id).where(newest.c.content.startswith(keyword, autoescape=True)).limit(limit)


# --- conditions that suit the indexes ----------------------------------------------------------


def _by_time(where: LogFilter) -> bool:
    """Whether an index has these rows in order of time; the original's indexes have them in order of id."""
    others = (where.token_name, where.model_name, where.channel_id)
    return where.user_id is not None or where.username is not None or all(each is None for each in others)


def _order(where: LogFilter) -> Sequence[UnaryExpression[Any]]:
    return NEWEST if _by_time(where) else NEWEST[1:]


def _follows(row: LogRow, where: LogFilter) -> ColumnElement[bool]:
    if not _by_time(where):
        return logs.c.id < row.id
    earlier = or_(logs.c.created_at < row.created_at, logs.c.id < row.id)
    return and_(logs.c.created_at <= row.created_at, earlier)


def _condition(where: LogFilter) -> ColumnElement[bool]:
    equal = {
        logs.c.user_id: where.user_id,
        logs.c.username: where.username,
        logs.c.token_name: where.token_name,
        logs.c.model_name: where.model_name,
        logs.c.channel_id: where.channel_id,
    }
    parts: list[ColumnElement[bool]] = [
        column == value for column, value in equal.items() if value is not None
    ]
    if where.type is not None:
        # nearly all rows have the same type: if anything else is given, "+ 0" keeps the planner off the index of types
        parts.append((logs.c.type + 0 if parts else logs.c.type) == where.type)
    return and_(true(), *parts, *_times(where))


def _times(where: LogFilter) -> list[ColumnElement[bool]]:
    times: list[ColumnElement[bool]] = []
    if where.start is not None:
        times.append(logs.c.created_at >= where.start)
    if where.end is not None:
        times.append(logs.c.created_at <= where.end)
    return times


def _consumption(where: LogFilter) -> LogFilter:
    return evolve(where, type=int(LogType.CONSUME))
