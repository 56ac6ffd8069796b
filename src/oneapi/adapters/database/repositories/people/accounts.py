"""Accounts for authentication: a token and its owner, read in one statement."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve
from sqlalchemy import bindparam, func, select, update

from oneapi.adapters.database.repositories.people.tokens import TOKEN_COLUMNS, read_token
from oneapi.adapters.database.repositories.people.users import USER_COLUMNS, read_user
from oneapi.adapters.database.schema.tables import holds, tokens, users
from oneapi.adapters.database.schema.texts import encodable
from oneapi.adapters.database.sealing import Cipher
from oneapi.adapters.database.shown import TOKEN_KEY
from oneapi.domain.people.tokens import TokenStatus
from oneapi.domain.people.users import Account, User, UserStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sqlalchemy import ColumnElement

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.adapters.database.connection.transaction import Transaction

_WIDTH = len(TOKEN_COLUMNS)
_ACCOUNT = select(
    *TOKEN_COLUMNS,
    *(column.label(f"user_{column.name}") for column in USER_COLUMNS),
    tokens.c.key_hash,
).select_from(tokens.outerjoin(users, users.c.id == tokens.c.user_id))


class SqlAccountReader:
    """Implements ``AccountReader``."""

    def __init__(self, database: Database, cipher: Cipher | None = None) -> None:
        self._database = database
        self._cipher = cipher or Cipher()
        shown: list[ColumnElement[str]] = [
            bindparam("shown"),
            *(bindparam(f"mark_{name}") for name in self._cipher.names),
        ]
        self._statement = database.spelled(_ACCOUNT.where(TOKEN_KEY.found_by(shown)))

    async def account_by_key(self, key: str) -> Account | None:
        if not encodable(key):
            return None
        marks = self._cipher.marks(key)
        rows = await self._database.look(partial(_rows, self._statement, (key, *marks)))
        for row in rows:
            token, mark = read_token(row[:_WIDTH]), row[-1]
            if (
                mark in marks if mark else token.key == key
            ):  # MySQL's collations match keys regardless of case
                user = read_user(row[_WIDTH:-1]) or _nobody(token.user_id)
                return Account(evolve(token, key=key) if mark else token, user)
        return None

    async def set_token_status(self, token_id: int, status: int) -> bool:
        held = select(holds.c.request_id).where(holds.c.token_id == token_id, holds.c.token_limited)
        statement = (
            update(tokens)
            .where(tokens.c.id == token_id, func.coalesce(tokens.c.status, 0) == TokenStatus.ENABLED)
            .values(status=status)
        )
        async with self._database.write() as connection:
            if (
                status == TokenStatus.EXHAUSTED
                and (await connection.execute(held.limit(1))).first() is not None
            ):
                return False
            await connection.execute(statement)
        return True


def _rows(statement: str, shown: Sequence[str], work: Transaction) -> Sequence[Sequence[Any]]:
    return work.rows(statement, *shown)


def _nobody(user_id: int) -> User:
    return User(id=user_id, username="", role=0, status=UserStatus.DELETED, group="", quota=0)
