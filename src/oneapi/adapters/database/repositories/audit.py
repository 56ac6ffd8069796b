"""The audit log in the table ``audit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict, fields
from sqlalchemy import ColumnElement, desc, func, insert, select

from oneapi.adapters.database.schema.tables import audit
from oneapi.domain.logs.audit import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.domain.logs.audit import AuditFilter

_NAMES = tuple(field.name for field in fields(AuditEntry))
_COLUMNS = tuple(audit.c[name] for name in _NAMES)


class SqlAuditRepository:
    """Implements ``AuditRepository``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, entry: AuditEntry) -> None:
        values = {name: value for name, value in asdict(entry).items() if name != "id"}
        async with self._database.write() as connection:
            await connection.execute(insert(audit).values(values))

    async def page(self, where: AuditFilter, *, offset: int, limit: int) -> Sequence[AuditEntry]:
        wanted = select(*_COLUMNS).where(*_conditions(where)).order_by(desc(audit.c.id))
        async with self._database.read() as connection:
            rows = await connection.execute(wanted.offset(offset).limit(limit))
            return [AuditEntry(**dict(zip(_NAMES, row, strict=True))) for row in rows]

    async def count(self, where: AuditFilter) -> int:
        wanted = select(func.count()).select_from(audit).where(*_conditions(where))
        async with self._database.read() as connection:
            return (await connection.execute(wanted)).scalar_one()


def _conditions(where: AuditFilter) -> list[ColumnElement[Any]]:
    conditions = [
        audit.c[name] == value
        for name, value in (("username", where.username), ("action", where.action), ("target", where.target))
        if value is not None
    ]
    if where.start is not None:
        conditions.append(audit.c.created_at >= where.start)
    if where.end is not None:
        conditions.append(audit.c.created_at <= where.end)
    return conditions
