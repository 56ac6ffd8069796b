"""The table of tokens in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field

from oneapi.domain.changes import named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from oneapi.domain.people.tokens import Token, TokenChanges

_ORDERS: dict[str, Callable[[Token], tuple[int, ...]]] = {
    "remain_quota": lambda token: (token.unlimited_quota, token.remain_quota, token.id),
    "used_quota": lambda token: (token.used_quota, token.id),
}


@define
class FakeTokens:
    """``longest`` empty: as SQLite, which bounds no text."""

    rows: dict[int, Token] = field(factory=dict)
    longest: Mapping[str, int] = field(factory=dict)

    async def page(self, user_id: int, *, offset: int, limit: int, order: str) -> Sequence[Token]:
        by = _ORDERS.get(order, lambda token: (token.id,))
        return sorted(self._of(user_id), key=by, reverse=True)[offset : offset + limit]

    async def count(self, user_id: int) -> int:
        return len(self._of(user_id))

    async def search(self, user_id: int, keyword: str) -> Sequence[Token]:
        return [token for token in self._of(user_id) if token.name.lower().startswith(keyword.lower())]

    async def get(self, user_id: int, token_id: int) -> Token | None:
        token = self.rows.get(token_id)
        return token if token is not None and token.user_id == user_id else None

    async def add(self, token: Token) -> Token:
        stored = evolve(token, id=max(self.rows, default=0) + 1)
        self.rows[stored.id] = stored
        return stored

    async def update(
        self, user_id: int, token_id: int, changes: TokenChanges, *, granted: int = 0
    ) -> Token | None:
        token = await self.get(user_id, token_id)
        if token is None:
            return None
        changed = evolve(token, **named(changes))
        self.rows[token_id] = evolve(changed, remain_quota=changed.remain_quota + granted)
        return self.rows[token_id]

    async def delete(self, user_id: int, token_id: int) -> bool:
        if await self.get(user_id, token_id) is None:
            return False
        del self.rows[token_id]
        return True

    def _of(self, user_id: int) -> list[Token]:
        return [token for token in self.rows.values() if token.user_id == user_id]
