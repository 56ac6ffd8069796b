"""Reading the log, and keeping it small."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import attrs

from oneapi.domain.errors.administration import TimestampMissing
from oneapi.domain.logs.rows import COUNTED, DAY, LogFilter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from oneapi.application.audit import Actor, AuditTrail
    from oneapi.application.money.ledger import Ledger
    from oneapi.application.ports import LogRepository
    from oneapi.domain.logs.rows import DailyUse, LogRow
    from oneapi.domain.people.tokens import Token

#: Rows that a search finds, or a token sees of itself.
FOUND = 100
#: Rows of an export, and of one of its batches.
EXPORTED = 100_000
EXPORTED_AT_ONCE = 1000
#: Rows deleted in one transaction, and the seconds that others have for theirs before the next.
DELETED_AT_ONCE = 2048
BREATH = 0.02


class ReadLogs:
    """What this process has settled is in the log before it is read."""

    def __init__(
        self, logs: LogRepository, ledger: Ledger, audit: AuditTrail, *, clock: Callable[[], float]
    ) -> None:
        self._logs = logs
        self._ledger = ledger
        self._audit = audit
        self._clock = clock

    async def page(self, where: LogFilter, *, offset: int, limit: int) -> tuple[Sequence[LogRow], int]:
        """The rows of a page, newest first, and how many match in all, counted up to ``COUNTED``."""
        await self._ledger.flush()
        where = self._bounded(where)
        rows = await self._logs.page(where, offset=offset, limit=limit)
        if len(rows) < limit and (rows or not offset):  # the last page: counted already
            return rows, min(offset + len(rows), COUNTED)
        return rows, await self._logs.count(where)

    async def own_page(self, where: LogFilter, *, offset: int, limit: int) -> tuple[Sequence[LogRow], int]:
        """As ``page``, for a user: without the ids of the rows."""
        rows, count = await self.page(where, offset=offset, limit=limit)
        return [attrs.evolve(row, id=0) for row in rows], count

    async def of_token(self, token: Token) -> Sequence[LogRow]:
        """The newest rows of ``token``. Rows know its name only, so that those of a namesake are among them."""
        where = LogFilter(user_id=token.user_id, token_name=token.name, start=token.created_time)
        rows, _ = await self.own_page(where, offset=0, limit=FOUND)
        return rows

    async def search(self, keyword: str) -> Sequence[LogRow]:
        await self._ledger.flush()
        return await self._logs.search(keyword, user_id=None, limit=FOUND)

    async def own_search(self, keyword: str, user_id: int) -> Sequence[LogRow]:
        await self._ledger.flush()
        rows = await self._logs.search(keyword, user_id=user_id, limit=FOUND)
        return [attrs.evolve(row, id=0) for row in rows]

    async def consumed(self, where: LogFilter) -> int:
        """Quota units of the consume rows, whatever type is asked for."""
        await self._ledger.flush()
        return await self._logs.consumed(self._bounded(where))

    async def daily_use(self, days: int, user_id: int | None = None) -> Sequence[DailyUse]:
        """By day and model, of today and the days before it; of everybody, or one user."""
        await self._ledger.flush()
        today = int(self._clock()) // DAY
        where = LogFilter(user_id=user_id, start=(today + 1 - days) * DAY, end=(today + 1) * DAY - 1)
        return await self._logs.daily_use(where)

    async def export(self, where: LogFilter) -> AsyncIterator[Sequence[LogRow]]:
        """All rows in batches, newest first; one more than ``EXPORTED`` if there are more than those."""
        await self._ledger.flush()
        where, left, last = self._bounded(where), EXPORTED + 1, None
        while left > 0:
            limit = min(left, EXPORTED_AT_ONCE)
            rows = await self._logs.page(where, offset=0, limit=limit, after=last)
            yield rows
            if len(rows) < limit:
                return
            left, last = left - len(rows), rows[-1]

    async def own_export(self, where: LogFilter) -> AsyncIterator[Sequence[LogRow]]:
        """As ``export``, for a user: without the ids of the rows."""
        async for rows in self.export(where):
            yield [attrs.evolve(row, id=0) for row in rows]

    async def delete_before(self, actor: Actor, timestamp: int) -> int:
        """The number of rows deleted; if it is cut short, what is gone by then is.

        Raises Refusal unless ``timestamp``, in unix seconds, is given.
        """
        if timestamp <= 0:
            raise TimestampMissing
        deleted, more = 0, True
        try:
            while more:  # in pieces, so that charges need not wait for a million rows
                gone = await self._logs.delete_before(timestamp, most=DELETED_AT_ONCE)
                deleted += gone
                more = gone == DELETED_AT_ONCE
                await asyncio.sleep(BREATH * more)
        finally:
            await self._audit.record(actor, "log.delete", f"{deleted} rows before {timestamp}")
        return deleted

    def _bounded(self, where: LogFilter) -> LogFilter:
        """Without an end that is no end: clients send one, and no row is younger than now."""
        if where.end is not None and where.end >= self._clock():
            return attrs.evolve(where, end=None)
        return where
