"""Open sessions in the table ``sessions``; ending one on any node ends it on all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import astuple

from oneapi.domain.people.sessions import OpenSession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.adapters.database.connection.transaction import Transaction

_COLUMNS = "id, user_id, created_at, seen_at, address, browser"
_SWEEP = "DELETE FROM sessions WHERE created_at <= ?"
_ADD = f"INSERT INTO sessions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  # no input
_GET = f"SELECT {_COLUMNS} FROM sessions WHERE id = ?"  # noqa: S608  # no input
_OF = f"SELECT {_COLUMNS} FROM sessions WHERE user_id = ? ORDER BY seen_at DESC, id"  # noqa: S608  # no input
_SEE = "UPDATE sessions SET seen_at = ? WHERE id = ?"
_END = "DELETE FROM sessions WHERE user_id = ? AND id = ?"
_END_ALL = "DELETE FROM sessions WHERE user_id = ? AND id <> ?"


class SqlSessionRepository:
    """Implements ``SessionRepository``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, session: OpenSession, *, expired: int) -> None:
        await self._database.transact(partial(_add, session, expired))

    async def get(self, session_id: str) -> OpenSession | None:
        found = await self._database.transact(partial(_read, _GET, session_id))
        return found[0] if found else None

    async def of(self, user_id: int) -> Sequence[OpenSession]:
        return await self._database.transact(partial(_read, _OF, user_id))

    async def see(self, session_id: str, at: int) -> None:
        await self._database.transact(lambda work: work.run(_SEE, at, session_id))

    async def end(self, user_id: int, session_id: str) -> bool:
        return bool(await self._database.transact(lambda work: work.run(_END, user_id, session_id)))

    async def end_all(self, user_id: int, *, besides: str) -> None:
        await self._database.transact(lambda work: work.run(_END_ALL, user_id, besides))


def _add(session: OpenSession, expired: int, work: Transaction) -> None:
    work.run(_SWEEP, expired)
    work.run(_ADD, *astuple(session))


def _read(statement: str, key: str | int, work: Transaction) -> list[OpenSession]:
    return [OpenSession(*row) for row in work.rows(statement, key)]
