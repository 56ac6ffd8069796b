"""Users in the table ``users``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from attrs import asdict, evolve, fields
from sqlalchemy import ColumnElement, Select, desc, func, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError

from oneapi.adapters.database.repositories.logs import add_log_rows
from oneapi.adapters.database.repositories.versions import ACCOUNTS, alone, bump
from oneapi.adapters.database.schema.amounts import raised
from oneapi.adapters.database.schema.tables import holds, tokens, users
from oneapi.adapters.database.schema.texts import encodable
from oneapi.adapters.database.sealing import Cipher
from oneapi.adapters.database.shown import ACCESS_TOKEN, TOKEN_KEY
from oneapi.domain.changes import UNSET, named
from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.errors.people import AlreadyBound, NameTaken
from oneapi.domain.people.user_names import forms_of
from oneapi.domain.people.users import EXTERNAL_FIELDS, Role, User, UserChanges, UserStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Column
    from sqlalchemy.ext.asyncio import AsyncConnection

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.domain.logs.rows import LogRow
    from oneapi.domain.people.users import Change, ExternalField, NewAccount

logger = logging.getLogger(__name__)

#: Columns by which administrators can sort.
_ORDERS = ("quota", "used_quota", "request_count")
_NOT_DELETED = func.coalesce(users.c.status, 0) != UserStatus.DELETED

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
    "github_account",
)
USER_COLUMNS = tuple(users.c[name] for name in _NAMES)
#: The column of each field of ``UserChanges``.
_COLUMN_OF = {
    "password_hash": users.c.password,
    **{field.name: users.c[field.name] for field in fields(UserChanges) if field.name != "password_hash"},
}
#: The sum of open holds on a user's quota.
HELD = (
    select(func.coalesce(func.sum(holds.c.amount), 0)).where(holds.c.user_id == users.c.id).scalar_subquery()
)
#: Users as they are shown, with held quota still included.
SHOWN_COLUMNS = tuple(
    (func.coalesce(column, 0) + HELD).label("quota") if column is users.c.quota else column
    for column in USER_COLUMNS
)
_NUMBERS = {"id", "role", "status", "quota", "used_quota", "request_count", "inviter_id"}
_IS_NUMBER = tuple(name in _NUMBERS for name in _NAMES)


def read_user(row: Sequence[Any]) -> User | None:
    """The user in a row of ``USER_COLUMNS``; None for a row of an outer join without a user."""
    if row[0] is None:
        return None
    values: list[Any] = [
        int(value or 0) if number else value or "" for value, number in zip(row, _IS_NUMBER, strict=True)
    ]
    return User(*values)


class SqlUserRepository:
    """Implements ``UserRepository``.

    Rows of a separate log database are written after the commit that they belong to, and lost if it is unavailable.
    """

    def __init__(
        self,
        database: Database,
        log_database: Database | None = None,
        cipher: Cipher | None = None,
        *,
        language: str = "zh",
    ) -> None:
        """``language`` is the language of the texts in the log."""
        self._database = database
        self._language = language
        self._cipher = cipher or Cipher()
        #: None if the log is in the main database.
        self._log_database = log_database if log_database is not database else None

    async def by_id(self, user_id: int) -> User | None:
        return await self._one(select(*SHOWN_COLUMNS).where(users.c.id == user_id))

    async def by_access_token(self, access_token: str) -> User | None:
        if not encodable(access_token):
            return None
        shown = [literal(text) for text in (access_token, *self._cipher.marks(access_token))]
        wanted = select(*USER_COLUMNS, *ACCESS_TOKEN.columns).where(ACCESS_TOKEN.found_by(shown))
        async with self._database.read() as connection:
            row = (await connection.execute(wanted)).first()
        if row is None or not ACCESS_TOKEN.is_in(row[-3:], access_token, self._cipher):
            return None
        return read_user(row[:-3])

    async def set_access_token(self, user_id: int, access_token: str) -> None:
        change = update(users).where(users.c.id == user_id).values(self._access_token(access_token))
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

    async def page(self, *, offset: int, limit: int, order: str) -> Sequence[User]:
        first = (desc(func.coalesce(users.c[order], 0)),) if order in _ORDERS else ()
        wanted = select(*SHOWN_COLUMNS).where(_NOT_DELETED).order_by(*first, desc(users.c.id))
        return await self._many(wanted.offset(offset).limit(limit))

    async def count(self) -> int:
        wanted = select(func.count()).select_from(users).where(_NOT_DELETED)
        async with self._database.read() as connection:
            return (await connection.execute(wanted)).scalar_one()

    async def search(self, keyword: str, *, limit: int) -> Sequence[User]:
        matches = [
            column.startswith(keyword, autoescape=True)
            for column in (users.c.username, users.c.email, users.c.display_name)
        ]
        if keyword.isascii() and keyword.isdigit() and len(keyword) < len(str(2**63)):
            matches.append(users.c.id == int(keyword))
        wanted = select(*SHOWN_COLUMNS).where(_NOT_DELETED, or_(*matches)).order_by(desc(users.c.id))
        return await self._many(wanted.limit(limit))

    async def name_taken(self, name: str) -> bool:
        async with self._database.read() as connection:
            return await _name_taken(connection, name)

    async def email_taken(self, email: str) -> bool:
        wanted = select(users.c.id).where(_has_email(email)).limit(1)
        async with self._database.read() as connection:
            return (await connection.execute(wanted)).first() is not None

    async def by_email(self, email: str) -> tuple[User, str] | None:
        enabled = users.c.status == UserStatus.ENABLED
        wanted = select(*USER_COLUMNS, users.c.password).where(_has_email(email), enabled)
        async with self._database.read() as connection:
            row = (await connection.execute(wanted.order_by(users.c.id).limit(1))).first()
        user = read_user(row[:-1]) if row is not None else None
        return (user, str(row[-1] or "")) if user is not None and row is not None else None

    async def replace_password(
        self, user_id: int, known: str, password_hash: str, *, access_token: str = ""
    ) -> bool:
        wanted = select(users.c.password).where(users.c.id == user_id).with_for_update()
        values = {users.c.password: password_hash}
        if access_token:
            values |= self._access_token(access_token)
        change = update(users).where(users.c.id == user_id).values(values)
        async with self._database.write() as connection:
            row = (await connection.execute(wanted)).first()
            if row is None or row[0] != known:
                return False
            await connection.execute(change)
        return True

    async def by_username(self, username: str) -> User | None:
        return await self._exactly("username", username)

    async def by_aff_code(self, aff_code: str) -> User | None:
        user = await self._exactly("aff_code", aff_code)
        return user if user is not None and user.status != UserStatus.DELETED else None

    async def by_external(self, field: ExternalField, value: str) -> User | None:
        return await self._exactly(field, value)

    async def add(self, account: NewAccount) -> User:
        try:
            async with self._database.write() as connection:
                made, log = await self._add(connection, account)
        except IntegrityError:
            if await self.by_login(account.user.username) is None:
                raise
            raise NameTaken from None
        await self._log_elsewhere(log)
        return made

    async def _add(self, connection: AsyncConnection, account: NewAccount) -> tuple[User, list[LogRow]]:
        user = account.user
        if account.inviter_bonus:
            richer = raised(users.c.quota, account.inviter_bonus)
            await connection.execute(update(users).where(users.c.id == user.inviter_id).values(quota=richer))
        await alone(connection, ACCOUNTS)
        await _check_name(connection, user.username)
        for field in EXTERNAL_FIELDS:
            if await _has_external(connection, field, getattr(user, field)):
                raise AlreadyBound
        values = asdict(user) | {"password": account.password_hash}
        values |= ACCESS_TOKEN.values(account.access_token, self._cipher)
        del values["id"]
        added = await connection.execute(insert(users).values(values))
        user = evolve(user, id=added.inserted_primary_key[0])  # type: ignore[index]
        token = asdict(account.token) | {"user_id": user.id}
        token |= TOKEN_KEY.values(account.token.key, self._cipher)
        del token["id"]
        await connection.execute(insert(tokens).values(token))
        log = [evolve(row, user_id=row.user_id or user.id) for row in account.log]
        await self._log_here(connection, log)
        if account.inviter_bonus:
            await bump(connection, ACCOUNTS)
        return user, log

    async def bind_external(self, user_id: int, field: ExternalField, value: str) -> bool:
        mine = select(users.c.id).where(users.c.id == user_id).with_for_update()
        async with self._database.write() as connection:
            if (await connection.execute(mine)).first() is None:
                return False
            await alone(connection, ACCOUNTS)
            if await _has_external(connection, field, value):
                return False
            await connection.execute(update(users).where(users.c.id == user_id).values({field: value}))
        return True

    async def amend(self, user_id: int, decide: Callable[[User], Change]) -> tuple[User, User] | None:
        alone_with = select(users.c.id).where(users.c.id == user_id).with_for_update()
        wanted = select(*SHOWN_COLUMNS).where(users.c.id == user_id)
        name = ""
        try:
            async with self._database.write() as connection:
                # Lock in a separate statement: the next one then sees the holds as the lock's previous owner left them.
                await connection.execute(alone_with)
                row = (await connection.execute(wanted)).first()
                before = read_user(row) if row is not None else None
                if before is None:
                    return None
                change = decide(before)
                name = change.changes.username or ""
                if name:
                    await alone(connection, ACCOUNTS)
                    await _check_name(connection, name, besides=user_id)
                if values := self._values(change.changes):
                    await connection.execute(update(users).where(users.c.id == user_id).values(values))
                    await bump(connection, ACCOUNTS)
                await self._log_here(connection, [change.log] if change.log else [])
                after = read_user((await connection.execute(wanted)).one())
        except IntegrityError:
            if not name:
                raise
            raise NameTaken from None
        await self._log_elsewhere([change.log] if change.log else [])
        return before, after or before

    def _access_token(self, access_token: str) -> dict[Column[Any], Any]:
        stored = ACCESS_TOKEN.values(access_token, self._cipher)
        return {users.c[name]: value for name, value in stored.items()}

    def _values(self, changes: UserChanges) -> dict[Column[Any], Any]:
        values = {_COLUMN_OF[field]: value for field, value in named(changes).items()}
        if changes.access_token:
            values |= self._access_token(changes.access_token)
        if changes.quota is not UNSET:  # the holds will be given back to it or charged
            values[users.c.quota] = values[users.c.quota] - HELD
        return values

    async def _many(self, wanted: Select[Any]) -> list[User]:
        async with self._database.read() as connection:
            found = [read_user(row) for row in await connection.execute(wanted)]
        return [user for user in found if user is not None]

    async def _exactly(self, column: str, value: str) -> User | None:
        """The first user with exactly this value; MySQL's collations also find others."""
        if not value or not encodable(value):
            return None
        wanted = select(*USER_COLUMNS, users.c[column]).where(users.c[column] == value).order_by(users.c.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(wanted)).all()
        return next((read_user(row[:-1]) for row in rows if row[-1] == value), None)

    async def _log_here(self, connection: AsyncConnection, rows: Sequence[LogRow]) -> None:
        if self._log_database is None:
            await add_log_rows(connection, rows, self._language)

    async def _log_elsewhere(self, rows: Sequence[LogRow]) -> None:
        if self._log_database is None or not rows:
            return
        try:
            async with self._log_database.write() as connection:
                await add_log_rows(connection, rows, self._language)
        except StorageUnavailable:
            logger.exception("the log lacks: %s", [row.event or row.content for row in rows])

    async def root_email(self) -> str:
        wanted = (
            select(users.c.email)
            .where(users.c.role >= Role.ROOT, users.c.status == UserStatus.ENABLED, users.c.email != "")
            .order_by(users.c.id)
            .limit(1)
        )
        async with self._database.read() as connection:
            return str((await connection.execute(wanted)).scalar() or "")

    async def _one(self, statement: Select[Any]) -> User | None:
        async with self._database.read() as connection:
            row = (await connection.execute(statement)).first()
        return read_user(row) if row is not None else None


async def _check_name(connection: AsyncConnection, name: str, *, besides: int = 0) -> None:
    if await _name_taken(connection, name, besides=besides):
        raise NameTaken


async def _name_taken(connection: AsyncConnection, name: str, *, besides: int = 0) -> bool:
    same = or_(func.lower(users.c.username).in_(forms_of(name)), users.c.email == name)
    other = select(users.c.id).where(same, users.c.id != besides).limit(1)
    return (await connection.execute(other)).first() is not None


def _has_email(email: str) -> ColumnElement[bool]:
    return func.lower(users.c.email) == email.lower()


async def _has_external(connection: AsyncConnection, field: ExternalField, value: str) -> bool:
    if not value:
        return False
    found = await connection.execute(select(users.c[field]).where(users.c[field] == value))
    return any(row[0] == value for row in found)
