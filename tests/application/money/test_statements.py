"""The remaining quota of users and tokens."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve

from oneapi.application.money.statements import Balance, Statements
from oneapi.domain.options import read_options
from oneapi.domain.people.tokens import NEVER, Token, TokenStatus
from oneapi.domain.people.users import Account, Role, User, UserStatus

DOLLAR = 500_000
USER = User(
    id=1, username="u", role=Role.COMMON, status=UserStatus.ENABLED, group="default", quota=2 * DOLLAR
)
TOKEN = Token(
    id=1,
    user_id=1,
    key="k",
    status=TokenStatus.ENABLED,
    name="t",
    expired_time=NEVER,
    remain_quota=DOLLAR,
    unlimited_quota=False,
)


class OneAccount:
    def __init__(self, account: Account) -> None:
        self.account = account
        self.settled = False

    async def account_by_key(self, _: str) -> Account:
        assert self.settled, "read before everything was settled"
        return self.account

    async def flush(self) -> None:
        self.settled = True


@pytest.mark.parametrize(
    ("token", "quota", "balance"),
    [
        (TOKEN, 2 * DOLLAR, Balance(1.0, active=True)),
        (TOKEN, DOLLAR // 2, Balance(0.5, active=True)),
        (evolve(TOKEN, unlimited_quota=True), 2 * DOLLAR, Balance(2.0, active=True)),
        (TOKEN, 0, Balance(0.0, active=False)),
        (TOKEN, -5, Balance(0.0, active=False)),
        (evolve(TOKEN, remain_quota=0), DOLLAR, Balance(0.0, active=False)),
        (evolve(TOKEN, expired_time=99), DOLLAR, Balance(1.0, active=False)),
        (evolve(TOKEN, status=TokenStatus.EXHAUSTED), DOLLAR, Balance(1.0, active=False)),
    ],
)
async def test_the_balance_is_what_the_next_request_may_cost(
    token: Token, quota: int, balance: Balance
) -> None:
    world: Any = OneAccount(Account(token, evolve(USER, quota=quota)))
    catalog: Any = SimpleNamespace(current=SimpleNamespace(options=read_options({})))
    statements = Statements(catalog, world, world, clock=lambda: 100.0)

    assert await statements.balance(Account(TOKEN, USER)) == balance
