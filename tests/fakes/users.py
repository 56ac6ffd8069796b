"""The table of users in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, evolve, field

from oneapi.domain.users import Role, User, UserStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@define
class FakeUsers:
    """``hashes`` and ``access_tokens`` by user id."""

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

    async def names(self, user_ids: Sequence[int]) -> Mapping[int, str]:
        return {number: self.rows[number].username for number in user_ids if number in self.rows}
