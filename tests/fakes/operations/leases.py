"""The table of leases in memory, with a clock that tests set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.jobs import Lease

if TYPE_CHECKING:
    from collections.abc import Callable


@frozen
class LeaseRow:
    owner: str
    expires_at: int
    done_at: int
    report: str


@define
class FakeLeases:
    """``now`` is the store's own clock; while ``away``, the store cannot be reached."""

    now: Callable[[], float]
    rows: dict[str, LeaseRow] = field(factory=dict)
    away: bool = False

    async def take(self, name: str, owner: str, *, seconds: int, pause: int = 0) -> bool:
        now = self._time()
        row = self.rows.setdefault(name, LeaseRow("", 0, now, ""))
        if row.expires_at > now or row.done_at > now - pause:
            return False
        self.rows[name] = evolve(row, owner=owner, expires_at=now + seconds)
        return True

    async def renew(self, name: str, owner: str, *, seconds: int, report: str) -> bool:
        now = self._time()
        if not self._is_holder(name, owner):
            return False
        self.rows[name] = evolve(self.rows[name], expires_at=now + seconds, report=report)
        return True

    async def release(self, name: str, owner: str, *, report: str, finished: bool) -> None:
        now = self._time()
        if self._is_holder(name, owner):
            row = self.rows[name]
            self.rows[name] = LeaseRow("", 0, now if finished else row.done_at, report)

    async def look(self, name: str) -> Lease | None:
        now = self._time()
        row = self.rows.get(name)
        if row is None:
            return None
        return Lease(held=row.expires_at > now, idle=now - row.done_at, report=row.report)

    def _is_holder(self, name: str, owner: str) -> bool:
        return name in self.rows and self.rows[name].owner == owner

    def _time(self) -> int:
        if self.away:
            raise StorageUnavailable(cause="away")
        return int(self.now())
