"""A user's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.ledger import Ledger
    from oneapi.application.ports import UserRepository
    from oneapi.domain.users import User


class OwnAccount:
    """Balances include everything that this process has settled."""

    def __init__(self, users: UserRepository, ledger: Ledger, *, new_access_token: Callable[[], str]) -> None:
        self._users = users
        self._ledger = ledger
        self._new_access_token = new_access_token

    async def current(self, user: User) -> User:
        await self._ledger.flush()
        return await self._users.by_id(user.id) or user

    async def renew_access_token(self, user: User) -> str:
        """The new token for the admin API; the one before stops working at once."""
        access_token = self._new_access_token()
        await self._users.set_access_token(user.id, access_token)
        return access_token
