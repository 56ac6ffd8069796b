"""The audit log in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.logs.audit import AuditEntry, AuditFilter


@define
class FakeAudit:
    """``rows`` are in the order in which they were written."""

    rows: list[AuditEntry] = field(factory=list)

    async def add(self, entry: AuditEntry) -> None:
        self.rows.append(evolve(entry, id=len(self.rows) + 1))

    async def page(self, where: AuditFilter, *, offset: int, limit: int) -> Sequence[AuditEntry]:
        return self._matching(where)[offset : offset + limit]

    async def count(self, where: AuditFilter) -> int:
        return len(self._matching(where))

    def _matching(self, where: AuditFilter) -> list[AuditEntry]:
        return [row for row in reversed(self.rows) if _matches(row, where)]


def _matches(row: AuditEntry, where: AuditFilter) -> bool:
    wanted = {"username": where.username, "action": where.action, "target": where.target}
    return (
        all(value is None or getattr(row, name) == value for name, value in wanted.items())
        and (where.start is None or row.created_at >= where.start)
        and (where.end is None or row.created_at <= where.end)
    )
