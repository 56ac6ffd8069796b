"""One-time codes in the table ``codes``, where every node finds the codes that others have sent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database
    from oneapi.adapters.database.connection.transaction import Transaction
    from oneapi.domain.people.codes import Code

_LIVE = "purpose = ? AND subject = ? AND expires_at > ? AND attempts < ?"
_SWEEP = "DELETE FROM codes WHERE expires_at <= ?"
_ADD = "INSERT INTO codes (purpose, subject, hash, expires_at, attempts) VALUES (?, ?, ?, ?, 0)"
_REPLACE = (
    "ON CONFLICT (purpose, subject) DO UPDATE SET hash = excluded.hash, expires_at = excluded.expires_at"
)
_REPLACE_MYSQL = "ON DUPLICATE KEY UPDATE hash = VALUES(hash), expires_at = VALUES(expires_at)"
_COUNT = f"UPDATE codes SET attempts = attempts + 1 WHERE {_LIVE} AND hash <> ?"  # noqa: S608  # no input
_MATCH = f"SELECT 1 FROM codes WHERE {_LIVE} AND hash = ?"  # noqa: S608  # no input
_CONSUME = f"DELETE FROM codes WHERE {_LIVE} AND hash = ?"  # noqa: S608  # no input


class SqlCodeRepository:
    """Implements ``CodeRepository``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, code: Code, *, now: float, expires_at: float) -> None:
        await self._database.transact(partial(_put, code, int(now), int(expires_at)))

    async def matches(self, code: Code, *, now: float, attempts: int) -> bool:
        return await self._database.transact(partial(_matches, code, int(now), attempts))

    async def consume(self, code: Code, *, now: float, attempts: int) -> bool:
        return await self._database.transact(partial(_consume, code, int(now), attempts))


def _put(code: Code, now: int, expires_at: int, work: Transaction) -> None:
    work.run(_SWEEP, now)
    replace = _REPLACE_MYSQL if work.product == "mysql" else _REPLACE
    work.run(f"{_ADD} {replace}, attempts = 0", code.purpose, code.subject, code.hash, expires_at)


def _matches(code: Code, now: int, attempts: int, work: Transaction) -> bool:
    # Counting locks the row, so that concurrent guesses are checked one after the other.
    work.run(_COUNT, code.purpose, code.subject, now, attempts, code.hash)
    return bool(work.rows(_MATCH, code.purpose, code.subject, now, attempts, code.hash))


def _consume(code: Code, now: int, attempts: int, work: Transaction) -> bool:
    return bool(work.run(_CONSUME, code.purpose, code.subject, now, attempts, code.hash))
