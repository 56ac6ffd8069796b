"""A user's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oneapi.application.ledger import Ledger
    from oneapi.application.ports import UserRepository
    from oneapi.domain.users import User


class OwnAccount:
    """Balances include everything that this process has settled."""

    def __init__(self, users: UserRepository, ledger: Ledger) -> None:
        self._users = users
        self._ledger = ledger

    async def current(self, user: User) -> User:
        await self._ledger.flush()
        return await self._users.by_id(user.id) or user
