"""Leases in the table ``leases``, timed by the database's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import literal_column, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite

from oneapi.adapters.database.schema.tables import leases
from oneapi.domain.jobs import Lease

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from oneapi.adapters.database.connection.engine import Database

#: Unix seconds when the statement runs, not when its transaction began, because that may have waited for a lock.
_NOW: dict[str, ColumnElement[int]] = {
    "sqlite": literal_column("CAST(strftime('%s', 'now') AS INTEGER)"),
    "postgresql": literal_column("CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT)"),
    "mysql": literal_column("UNIX_TIMESTAMP()"),
}
_ADD = {
    "sqlite": sqlite.insert(leases).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(leases).on_conflict_do_nothing(),
    "mysql": mysql.insert(leases).prefix_with("IGNORE"),
}


class SqlLeaseRepository:
    """Implements ``LeaseRepository``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._now = _NOW[database.product]

    async def take(self, name: str, owner: str, *, seconds: int, pause: int = 0) -> bool:
        unheld = {"name": name, "owner": "", "expires_at": 0, "done_at": self._now, "report": ""}
        free = (
            leases.c.name == name,
            leases.c.expires_at <= self._now,
            leases.c.done_at <= self._now - pause,
        )
        taken = update(leases).where(*free).values(owner=owner, expires_at=self._now + seconds)
        async with self._database.write() as connection:
            await connection.execute(_ADD[self._database.product].values(unheld))
        # Separate transactions: if several processes did both in one, MySQL would abort all but one as deadlocks.
        async with self._database.write() as connection:
            return bool((await connection.execute(taken)).rowcount)

    async def renew(self, name: str, owner: str, *, seconds: int, report: str) -> bool:
        return await self._change(name, owner, expires_at=self._now + seconds, report=report)

    async def release(self, name: str, owner: str, *, report: str, finished: bool) -> None:
        done = {"done_at": self._now} if finished else {}
        await self._change(name, owner, owner="", expires_at=0, report=report, **done)

    async def look(self, name: str) -> Lease | None:
        wanted = select(leases.c.expires_at > self._now, self._now - leases.c.done_at, leases.c.report).where(
            leases.c.name == name
        )
        async with self._database.read() as connection:
            row = (await connection.execute(wanted)).first()
        return None if row is None else Lease(held=bool(row[0]), idle=int(row[1]), report=row[2] or "")

    async def _change(self, name: str, holder: str, **values: object) -> bool:
        changed = update(leases).where(leases.c.name == name, leases.c.owner == holder).values(values)
        async with self._database.write() as connection:
            return bool((await connection.execute(changed)).rowcount)
