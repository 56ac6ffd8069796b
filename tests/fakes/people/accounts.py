"""What authentication of the relay reads, from the tables of tokens and users in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from oneapi.domain.people.tokens import TokenStatus
from oneapi.domain.people.users import Account

if TYPE_CHECKING:
    from tests.fakes.people.tokens import FakeTokens
    from tests.fakes.people.users import FakeUsers


@frozen
class FakeAccounts:
    tokens: FakeTokens
    users: FakeUsers

    async def account_by_key(self, key: str) -> Account | None:
        for token in self.tokens.rows.values():
            if token.key == key:
                return Account(token, self.users.rows[token.user_id])
        return None

    async def set_token_status(self, token_id: int, status: int) -> bool:
        token = self.tokens.rows[token_id]
        if token.status == TokenStatus.ENABLED:
            self.tokens.rows[token_id] = evolve(token, status=status)
        return True
