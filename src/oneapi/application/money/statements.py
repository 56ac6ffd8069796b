"""OpenAI's old billing dashboard: what a token, or its owner, may spend and has spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from oneapi.application.catalog import Catalog
    from oneapi.application.money.ledger import Ledger
    from oneapi.application.ports import AccountReader
    from oneapi.domain.users import Account

#: What an unlimited token shows as its limit.
UNLIMITED = 100_000_000


@frozen
class Subscription:
    """What may be spent in all, and until when (unix seconds; 0: for ever)."""

    limit: float
    until: int


class Statements:
    """The figures of the account, in dollars or quota units as the operator chose."""

    def __init__(self, catalog: Catalog, reader: AccountReader, ledger: Ledger) -> None:
        self._catalog = catalog
        self._reader = reader
        self._ledger = ledger

    async def subscription(self, account: Account) -> Subscription:
        account = await self._current(account)
        token, user = account.token, account.user
        if self._catalog.current.options.display_token_stat_enabled:
            quota, until = token.remain_quota + token.used_quota, max(token.expired_time, 0)
            return Subscription(UNLIMITED if token.unlimited_quota else self._shown(quota), until)
        return Subscription(self._shown(user.quota + user.used_quota), 0)

    async def usage(self, account: Account) -> float:
        """What has been spent."""
        account = await self._current(account)
        by_token = self._catalog.current.options.display_token_stat_enabled
        used = account.token.used_quota if by_token else account.user.used_quota
        return self._shown(used)

    async def _current(self, account: Account) -> Account:
        await self._ledger.flush()
        return await self._reader.account_by_key(account.token.key) or account

    def _shown(self, quota: int) -> float:
        options = self._catalog.current.options
        if options.display_in_currency_enabled:
            return float(quota / options.quota_per_unit)
        return quota
