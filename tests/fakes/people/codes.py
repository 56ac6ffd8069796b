"""The table of one-time codes in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from oneapi.domain.people.codes import Code


@define
class FakeCodes:
    """Purpose and subject -> hash, expiry, wrong attempts."""

    rows: dict[tuple[str, str], tuple[str, float, int]] = field(factory=dict)

    async def put(self, code: Code, *, now: float, expires_at: float) -> None:
        self.rows = {key: row for key, row in self.rows.items() if row[1] > now}
        self.rows[code.purpose, code.subject] = (code.hash, expires_at, 0)

    async def matches(self, code: Code, *, now: float, attempts: int) -> bool:
        key = (code.purpose, code.subject)
        if not self._lives(key, now, attempts):
            return False
        known, expires_at, wrong = self.rows[key]
        if known != code.hash:
            self.rows[key] = (known, expires_at, wrong + 1)
        return known == code.hash

    async def consume(self, code: Code, *, now: float, attempts: int) -> bool:
        key = (code.purpose, code.subject)
        if not self._lives(key, now, attempts) or self.rows[key][0] != code.hash:
            return False
        del self.rows[key]
        return True

    def _lives(self, key: tuple[str, str], now: float, attempts: int) -> bool:
        _, expires_at, wrong = self.rows.get(key, ("", 0.0, 0))
        return expires_at > now and wrong < attempts
