"""The table of users in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from oneapi.domain.changes import named
from oneapi.domain.errors.people import AlreadyBound, NameTaken
from oneapi.domain.people.user_names import forms_of
from oneapi.domain.people.users import EXTERNAL_FIELDS, Change, NewAccount, Role, User, UserStatus
from tests.fakes.operations.logs import FakeLogs
from tests.fakes.people.tokens import FakeTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.domain.people.users import ExternalField


@define
class FakeUsers:
    """``hashes`` and ``access_tokens`` are by user id; tokens and log rows of users are in ``tokens`` and ``logs``."""

    tokens: FakeTokens = field(factory=FakeTokens)
    logs: FakeLogs = field(factory=FakeLogs)
    rows: dict[int, User] = field(factory=dict)
    hashes: dict[int, str] = field(factory=dict)
    access_tokens: dict[int, str] = field(factory=dict)

    def put(self, user_id: int, username: str, role: int = Role.COMMON, *, password_hash: str = "") -> User:
        """An enabled user with the access token ``access-<id>``."""
        user = User(user_id, username, role, UserStatus.ENABLED, "default", quota=1000, display_name=username)
        self.rows[user_id] = user
        self.hashes[user_id] = password_hash or f"hash-of-{user_id}"
        self.access_tokens[user_id] = f"access-{user_id}"
        return user

    def change(self, user_id: int, **fields: Any) -> None:
        """Change a row directly, without any notification."""
        self.rows[user_id] = evolve(self.rows[user_id], **fields)

    async def by_id(self, user_id: int) -> User | None:
        return self.rows.get(user_id)

    async def by_login(self, name: str) -> tuple[User, str] | None:
        for attribute in ("username", "email"):
            for user in self.rows.values():
                if getattr(user, attribute) == name:
                    return user, self.hashes[user.id]
        return None

    async def by_access_token(self, access_token: str) -> User | None:
        owners = (number for number, kept in self.access_tokens.items() if kept == access_token)
        return self.rows.get(next(owners, 0))

    async def set_access_token(self, user_id: int, access_token: str) -> None:
        self.access_tokens[user_id] = access_token

    async def credentials(self, user_id: int) -> tuple[User, str] | None:
        user = self.rows.get(user_id)
        return (user, self.hashes[user_id]) if user is not None else None

    async def root_email(self) -> str:
        roots = (user for _, user in sorted(self.rows.items()) if user.role >= Role.ROOT and user.enabled)
        return next((user.email for user in roots if user.email), "")

    async def names(self, user_ids: Sequence[int]) -> Mapping[int, str]:
        return {number: self.rows[number].username for number in user_ids if number in self.rows}

    async def page(self, *, offset: int, limit: int, order: str) -> Sequence[User]:
        first = order if order in ("quota", "used_quota", "request_count") else "id"
        found = sorted(self._kept(), key=lambda user: (getattr(user, first), user.id), reverse=True)
        return found[offset : offset + limit]

    async def count(self) -> int:
        return len(self._kept())

    async def search(self, keyword: str, *, limit: int) -> Sequence[User]:
        def matches(user: User) -> bool:
            texts = (user.username, user.email, user.display_name)
            return str(user.id) == keyword or any(text.lower().startswith(keyword.lower()) for text in texts)

        found = sorted(filter(matches, self._kept()), key=lambda user: user.id, reverse=True)
        return found[:limit]

    async def name_taken(self, name: str) -> bool:
        return self._taken(name)

    async def email_taken(self, email: str) -> bool:
        return any(user.email.lower() == email.lower() for user in self.rows.values())

    async def by_email(self, email: str) -> tuple[User, str] | None:
        for user in sorted(self.rows.values(), key=lambda user: user.id):
            if user.enabled and user.email.lower() == email.lower():
                return user, self.hashes[user.id]
        return None

    async def replace_password(
        self, user_id: int, known: str, password_hash: str, *, access_token: str = ""
    ) -> bool:
        if self.hashes.get(user_id) != known:
            return False
        self.hashes[user_id] = password_hash
        if access_token:
            self.access_tokens[user_id] = access_token
        return True

    async def by_username(self, username: str) -> User | None:
        return self._first("username", username)

    async def by_aff_code(self, aff_code: str) -> User | None:
        user = self._first("aff_code", aff_code)
        return user if user is not None and user.status != UserStatus.DELETED else None

    async def by_external(self, field: ExternalField, value: str) -> User | None:
        return self._first(field, value)

    async def add(self, account: NewAccount) -> User:
        self._check_name(account.user.username)
        if any(self._first(name, getattr(account.user, name)) for name in EXTERNAL_FIELDS):
            raise AlreadyBound
        user = evolve(account.user, id=max(self.rows, default=0) + 1)
        self.rows[user.id] = user
        self.hashes[user.id] = account.password_hash
        self.access_tokens[user.id] = account.access_token
        await self.tokens.add(evolve(account.token, user_id=user.id))
        if account.inviter_bonus:
            self.change(user.inviter_id, quota=self.rows[user.inviter_id].quota + account.inviter_bonus)
        for row in account.log:
            await self.logs.add(evolve(row, user_id=row.user_id or user.id))
        return user

    async def bind_external(self, user_id: int, field: ExternalField, value: str) -> bool:
        if self._first(field, value) is not None or user_id not in self.rows:
            return False
        self.change(user_id, **{field: value})
        return True

    async def amend(self, user_id: int, decide: Callable[[User], Change]) -> tuple[User, User] | None:
        before = self.rows.get(user_id)
        if before is None:
            return None
        change = decide(before)
        values = named(change.changes)
        if "username" in values:
            self._check_name(values["username"], besides=user_id)
        self.hashes[user_id] = values.pop("password_hash", self.hashes[user_id])
        if "access_token" in values:
            self.access_tokens[user_id] = values.pop("access_token")
        self.change(user_id, **values)
        if change.log is not None:
            await self.logs.add(change.log)
        return before, self.rows[user_id]

    def _first(self, attribute: str, value: str) -> User | None:
        return next(
            (user for user in self.rows.values() if value and getattr(user, attribute) == value), None
        )

    def _kept(self) -> list[User]:
        return [user for user in self.rows.values() if user.status != UserStatus.DELETED]

    def _check_name(self, name: str, *, besides: int = 0) -> None:
        if self._taken(name, besides=besides):
            raise NameTaken

    def _taken(self, name: str, *, besides: int = 0) -> bool:
        forms = forms_of(name)
        return any(
            user.id != besides and (user.username.lower() in forms or user.email == name)
            for user in self.rows.values()
        )
