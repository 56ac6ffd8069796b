"""The table of log rows in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict, define, evolve, field

from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.logs import LogRow, LogType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.logs import LogFilter


@define
class FakeLogs:
    rows: list[LogRow] = field(factory=list)
    down: bool = False

    async def add(self, row: LogRow) -> None:
        if self.down:
            raise StorageUnavailable
        self.rows.append(evolve(row, id=len(self.rows) + 1))

    async def page(self, where: LogFilter, *, offset: int, limit: int) -> Sequence[LogRow]:
        return self._matching(where)[offset : offset + limit]

    async def count(self, where: LogFilter) -> int:
        return len(self._matching(where))

    async def search(self, keyword: str, *, user_id: int | None, limit: int) -> Sequence[LogRow]:
        def matches(row: LogRow) -> bool:
            if user_id is not None:
                return row.user_id == user_id and str(int(row.type)) == keyword
            return str(int(row.type)) == keyword or row.content.startswith(keyword)

        return [row for row in reversed(self.rows) if matches(row)][:limit]

    async def consumed(self, where: LogFilter) -> int:
        return sum(row.quota for row in self._matching(where) if row.type == LogType.CONSUME)

    async def delete_before(self, created_at: int) -> int:
        kept = [row for row in self.rows if row.created_at >= created_at]
        gone = len(self.rows) - len(kept)
        self.rows = kept
        return gone

    def _matching(self, where: LogFilter) -> list[LogRow]:
        equal = {name: value for name, value in asdict(where).items() if value is not None}
        start, end = equal.pop("start", None), equal.pop("end", None)
        return [
            row
            for row in reversed(self.rows)
            if all(getattr(row, name) == value for name, value in equal.items())
            and (start is None or row.created_at >= start)
            and (end is None or row.created_at <= end)
        ]
