"""Reading the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from oneapi.application.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.application.audit import Actor, AuditTrail
    from oneapi.application.ledger import Ledger
    from oneapi.application.ports import LogRepository
    from oneapi.domain.logs import LogFilter, LogRow

SEARCHED = 100


class ReadLogs:
    """What this process has settled is in the log before it is read."""

    def __init__(self, logs: LogRepository, ledger: Ledger, audit: AuditTrail) -> None:
        self._logs = logs
        self._ledger = ledger
        self._audit = audit

    async def page(self, where: LogFilter, *, offset: int, limit: int) -> tuple[Sequence[LogRow], int]:
        """The rows of a page, newest first, and how many match in all."""
        await self._ledger.flush()
        return await self._logs.page(where, offset=offset, limit=limit), await self._logs.count(where)

    async def own_page(self, where: LogFilter, *, offset: int, limit: int) -> tuple[Sequence[LogRow], int]:
        """As ``page``, for a user: without the ids of the rows."""
        rows, count = await self.page(where, offset=offset, limit=limit)
        return [attrs.evolve(row, id=0) for row in rows], count

    async def search(self, keyword: str) -> Sequence[LogRow]:
        await self._ledger.flush()
        return await self._logs.search(keyword, user_id=None, limit=SEARCHED)

    async def own_search(self, keyword: str, user_id: int) -> Sequence[LogRow]:
        await self._ledger.flush()
        rows = await self._logs.search(keyword, user_id=user_id, limit=SEARCHED)
        return [attrs.evolve(row, id=0) for row in rows]

    async def consumed(self, where: LogFilter) -> int:
        """Quota units."""
        await self._ledger.flush()
        return await self._logs.consumed(where)

    async def delete_before(self, actor: Actor, timestamp: int) -> int:
        """The number of rows deleted. Raises Refusal unless ``timestamp``, in unix seconds, is given."""
        if timestamp <= 0:
            raise Refusal("timestamp_missing")
        deleted = await self._logs.delete_before(timestamp)
        await self._audit.record(actor, "log.delete", f"{deleted} rows before {timestamp}")
        return deleted
