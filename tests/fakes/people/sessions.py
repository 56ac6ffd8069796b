"""The table of open sessions in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.people.sessions import OpenSession


@define
class FakeSessions:
    rows: dict[str, OpenSession] = field(factory=dict)

    async def add(self, session: OpenSession, *, expired: int) -> None:
        self.rows = {key: row for key, row in self.rows.items() if row.created_at > expired}
        self.rows[session.id] = session

    async def get(self, session_id: str) -> OpenSession | None:
        return self.rows.get(session_id)

    async def of(self, user_id: int) -> Sequence[OpenSession]:
        mine = [row for row in self.rows.values() if row.user_id == user_id]
        return sorted(mine, key=lambda row: (-row.seen_at, row.id))

    async def see(self, session_id: str, at: int) -> None:
        if session_id in self.rows:
            self.rows[session_id] = evolve(self.rows[session_id], seen_at=at)

    async def end(self, user_id: int, session_id: str) -> bool:
        row = self.rows.get(session_id)
        if row is None or row.user_id != user_id:
            return False
        del self.rows[session_id]
        return True

    async def end_all(self, user_id: int, *, besides: str) -> None:
        self.rows = {
            key: row for key, row in self.rows.items() if row.user_id != user_id or row.id == besides
        }
