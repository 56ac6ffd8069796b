"""Reminders that were sent recently, as rows of ``leases``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database
    from oneapi.adapters.database.connection.transaction import Transaction

#: Distinguishes these rows from the leases of processes.
OWNER = "reminders"

FORGET = "DELETE FROM leases WHERE owner = ? AND expires_at <= ?"
FIND = "SELECT name FROM leases WHERE name = ?"
ADD = "INSERT INTO leases (name, owner, expires_at) VALUES (?, ?, ?)"


class SqlReminded:
    """Implements ``Reminded``; every claim also deletes expired rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, name: str, *, now: int, until: int) -> bool:
        try:
            return await self._database.transact(partial(_claim, name, now, until))
        except IntegrityError:  # another process was faster
            return False


def _claim(name: str, now: int, until: int, work: Transaction) -> bool:
    work.run(FORGET, OWNER, now)
    if work.rows(FIND, name):
        return False
    work.run(ADD, name, OWNER, until)
    return True
