"""Stored responses in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.stored_responses import StoredResponse


@define
class FakeResponseStore:
    rows: dict[tuple[int, str], StoredResponse] = field(factory=dict)

    async def add(self, response: StoredResponse) -> None:
        self.rows[response.user_id, response.id] = response

    async def find(self, user_id: int, ids: Sequence[str], *, now: int) -> Sequence[StoredResponse]:
        found = (self.rows.get((user_id, each)) for each in ids)
        return [evolve(row, items=()) for row in found if row is not None and row.expires_at > now]

    async def with_items(self, user_id: int, items: Sequence[str], *, now: int) -> Sequence[str]:
        live = [row for (user, _), row in self.rows.items() if user == user_id and row.expires_at > now]
        return [row.id for row in live if not set(items).isdisjoint(row.items)]

    async def turns(
        self, user_id: int, last: str, *, now: int, most: int, largest: int
    ) -> Sequence[StoredResponse]:
        turns: list[StoredResponse] = []
        while last and len(turns) < most:
            found = await self.find(user_id, [last], now=now)
            if not found:
                return []
            largest -= len(found[0].content)
            if largest < 0:
                break
            turns = [*found, *turns]
            last = found[0].previous
        return turns

    async def delete(self, user_id: int, response_id: str) -> bool:
        return self.rows.pop((user_id, response_id), None) is not None

    async def trim(self, user_id: int, *, largest: int) -> int:
        own = [row for row in self.rows.values() if row.user_id == user_id]
        kept = sum(len(row.content) for row in own)
        left = deleted = 0
        for row in sorted(own, key=lambda each: (each.created_at, each.id), reverse=True):
            left += len(row.content)
            if kept > largest and left > largest:
                del self.rows[user_id, row.id]
                deleted += 1
        return deleted

    async def sweep(self, now: int, *, largest: int) -> int:
        left: dict[int, int] = {}
        kept = {}
        for key, row in sorted(
            self.rows.items(), key=lambda each: (each[1].created_at, each[0]), reverse=True
        ):
            left[row.user_id] = left.get(row.user_id, largest) - len(row.content)
            if row.expires_at > now and left[row.user_id] >= 0:
                kept[key] = row
        swept = len(self.rows) - len(kept)
        self.rows = kept
        return swept
