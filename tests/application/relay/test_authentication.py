"""Tokens that are refused, and tokens whose whole remainder is held."""

from __future__ import annotations

import pytest
from attrs import define, evolve

from oneapi.application.relay.authentication import Authenticator
from oneapi.domain.errors import TokenExhausted, TokenExpired, TokenRefused, TokenSpent
from oneapi.domain.people.tokens import Token, TokenStatus
from oneapi.domain.people.users import Account, User

TOKEN = Token(7, 1, "k", TokenStatus.ENABLED, "t", -1, 0, unlimited_quota=False)
USER = User(1, "u", 1, 1, "default", 1000)


@define
class Reader:
    """A reader of one token. If ``held``, open requests hold its remainder."""

    token: Token
    held: bool

    async def account_by_key(self, key: str) -> Account | None:
        return Account(self.token, USER) if key == self.token.key else None

    async def set_token_status(self, token_id: int, status: int) -> bool:
        if status == TokenStatus.EXHAUSTED and self.held:
            return False
        assert token_id == self.token.id
        self.token = evolve(self.token, status=status)
        return True


async def refusals(reader: Reader) -> list[type[TokenRefused] | None]:
    found: list[type[TokenRefused] | None] = []
    authenticator = Authenticator(reader, observe=lambda _: None, clock=lambda: 1000.0, outage_grace=0)
    for _ in range(3):
        try:
            await authenticator.caller("Bearer sk-k", "127.0.0.1")
        except TokenRefused as refusal:
            found.append(type(refusal))
        else:
            found.append(None)
    return found


async def test_a_spent_token_is_refused_and_marked() -> None:
    assert await refusals(Reader(TOKEN, held=False)) == [TokenSpent, TokenExhausted, TokenExhausted]


async def test_a_token_whose_whole_remainder_is_held_is_admitted() -> None:
    reader = Reader(TOKEN, held=True)
    assert await refusals(reader) == [None, None, None]
    assert reader.token.status == TokenStatus.ENABLED


@pytest.mark.parametrize("held", [True, False])
async def test_an_expired_token_is_refused_in_any_case(*, held: bool) -> None:
    reader = Reader(evolve(TOKEN, expired_time=5, remain_quota=9), held)
    assert await refusals(reader) == [TokenExpired] * 3
    assert reader.token.status == TokenStatus.EXPIRED
