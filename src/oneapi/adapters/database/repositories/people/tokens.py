"""API tokens in the table ``tokens``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve
from sqlalchemy import Select, delete, desc, func, insert, select, update

from oneapi.adapters.database.repositories.versions import ACCOUNTS, bump
from oneapi.adapters.database.schema.amounts import raised
from oneapi.adapters.database.schema.tables import holds, tokens
from oneapi.adapters.database.schema.texts import lengths
from oneapi.adapters.database.sealing import Cipher
from oneapi.adapters.database.shown import TOKEN_KEY
from oneapi.domain.changes import named
from oneapi.domain.people.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.domain.people.tokens import TokenChanges

TOKEN_COLUMNS = (
    tokens.c.id,
    tokens.c.user_id,
    tokens.c.key,
    tokens.c.status,
    tokens.c.name,
    tokens.c.expired_time,
    tokens.c.remain_quota,
    tokens.c.unlimited_quota,
    tokens.c.used_quota,
    tokens.c.created_time,
    tokens.c.accessed_time,
    tokens.c.models,
    tokens.c.subnet,
    tokens.c.stores_responses,
)
#: The sum of open holds on a limited token's remainder.
HELD = (
    select(func.coalesce(func.sum(func.coalesce(holds.c.token_amount, holds.c.amount)), 0))
    .where(holds.c.token_id == tokens.c.id, holds.c.token_limited)
    .scalar_subquery()
)
#: Tokens as users see them, with held quota still included.
SHOWN_COLUMNS = tuple(
    (func.coalesce(column, 0) + HELD).label("remain_quota") if column is tokens.c.remain_quota else column
    for column in TOKEN_COLUMNS
)

#: The columns of the key once more, under labels that do not collide with ``key``.
_KEY = tuple(column.label(f"shown_{column.name}") for column in TOKEN_KEY.columns)


def read_token(row: Sequence[Any]) -> Token:
    """The token in a row of ``TOKEN_COLUMNS``; PostgreSQL pads keys with spaces, and older releases left NULLs."""
    (
        number,
        user,
        key,
        status,
        name,
        expires,
        remain,
        unlimited,
        used,
        made,
        seen,
        models,
        subnet,
        stores,
    ) = row
    return Token(
        id=number,
        user_id=user or 0,
        key=(key or "").rstrip(),
        status=status or 0,
        name=name or "",
        expired_time=expires or 0,
        remain_quota=int(remain or 0),
        unlimited_quota=bool(unlimited),
        used_quota=int(used or 0),
        created_time=made or 0,
        accessed_time=seen or 0,
        models=models,
        subnet=subnet,
        stores_responses=stores is None or bool(stores),
    )


class SqlTokenRepository:
    """Implements ``TokenRepository``; keys are sealed by ``cipher``."""

    def __init__(self, database: Database, cipher: Cipher | None = None) -> None:
        self._database = database
        self._cipher = cipher or Cipher()

    @property
    def longest(self) -> Mapping[str, int]:
        return lengths(self._database.product, TOKEN_COLUMNS)

    async def page(self, user_id: int, *, offset: int, limit: int, order: str) -> Sequence[Token]:
        ordering = {
            "remain_quota": (desc(tokens.c.unlimited_quota), desc(tokens.c.remain_quota)),
            "used_quota": (desc(tokens.c.used_quota),),
        }.get(order, ())
        wanted = _of(user_id).order_by(*ordering, desc(tokens.c.id)).offset(offset).limit(limit)
        return await self._many(wanted)

    async def count(self, user_id: int) -> int:
        wanted = select(func.count()).select_from(tokens).where(tokens.c.user_id == user_id)
        async with self._database.read() as connection:
            return (await connection.execute(wanted)).scalar_one()

    async def search(self, user_id: int, keyword: str) -> Sequence[Token]:
        return await self._many(_of(user_id).where(tokens.c.name.startswith(keyword, autoescape=True)))

    async def get(self, user_id: int, token_id: int) -> Token | None:
        found = await self._many(_of(user_id).where(tokens.c.id == token_id))
        return found[0] if found else None

    async def add(self, token: Token) -> Token:
        values = {name: value for name, value in asdict(token).items() if name != "id"}
        values |= TOKEN_KEY.values(token.key, self._cipher)
        async with self._database.write() as connection:
            made = await connection.execute(insert(tokens).values(values))
            await bump(connection, ACCOUNTS)
            number = made.inserted_primary_key[0]  # type: ignore[index]
            row = (await connection.execute(_of(token.user_id).where(tokens.c.id == number))).one()
        return self._read(row)

    async def update(
        self, user_id: int, token_id: int, changes: TokenChanges, *, granted: int = 0
    ) -> Token | None:
        mine = (tokens.c.id == token_id, tokens.c.user_id == user_id)
        columns = named(changes)
        if granted:
            columns["remain_quota"] = raised(tokens.c.remain_quota, granted)
        elif "remain_quota" in columns:  # the holds will be given back to it or charged
            columns["remain_quota"] = columns["remain_quota"] - HELD
        async with self._database.write() as connection:
            if columns:
                # Lock in a separate statement: the next one then sees the holds as the lock's previous owner left them.
                await connection.execute(select(tokens.c.id).where(*mine).with_for_update())
                await connection.execute(update(tokens).where(*mine).values(columns))
            row = (await connection.execute(_of(user_id).where(tokens.c.id == token_id))).first()
            await bump(connection, ACCOUNTS)
        return self._read(row) if row is not None else None

    async def delete(self, user_id: int, token_id: int) -> bool:
        mine = (tokens.c.id == token_id, tokens.c.user_id == user_id)
        async with self._database.write() as connection:
            gone = await connection.execute(delete(tokens).where(*mine))
            await bump(connection, ACCOUNTS)
        return bool(gone.rowcount)

    async def _many(self, statement: Select[Any]) -> list[Token]:
        async with self._database.read() as connection:
            return [self._read(row) for row in await connection.execute(statement)]

    def _read(self, row: Sequence[Any]) -> Token:
        *columns, clear, mark, sealed = row
        token = read_token(columns)
        return evolve(token, key=TOKEN_KEY.read_or_hide((clear, mark, sealed), self._cipher, token.id))


def _of(user_id: int) -> Select[Any]:
    return select(*SHOWN_COLUMNS, *_KEY).where(tokens.c.user_id == user_id)
