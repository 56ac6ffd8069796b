"""Reading the log, and deleting old rows."""

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
    from oneapi.application.ports.operations import LogRepository
    from oneapi.domain.logs.rows import DailyUse, LogRow
    from oneapi.domain.people.tokens import Token

#: The most rows returned by a search, or to a token about itself.
FOUND = 100
#: The most rows of an export, and the rows of one batch.
EXPORTED = 100_000
EXPORTED_AT_ONCE = 1000
#: The rows deleted per transaction, and the pause in seconds before the next, for other transactions.
DELETED_AT_ONCE = 2048
BREATH = 0.02


class ReadLogs:
    """Reads the log, including everything that this process has settled."""

    def __init__(
        self, logs: LogRepository, ledger: Ledger, audit: AuditTrail, *, clock: Callable[[], float]
    ) -> None:
        self._logs = logs
        self._ledger = ledger
        self._audit = audit
        self._clock = clock

    async def page(self, where: LogFilter, *, offset: int, limit: int) -> tuple[Sequence[LogRow], int]:
        """The rows of a page, newest first, and the number of all matches, counted up to ``COUNTED``."""
        await self._ledger.flush()
        where = self._bounded(where)
        rows = await self._logs.page(where, offset=offset, limit=limit)
        if len(rows) < limit and (rows or not offset):  # the last page gives the number
            return rows, min(offset + len(rows), COUNTED)
        return rows, await self._logs.count(where)

    async def own_page(self, where: LogFilter, *, offset: int, limit: int) -> tuple[Sequence[LogRow], int]:
        """Like ``page``, for a user: without the rows' ids."""
        rows, count = await self.page(where, offset=offset, limit=limit)
        return [attrs.evolve(row, id=0) for row in rows], count

    async def of_token(self, token: Token) -> Sequence[LogRow]:
        """The newest rows of ``token``. Rows hold only its name, so a token of the same name is included."""
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
        """The sum of quota units of the consumption rows, whatever type ``where`` asks for."""
        await self._ledger.flush()
        return await self._logs.consumed(self._bounded(where))

    async def daily_use(self, days: int, user_id: int | None = None) -> Sequence[DailyUse]:
        """Consumption by day and model, of the last ``days`` including today; of all users, or of one."""
        await self._ledger.flush()
        today = int(self._clock()) // DAY
        where = LogFilter(user_id=user_id, start=(today + 1 - days) * DAY, end=(today + 1) * DAY - 1)
        return await self._logs.daily_use(where)

    async def export(self, where: LogFilter) -> AsyncIterator[Sequence[LogRow]]:
        """The rows in batches, newest first, at most ``EXPORTED``; one more row if there are more."""
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
        """Like ``export``, for a user: without the rows' ids."""
        async for rows in self.export(where):
            yield [attrs.evolve(row, id=0) for row in rows]

    async def delete_before(self, actor: Actor, timestamp: int) -> int:
        """Delete rows; returns how many. If it is interrupted, the rows deleted so far stay deleted.

        Raises Refusal unless ``timestamp``, in unix seconds, is given.
        """
        if timestamp <= 0:
            raise TimestampMissing
        deleted, more = 0, True
        try:
            while more:  # in pieces, so that charges do not wait for a million rows
                gone = await self._logs.delete_before(timestamp, most=DELETED_AT_ONCE)
                deleted += gone
                more = gone == DELETED_AT_ONCE
                await asyncio.sleep(BREATH * more)
        finally:
            await self._audit.record(actor, "log.delete", f"{deleted} rows before {timestamp}")
        return deleted

    def _bounded(self, where: LogFilter) -> LogFilter:
        """``where`` without an end in the future, which clients send and which excludes no row."""
        if where.end is not None and where.end >= self._clock():
            return attrs.evolve(where, end=None)
        return where
