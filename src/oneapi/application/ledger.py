"""The ledger: every request takes a hold, and ends it once, by a settlement or a release.

Cache hard while rich, check hard while poor: a hold that is small beside the balance lives in this process's memory;
one that is not is taken from the balance in the database at once. Settlements are durable in the spool before the
answer ends, and reach the database in group commits by one writer per process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from typing import TYPE_CHECKING

from attrs import define, evolve, frozen

from oneapi.domain.errors import (
    Overloaded,
    StorageUnavailable,
    TokenQuotaExhausted,
    UserQuotaExhausted,
)
from oneapi.domain.quota import Batch, Hold, Settlement, may_hold_in_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from oneapi.application.ports import AccountReader, LedgerStore, Spool
    from oneapi.domain.tokens import Account

logger = logging.getLogger(__name__)

#: A hold in memory that is older gets a row in the database, so that other processes see it.
PROMOTE_AFTER = 1.0
#: ... unless the balance is so many times larger that no number of open requests could matter.
PROMOTE_BELOW = 65536
#: Seconds for which a stored hold outlives its process; long, because the clocks of nodes may differ by minutes.
LEASE = 900
RENEW_EVERY = 60.0
RETRY_EVERY = 0.5
#: After a quiet time the writer waits only so long for company.
FIRST_DELAY = 0.005
#: Balances remembered; beyond that the idle ones are forgotten (the next request reads them again).
MAX_WALLETS = 50_000


@frozen
class LedgerLimits:
    """``interval``: seconds between commits under load; ``max_pending``: settlements kept during an outage."""

    interval: float = 0.1
    max_pending: int = 100_000


@define
class Wallet:
    """One balance as this process knows it.

    ``balance`` is what the database held when last seen; ``exposure`` what this process admitted in memory and has not
    written there yet.
    """

    balance: int
    exposure: int = 0

    def covers(self, amount: int) -> bool:
        return may_hold_in_memory(self.balance, self.exposure, amount)


class Ledger:
    """Holds, settlements and releases of this process, and the writer that commits them."""

    def __init__(
        self,
        store: LedgerStore,
        reader: AccountReader,
        spool: Spool,
        *,
        clock: Callable[[], float],
        limits: LedgerLimits,
    ) -> None:
        self._store = store
        self._reader = reader
        self._spool = spool
        self._clock = clock
        self._limits = limits
        self._users: dict[int, Wallet] = {}
        self._tokens: dict[int, Wallet] = {}
        self._open: dict[str, Hold] = {}
        self._settled: list[Settlement] = []
        self._released: list[Hold] = []
        self._wake = asyncio.Event()
        self._commit_lock = asyncio.Lock()
        self._failed: _Sealed | None = None
        self._reserving: set[asyncio.Task[bool]] = set()
        self._last_commit = 0.0
        self._last_renewal = 0.0
        self._closing = False
        #: Called after each commit with balances by user id: as they were last seen here, and as it left them.
        self.on_balances: Callable[[Mapping[int, int], Mapping[int, int]], None] = _unwatched

    # --- what a request does -------------------------------------------------------------------

    def observe(self, account: Account) -> None:
        """The balances of ``account`` have just been read from the database."""
        self._wallet(self._users, account.user.id, account.user.quota).balance = account.user.quota
        token = account.token
        if not token.unlimited_quota:
            self._wallet(self._tokens, token.id, token.remain_quota).balance = token.remain_quota

    async def hold(self, request_id: str, account: Account, amount: int) -> Hold:
        """Set ``amount`` aside. Raises a QuotaError, or StorageUnavailable / Overloaded when it cannot be decided."""
        if len(self._settled) >= self._limits.max_pending:
            raise Overloaded
        token = account.token
        hold = Hold(
            request_id=request_id,
            user_id=account.user.id,
            token_id=token.id,
            token_limited=not token.unlimited_quota,
            amount=amount,
            opened_at=self._clock(),
        )
        wallets = self._wallets(hold, account)
        if wallets[0].covers(amount) and wallets[-1].covers(amount):
            for wallet in wallets:
                wallet.exposure += amount
        else:
            hold = evolve(hold, stored=True)
            if not await self._reserve(hold, account):
                raise await self._shortage(account, amount)
        self._open[request_id] = hold
        return hold

    def settle(self, settlement: Settlement) -> None:
        """End the hold of ``settlement.request_id`` by a charge; durable on return. ``held`` is filled in here."""
        hold = self._open.pop(settlement.request_id)
        if hold.stored:
            settlement = evolve(settlement, held=hold.amount)
        self._spool.append(settlement)
        uncovered = max(0, settlement.amount - hold.amount) if hold.stored else settlement.amount
        taken = 0 if hold.stored else hold.amount
        for wallet in self._wallets(hold):
            wallet.exposure += uncovered - taken
        self._settled.append(settlement)
        self._wake.set()

    def release(self, hold: Hold) -> None:
        """End ``hold`` without a charge."""
        current = self._open.pop(hold.request_id)
        if current.stored:
            self._released.append(current)
            self._wake.set()
            return
        for wallet in self._wallets(current):
            wallet.exposure -= current.amount

    # --- the writer ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Commit what was settled and released, until ``close``."""
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), PROMOTE_AFTER)
            pause = max(FIRST_DELAY, self._last_commit + self._limits.interval - self._clock())
            await asyncio.sleep(min(pause, self._limits.interval))
            try:
                await self.flush()
            except StorageUnavailable as error:
                logger.warning("settlements wait for the database (%d): %s", self.pending, error)
                await asyncio.sleep(RETRY_EVERY)

    async def flush(self) -> None:
        """Bring everything that was settled or released before this call to the database."""
        async with self._commit_lock:
            if self._failed is not None:
                await self._commit(self._failed)
            self._wake.clear()
            sealed = self._seal()
            if sealed is not None:
                await self._commit(sealed)

    async def close(self) -> None:
        """Stop the writer and commit what is left; what cannot be committed stays in the spool."""
        self._closing = True
        self._wake.set()
        for task in tuple(self._reserving):
            with contextlib.suppress(Exception):
                await task
        with contextlib.suppress(StorageUnavailable):
            await self.flush()

    @property
    def pending(self) -> int:
        """Settlements that are not in the database yet."""
        failed = len(self._failed.batch.settlements) if self._failed else 0
        return len(self._settled) + failed

    async def recover(self) -> int:
        """Apply what processes that are gone left in their spools, and end their holds; the number of settlements."""
        recovered = 0
        for orphan in self._spool.orphans():
            batch = Batch(settlements=orphan.settlements, replayed=True)
            await self._store.apply(batch, owner=self._spool.owner, expires_at=self._expiry())
            await self._store.release_owned(orphan.owner)
            orphan.discard()
            recovered += len(orphan.settlements)
        await self._store.sweep(self._clock())
        return recovered

    # --- inside --------------------------------------------------------------------------------

    def _wallet(self, wallets: dict[int, Wallet], key: int, balance: int) -> Wallet:
        wallet = wallets.get(key)
        if wallet is None:
            wallet = wallets[key] = Wallet(balance)
        return wallet

    def _wallets(self, hold: Hold, account: Account | None = None) -> tuple[Wallet, ...]:
        """Of the user, and of the token if that is limited."""
        user = self._users.get(hold.user_id)
        if user is None:
            user = self._wallet(self._users, hold.user_id, account.user.quota if account else 0)
        if not hold.token_limited:
            return (user,)
        token = self._tokens.get(hold.token_id)
        if token is None:
            token = self._wallet(self._tokens, hold.token_id, account.token.remain_quota if account else 0)
        return user, token

    async def _reserve(self, hold: Hold, account: Account) -> bool:
        if await self._try_reserve(hold, account):
            return True
        # What this process owes back to the account may be all that is missing.
        await self.flush()
        return await self._try_reserve(hold, account)

    async def _try_reserve(self, hold: Hold, account: Account) -> bool:
        user, *token = self._wallets(hold, account)
        task = asyncio.ensure_future(
            self._store.reserve(
                hold,
                owner=self._spool.owner,
                expires_at=self._expiry(),
                user_floor=max(0, user.exposure),
                token_floor=max(0, token[0].exposure) if token else 0,
            )
        )
        self._reserving.add(task)
        task.add_done_callback(self._reserving.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # The client left; the reservation may still succeed and must then be given back.
            task.add_done_callback(lambda done: self._abandon(hold, done))
            raise
        except StorageUnavailable:
            self._give_back(hold)
            raise

    def _abandon(self, hold: Hold, done: asyncio.Task[bool]) -> None:
        if done.cancelled() or done.exception() is not None or done.result():
            self._give_back(hold)

    def _give_back(self, hold: Hold) -> None:
        self._released.append(hold)
        self._wake.set()

    async def _shortage(self, account: Account, amount: int) -> UserQuotaExhausted | TokenQuotaExhausted:
        now = await self._reader.account_by_key(account.token.key)
        if now is not None:
            self.observe(now)
            if not now.token.unlimited_quota and now.user.quota >= amount > now.token.remain_quota:
                return TokenQuotaExhausted()
        return UserQuotaExhausted()

    def _expiry(self) -> float:
        return self._clock() + LEASE

    def _seal(self) -> _Sealed | None:
        """Everything that is due, as one batch; holds that the batch stores are stored from here on."""
        now = self._clock()
        promoted = tuple(self._due_for_promotion(now))
        for hold in promoted:
            self._open[hold.request_id] = evolve(hold, stored=True)
        renewed: tuple[str, ...] = ()
        if now - self._last_renewal >= RENEW_EVERY:
            renewed = tuple(hold.request_id for hold in self._open.values() if hold.stored)
            self._last_renewal = now
        if not (self._settled or self._released or promoted or renewed):
            return None
        batch = Batch(
            settlements=tuple(self._settled),
            released=tuple(self._released),
            promoted=promoted,
            renewed=renewed,
        )
        segment = self._spool.seal() if self._settled else None
        self._settled.clear()
        self._released.clear()
        return _Sealed(batch, segment)

    def _due_for_promotion(self, now: float) -> Iterator[Hold]:
        for hold in self._open.values():
            if hold.opened_at > now - PROMOTE_AFTER:
                return  # holds are in the order in which they were opened
            if not hold.stored and any(w.balance < hold.amount * PROMOTE_BELOW for w in self._wallets(hold)):
                yield hold

    async def _commit(self, sealed: _Sealed) -> None:
        batch = evolve(sealed.batch, replayed=True) if self._failed is sealed else sealed.batch
        self._failed = sealed
        balances = await self._store.apply(batch, owner=self._spool.owner, expires_at=self._expiry())
        self._failed = None
        self._last_commit = self._clock()
        if sealed.segment is not None:
            self._spool.discard(sealed.segment)
        self._lower((entry, max(0, entry.amount - entry.held)) for entry in batch.settlements)
        self._lower((hold, hold.amount) for hold in batch.promoted)
        before = {key: self._users[key].balance for key in balances.users if key in self._users}
        self._see(self._users, balances.users)
        self._see(self._tokens, balances.tokens)
        self.on_balances(before, balances.users)

    def _lower(self, written: Iterable[tuple[Settlement | Hold, int]]) -> None:
        """These amounts are in the database now and no longer exposure of this process."""
        users: Counter[int] = Counter()
        tokens: Counter[int] = Counter()
        for entry, amount in written:
            users[entry.user_id] += amount
            if entry.token_limited:
                tokens[entry.token_id] += amount
        for wallets, amounts in ((self._users, users), (self._tokens, tokens)):
            for key, amount in amounts.items():
                self._wallet(wallets, key, 0).exposure -= amount

    def _see(self, wallets: dict[int, Wallet], balances: Mapping[int, int]) -> None:
        for key, balance in balances.items():
            self._wallet(wallets, key, balance).balance = balance
        if len(wallets) > MAX_WALLETS:
            for key in [key for key, wallet in wallets.items() if not wallet.exposure]:
                del wallets[key]


def _unwatched(_before: Mapping[int, int], _after: Mapping[int, int]) -> None:
    """Nobody wants to know."""


@frozen
class _Sealed:
    batch: Batch
    segment: int | None
