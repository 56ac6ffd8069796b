"""Accounts in the table ``users``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select, update

from oneapi.adapters.database.tables import users
from oneapi.adapters.database.texts import encodable
from oneapi.domain.users import User

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.adapters.database.engine import Database

_NAMES = (
    "id",
    "username",
    "role",
    "status",
    "group",
    "quota",
    "used_quota",
    "request_count",
    "display_name",
    "email",
    "github_id",
    "wechat_id",
    "lark_id",
    "oidc_id",
    "aff_code",
    "inviter_id",
)
USER_COLUMNS = tuple(users.c[name] for name in _NAMES)
_NUMBERS = {"id", "role", "status", "quota", "used_quota", "request_count", "inviter_id"}
_IS_NUMBER = tuple(name in _NUMBERS for name in _NAMES)


def read_user(row: Sequence[Any]) -> User | None:
    """The user of a row of ``USER_COLUMNS``; None for the row of an outer join that found nobody."""
    if row[0] is None:
        return None
    values: list[Any] = [
        int(value or 0) if number else value or "" for value, number in zip(row, _IS_NUMBER, strict=True)
    ]
    return User(*values)


class SqlUserRepository:
    """Implements ``UserRepository``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_id(self, user_id: int) -> User | None:
        return await self._one(select(*USER_COLUMNS).where(users.c.id == user_id))

    async def by_access_token(self, access_token: str) -> User | None:
        if not encodable(access_token):
            return None
        wanted = select(*USER_COLUMNS, users.c.access_token).where(users.c.access_token == access_token)
        async with self._database.read() as connection:
            row = (await connection.execute(wanted)).first()
        if row is None or str(row[-1]).rstrip() != access_token:
            return None
        return read_user(row[:-1])

    async def set_access_token(self, user_id: int, access_token: str) -> None:
        change = update(users).where(users.c.id == user_id).values(access_token=access_token)
        async with self._database.write() as connection:
            await connection.execute(change)

    async def by_login(self, name: str) -> tuple[User, str] | None:
        if not encodable(name):
            return None
        columns = select(*USER_COLUMNS, users.c.password)
        async with self._database.read() as connection:
            row = (await connection.execute(columns.where(users.c.username == name))).first()
            if row is None:
                row = (await connection.execute(columns.where(users.c.email == name).limit(1))).first()
        user = read_user(row[:-1]) if row is not None else None
        return (user, str(row[-1] or "")) if user is not None and row is not None else None

    async def credentials(self, user_id: int) -> tuple[User, str] | None:
        wanted = select(*USER_COLUMNS, users.c.password).where(users.c.id == user_id)
        async with self._database.read() as connection:
            row = (await connection.execute(wanted)).first()
        user = read_user(row[:-1]) if row is not None else None
        return (user, str(row[-1] or "")) if user is not None and row is not None else None

    async def names(self, user_ids: Sequence[int]) -> Mapping[int, str]:
        wanted = select(users.c.id, users.c.username).where(users.c.id.in_(user_ids))
        async with self._database.read() as connection:
            return {row[0]: row[1] or "" for row in await connection.execute(wanted)}

    async def _one(self, statement: Select[Any]) -> User | None:
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).first()
        return read_user(row) if row is not None else None
