"""Statements: what a token or its owner can spend and has spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import TokenRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.catalog import Catalog
    from oneapi.application.money.ledger import Ledger
    from oneapi.application.ports.people import AccountReader
    from oneapi.domain.people.users import Account

#: The limit shown for an unlimited token.
UNLIMITED = 100_000_000


@frozen
class Subscription:
    """The total that may be spent, and until when (unix seconds; 0: no expiry)."""

    limit: float
    until: int


@frozen
class Balance:
    """A balance in ``dollars``; ``active``: whether the token can still make requests."""

    dollars: float
    active: bool


class Statements:
    """Figures of an account, including everything that this process has settled.

    For OpenAI's old billing dashboard they are in dollars or quota units, as the operator chose.
    """

    def __init__(
        self, catalog: Catalog, reader: AccountReader, ledger: Ledger, *, clock: Callable[[], float]
    ) -> None:
        self._catalog = catalog
        self._reader = reader
        self._ledger = ledger
        self._clock = clock

    async def subscription(self, account: Account) -> Subscription:
        account = await self.current(account)
        token, user = account.token, account.user
        if self._catalog.current.options.display_token_stat_enabled:
            quota, until = token.remain_quota + token.used_quota, max(token.expired_time, 0)
            return Subscription(UNLIMITED if token.unlimited_quota else self._shown(quota), until)
        return Subscription(self._shown(user.quota + user.used_quota), 0)

    async def usage(self, account: Account) -> float:
        """The amount spent."""
        account = await self.current(account)
        by_token = self._catalog.current.options.display_token_stat_enabled
        used = account.token.used_quota if by_token else account.user.used_quota
        return self._shown(used)

    async def balance(self, account: Account) -> Balance:
        """The rest of the user's quota, or of the token's if that is less."""
        account = await self.current(account)
        token, left = account.token, account.user.quota
        if not token.unlimited_quota:
            left = min(left, token.remain_quota)
        dollars = float(max(left, 0) / self._catalog.current.options.quota_per_unit)
        try:
            token.check_usable(self._clock())
        except TokenRefused:
            return Balance(dollars, active=False)
        return Balance(dollars, active=left > 0)

    async def current(self, account: Account) -> Account:
        """``account`` as currently stored."""
        await self._ledger.flush()
        return await self._reader.account_by_key(account.token.key) or account

    def _shown(self, quota: int) -> float:
        options = self._catalog.current.options
        if options.display_in_currency_enabled:
            return float(quota / options.quota_per_unit)
        return quota
