"""The table of log rows in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict, define, evolve, field

from oneapi.adapters.texts.log_events import log_text
from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.logs.rows import COUNTED, DAY, TIME_BOUNDS, DailyUse, LogRow, LogType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.logs.rows import LogFilter


@define
class FakeLogs:
    rows: list[LogRow] = field(factory=list)
    down: bool = False

    async def add(self, row: LogRow) -> None:
        if self.down:
            raise StorageUnavailable
        content = row.content if row.event is None else log_text(row.event, "zh")
        self.rows.append(evolve(row, id=len(self.rows) + 1, content=content))

    async def page(
        self, where: LogFilter, *, offset: int, limit: int, after: LogRow | None = None
    ) -> Sequence[LogRow]:
        found = self._matching(where)
        if after is not None:
            found = [row for row in found if _age(row) > _age(after)]
        return found[offset : offset + limit]

    async def count(self, where: LogFilter, *, most: int = COUNTED) -> int:
        return min(len(self._matching(where)), most)

    async def search(self, keyword: str, *, user_id: int | None, limit: int) -> Sequence[LogRow]:
        def matches(row: LogRow) -> bool:
            if user_id is not None:
                return row.user_id == user_id and str(int(row.type)) == keyword
            return str(int(row.type)) == keyword or row.content.startswith(keyword)

        return [row for row in sorted(self.rows, key=_age) if matches(row)][:limit]

    async def consumed(self, where: LogFilter) -> int:
        return sum(row.quota for row in self._consumed(where))

    async def daily_use(self, where: LogFilter) -> Sequence[DailyUse]:
        groups: dict[tuple[int, str], list[LogRow]] = {}
        for row in self._consumed(where):
            groups.setdefault((row.created_at // DAY, row.model_name), []).append(row)
        return [
            DailyUse(
                day=day,
                model_name=model,
                requests=len(rows),
                delivered=sum(row.end_cause in ("", "delivered") for row in rows),
                quota=sum(row.quota for row in rows),
                prompt_tokens=sum(row.prompt_tokens for row in rows),
                completion_tokens=sum(row.completion_tokens for row in rows),
                elapsed_time=sum(row.elapsed_time for row in rows),
                times=tuple(sum(row.elapsed_time < bound for row in rows) for bound in TIME_BOUNDS),
            )
            for (day, model), rows in sorted(groups.items())
        ]

    async def delete_before(self, created_at: int, *, most: int) -> int:
        if self.down:
            raise StorageUnavailable
        old = sorted((row for row in self.rows if row.created_at < created_at), key=_age, reverse=True)[:most]
        self.rows[:] = [row for row in self.rows if row not in old]
        return len(old)

    def _consumed(self, where: LogFilter) -> list[LogRow]:
        return self._matching(evolve(where, type=LogType.CONSUME))

    def _matching(self, where: LogFilter) -> list[LogRow]:
        equal = {name: value for name, value in asdict(where).items() if value is not None}
        start, end = equal.pop("start", None), equal.pop("end", None)
        return [
            row
            for row in sorted(self.rows, key=_age)
            if all(getattr(row, name) == value for name, value in equal.items())
            and (start is None or row.created_at >= start)
            and (end is None or row.created_at <= end)
        ]


def _age(row: LogRow) -> tuple[int, int]:
    """Less for newer rows."""
    return -row.created_at, -row.id
