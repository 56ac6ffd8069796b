"""The table of redemption codes in memory, and credits to users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field

from oneapi.domain.changes import named
from oneapi.domain.errors.administration import NotFound, OutOfRange
from oneapi.domain.errors.money import ReferenceUsed
from oneapi.domain.money.quota import LARGEST_BALANCE
from oneapi.domain.money.redemptions import Redemption, RedemptionStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oneapi.domain.logs.rows import LogRow
    from oneapi.domain.money.redemptions import RedemptionChanges
    from tests.fakes.operations.logs import FakeLogs
    from tests.fakes.people.users import FakeUsers


@define
class FakeRedemptions:
    rows: dict[int, Redemption] = field(factory=dict)

    async def page(self, *, offset: int, limit: int) -> Sequence[Redemption]:
        return self._newest()[offset : offset + limit]

    async def count(self) -> int:
        return len(self.rows)

    async def search(self, keyword: str) -> Sequence[Redemption]:
        return [code for code in self._newest() if code.name.startswith(keyword) or str(code.id) == keyword]

    async def get(self, code_id: int) -> Redemption | None:
        return self.rows.get(code_id)

    async def by_key(self, key: str) -> Redemption | None:
        return next((code for code in self.rows.values() if code.key == key), None)

    async def add(self, codes: Sequence[Redemption]) -> Sequence[int]:
        made = []
        for code in codes:
            stored = evolve(code, id=max(self.rows, default=0) + 1)
            self.rows[stored.id] = stored
            made.append(stored.id)
        return made

    async def update(self, code_id: int, changes: RedemptionChanges) -> bool:
        code = self.rows.get(code_id)
        if code is None or code.status == RedemptionStatus.USED:
            return False
        self.rows[code_id] = evolve(code, **named(changes))
        return True

    async def delete(self, code_id: int) -> bool:
        return self.rows.pop(code_id, None) is not None

    def _newest(self) -> list[Redemption]:
        return sorted(self.rows.values(), key=lambda code: code.id, reverse=True)


@define
class FakeCredits:
    codes: FakeRedemptions
    users: FakeUsers
    logs: FakeLogs
    done: dict[str, tuple[int, int]] = field(factory=dict)

    async def redeem(self, code: Redemption, row: Callable[[int], LogRow]) -> int | None:
        current = self.codes.rows.get(code.id)
        if current is None or current.status != RedemptionStatus.ENABLED:
            return None
        written = row(current.quota)
        await self._credit(written)
        self.codes.rows[code.id] = evolve(
            current,
            status=RedemptionStatus.USED,
            redeemed_time=written.created_at,
            redeemed_by=written.user_id,
        )
        return current.quota

    async def top_up(self, row: LogRow, reference: str) -> bool:
        if reference in self.done:
            if self.done[reference] != (row.user_id, row.quota):
                raise ReferenceUsed
            return False
        await self._credit(row)
        self.done[reference] = (row.user_id, row.quota)
        return True

    async def _credit(self, row: LogRow) -> None:
        user = self.users.rows.get(row.user_id)
        if user is None:
            raise NotFound
        if user.quota + row.quota > LARGEST_BALANCE:
            raise OutOfRange(field="quota")
        self.users.change(row.user_id, quota=user.quota + row.quota)
        await self.logs.add(row)
