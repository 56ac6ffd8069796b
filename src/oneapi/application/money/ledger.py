"""The ledger: every request takes a hold and ends it once, with a settlement or a release.

A hold that is small compared with the balance exists only in this process's memory; any other is taken from the balance
in the database at once. Settlements are durable in the spool before the answer ends, and reach the database in group
commits by one writer per process. A settlement that the database can never store is set aside alone, and all others are
committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from attrs import evolve, frozen

from oneapi.domain.errors import (
    GatewayError,
    Overloaded,
    StorageUnavailable,
    TokenQuotaExhausted,
    TokenSpent,
    UnstorableValue,
    UserQuotaExhausted,
)
from oneapi.domain.money.quota import Balances, Batch, Hold, Settlement, Shortage, Wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from oneapi.application.ports.money import LedgerStore, Spool
    from oneapi.application.ports.people import AccountReader
    from oneapi.domain.people.users import Account

logger = logging.getLogger(__name__)

#: Seconds after which a hold in memory gets a row in the database, so that other processes see it, ...
PROMOTE_AFTER = 1.0
#: ... unless the balance is this many times larger, so that open requests cannot matter.
PROMOTE_BELOW = 65536
#: Seconds for which a stored hold outlives its process; long, because nodes' clocks may differ by minutes.
LEASE = 900
RENEW_EVERY = 60.0
RETRY_EVERY = 0.5
#: Seconds that the writer, after a quiet time, waits for more settlements to commit together.
FIRST_DELAY = 0.005
#: The most settlements in one transaction, so that it stays short after a long outage.
MOST_AT_ONCE = 2000
#: Seconds between two checks of a purse whose quota is held by other requests: the first, and the longest.
FIRST_LOOK, LAST_LOOK = 0.02, 0.5
#: The most balances in memory; beyond that, idle ones are dropped and read again by the next request.
MAX_WALLETS = 50_000


@frozen
class LedgerLimits:
    """Limits of the ledger.

    Attributes:
        interval: Seconds between two commits under load.
        max_pending: The most settlements kept in memory during an outage.
        patience: Seconds that a request waits while other requests hold the quota that it needs.
    """

    interval: float = 0.1
    max_pending: int = 100_000
    patience: float = 10.0


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
        self._failed: _ClosedBatch | None = None
        self._reserving: set[asyncio.Task[Hold]] = set()
        #: User id -> lock: of the requests that wait for the same purse, one at a time asks the database.
        self._queues: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._last_commit = 0.0
        self._last_renewal = 0.0
        self._closing = False
        #: Called after each commit with balances by user id: those last known here, and those after the commit.
        self.on_balances: Callable[[Mapping[int, int], Mapping[int, int]], None] = _unwatched
        #: Called with a settlement that was set aside.
        self.on_set_aside: Callable[[Settlement], None] = _unheard

    # --- what a request does -------------------------------------------------------------------

    def observe(self, account: Account) -> None:
        """Note the balances of ``account``, which has just been read from the database."""
        self._wallet(self._users, account.user.id, account.user.quota).balance = account.user.quota
        token = account.token
        if not token.unlimited_quota:
            self._wallet(self._tokens, token.id, token.remain_quota).balance = token.remain_quota

    async def hold(self, request_id: str, account: Account, least: int, most: int = 0) -> Hold:
        """Hold ``most`` quota units, or at least ``least``: see ``Hold.wanted`` and ``Hold.least``.

        Waits for a while if other requests hold the quota. Raises QuotaError or TokenRefused, or StorageUnavailable or
        Overloaded if the balance cannot be determined.
        """
        if len(self._settled) >= self._limits.max_pending:
            raise Overloaded
        token = account.token
        hold = Hold(
            request_id=request_id,
            user_id=account.user.id,
            token_id=token.id,
            token_limited=not token.unlimited_quota,
            amount=(wanted := max(least, most)),
            opened_at=self._clock(),
            token_amount=wanted,
            least=least,
            wanted=wanted,
        )
        if not self._taken_in_memory(hold, account):
            hold = await self._reserve(hold, account, replaces=False)
        self._open[request_id] = hold
        return hold

    async def cover(self, hold: Hold, account: Account, least: int, most: int = 0) -> Hold:
        """``hold``, extended to cover another attempt of its request. Raises like ``hold``; the hold has then ended."""
        current = self._open[hold.request_id]
        if least <= min(current.amount, current.token_amount) and most <= current.wanted:
            return current
        del self._open[hold.request_id]
        if not current.stored:
            self._forget(current)
        wanted = evolve(
            current,
            amount=max(least, most),
            token_amount=max(least, most),
            wanted=max(least, most),
            least=least,
            opened_at=self._clock(),
            stored=False,
        )
        try:
            if current.stored or not self._taken_in_memory(wanted, account):
                wanted = await self._reserve(wanted, account, replaces=current.stored)
        except BaseException:
            if current.stored:
                self._give_back(current)
            raise
        self._open[hold.request_id] = wanted
        return wanted

    def settle(self, settlement: Settlement) -> None:
        """End the hold of ``settlement.request_id`` with a charge, which is durable on return.

        The fields ``held`` and ``overrun`` are filled in here.
        """
        hold = self._open.pop(settlement.request_id)
        amount = settlement.amount
        if hold.stored:
            settlement = evolve(settlement, held=hold.amount, token_held=hold.token_amount)
        if amount > hold.amount:
            settlement = evolve(settlement, overrun=amount - hold.amount)
        try:
            self._spool.append(settlement)
        except OSError:  # such as a full disk: the database may still take it
            logger.exception("the charge of request %s could not be spooled", settlement.request_id)
        user, *token = self._wallets(hold)
        user.exposure += max(0, amount - hold.amount) if hold.stored else amount - hold.amount
        for wallet in token:
            more = amount - hold.token_amount
            wallet.exposure += max(0, more) if hold.stored else more
        self._settled.append(settlement)
        self._wake.set()

    def release(self, hold: Hold) -> None:
        """End ``hold`` without a charge."""
        current = self._open.pop(hold.request_id)
        if current.stored:
            self._give_back(current)
        else:
            self._forget(current)

    # --- the writer ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Commit settlements and releases, until ``close``."""
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), PROMOTE_AFTER)
            pause = max(FIRST_DELAY, self._last_commit + self._limits.interval - self._clock())
            await asyncio.sleep(min(pause, self._limits.interval))
            try:
                await self.flush()
            except StorageUnavailable as error:
                cause = error.cause
                logger.warning("%d settlements are waiting for the database: %s", self.pending, cause)
                await asyncio.sleep(RETRY_EVERY)

    async def flush(self) -> None:
        """Commit everything that was settled or released before this call."""
        async with self._commit_lock:
            if self._failed is not None:
                await self._commit(self._failed)
            self._wake.clear()
            closed = self._close_batch()
            if closed is not None:
                await self._commit(closed)

    async def close(self) -> None:
        """Stop the writer and commit the rest; what cannot be committed stays in the spool."""
        self._closing = True
        self._wake.set()
        for task in tuple(self._reserving):
            with contextlib.suppress(Exception):
                await task
        with contextlib.suppress(StorageUnavailable):
            await self.flush()

    @property
    def pending(self) -> int:
        """The number of settlements that are not in the database yet."""
        failed = len(self._failed.batch.settlements) if self._failed else 0
        return len(self._settled) + failed

    @property
    def writing(self) -> bool:
        """Whether the last batch of settlements reached the database."""
        return self._failed is None

    @property
    def set_aside(self) -> int:
        """The number of settlements of this host's processes that the database refused."""
        return len(self._spool.set_aside())

    async def recover(self) -> int:
        """Apply the settlements in the spools of dead processes, and end their holds; returns how many.

        Those that cannot be applied are left for the next call.
        """
        recovered = 0
        for orphan in self._spool.orphans():
            try:
                await self._apply(Batch(settlements=orphan.settlements, replayed=True))
                await self._store.release_owned(orphan.owner)
                orphan.discard()
            except Exception as error:  # remains of a dead process must not keep this one from serving
                orphan.leave()
                known = isinstance(error, StorageUnavailable)
                logger.warning("the charges of %s will be recovered later", orphan.owner, exc_info=not known)
            else:
                recovered += len(orphan.settlements)
        try:
            await self._store.sweep(self._clock())
        except Exception as error:  # as above
            known = isinstance(error, StorageUnavailable)
            logger.warning("expired holds will be released later", exc_info=not known)
        return recovered

    async def retry_set_aside(self) -> tuple[int, int]:
        """Try again to store settlements that were set aside; returns how many were stored, and how many still refused.

        Raises StorageUnavailable.
        """
        refused = self._spool.set_aside()
        stored = []
        for settlement in refused:
            try:
                await self._store.apply(
                    Batch((settlement,), replayed=True), owner=self._spool.owner, expires_at=self._expiry()
                )
            except StorageUnavailable:
                raise
            except Exception as error:  # noqa: BLE001  # whatever the reason, it stays set aside
                logger.warning("the charge of request %s is still refused: %s", settlement.request_id, error)
            else:
                stored.append(settlement.request_id)
        self._spool.forget(stored)
        return len(stored), len(refused) - len(stored)

    # --- inside --------------------------------------------------------------------------------

    def _wallet(self, wallets: dict[int, Wallet], key: int, balance: int) -> Wallet:
        wallet = wallets.get(key)
        if wallet is None:
            wallet = wallets[key] = Wallet(balance)
        return wallet

    def _wallets(self, hold: Hold, account: Account | None = None) -> tuple[Wallet, ...]:
        """The wallet of the user, and that of the token if it is limited."""
        user = self._users.get(hold.user_id)
        if user is None:
            user = self._wallet(self._users, hold.user_id, account.user.quota if account else 0)
        if not hold.token_limited:
            return (user,)
        token = self._tokens.get(hold.token_id)
        if token is None:
            token = self._wallet(self._tokens, hold.token_id, account.token.remain_quota if account else 0)
        return user, token

    def _forget(self, hold: Hold) -> None:
        """Forget ``hold``, which existed only in this process's memory and has ended."""
        for wallet in self._wallets(hold):
            wallet.exposure -= hold.amount

    def _taken_in_memory(self, hold: Hold, account: Account) -> bool:
        """Keep ``hold`` only in this process's memory if it is small compared with the balance; whether it was."""
        amount, wallets = hold.amount, self._wallets(hold, account)
        if not (wallets[0].covers(amount) and wallets[-1].covers(amount)):
            return False
        for wallet in wallets:
            wallet.exposure += amount
        return True

    async def _reserve(self, hold: Hold, account: Account, *, replaces: bool) -> Hold:
        try:
            return await self._reserve_in_turn(hold, account, replaces=replaces)
        except Shortage as shortage:
            raise await self._shortage(account, hold.least, busy=shortage.busy) from None
        except StorageUnavailable:
            # While the database is away, accounts are served whose balance is large compared with the least amount.
            small = evolve(hold, amount=hold.least, token_amount=hold.least)
            if replaces or not self._taken_in_memory(small, account):
                raise
            return small

    async def _reserve_in_turn(self, hold: Hold, account: Account, *, replaces: bool) -> Hold:
        """Reserve ``hold``. Raises Shortage: at once if there is not enough, or after a wait if others hold it."""
        try:
            return await self._try_reserve(hold, account, replaces=replaces)
        except Shortage:
            # Releases of this process that are not yet committed may be all that is missing.
            await self.flush()
        try:
            return await self._try_reserve(hold, account, replaces=replaces)
        except Shortage as shortage:
            if not shortage.busy:
                raise
        clock = asyncio.get_running_loop().time
        deadline, pause = clock() + self._limits.patience, FIRST_LOOK
        queue = self._queues.setdefault(hold.user_id, asyncio.Lock())
        try:
            async with asyncio.timeout_at(deadline):
                await queue.acquire()
        except TimeoutError:
            raise Shortage(busy=True) from None
        try:
            while True:
                await self.flush()
                try:
                    return await self._try_reserve(hold, account, replaces=replaces)
                except Shortage as shortage:
                    if not shortage.busy or clock() >= deadline:
                        raise
                await asyncio.sleep(min(pause, max(0.0, deadline - clock())))
                pause = min(2 * pause, LAST_LOOK)
        finally:
            queue.release()

    async def _try_reserve(self, hold: Hold, account: Account, *, replaces: bool) -> Hold:
        user, *token = self._wallets(hold, account)
        task = asyncio.ensure_future(
            self._store.reserve(
                hold,
                owner=self._spool.owner,
                expires_at=self._expiry(),
                user_floor=max(0, user.exposure),
                token_floor=max(0, token[0].exposure) if token else 0,
                replaces=replaces,
            )
        )
        self._reserving.add(task)
        task.add_done_callback(self._reserving.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # The client left; the reservation may still succeed and must then be returned.
            task.add_done_callback(lambda done: self._abandon(hold, done))
            raise
        except StorageUnavailable:
            self._give_back(hold)
            raise

    def _abandon(self, hold: Hold, done: asyncio.Task[Hold]) -> None:
        if done.cancelled() or not isinstance(done.exception(), Shortage):
            self._give_back(hold)

    def _give_back(self, hold: Hold) -> None:
        self._released.append(evolve(hold, stored=True))
        self._wake.set()

    async def _shortage(self, account: Account, amount: int, *, busy: bool) -> GatewayError:
        """The error for an account that does not cover ``amount``; for an overdrawn token, that of authentication."""
        now = await self._reader.account_by_key(account.token.key)
        if now is not None:
            self.observe(now)
            if not (busy or now.token.unlimited_quota or now.token.remain_quota >= 0):
                return TokenSpent()
            if not now.token.unlimited_quota and now.user.quota >= amount > now.token.remain_quota:
                return TokenQuotaExhausted()
        return UserQuotaExhausted()

    def _expiry(self) -> float:
        return self._clock() + LEASE

    def _close_batch(self) -> _ClosedBatch | None:
        """Everything due for a commit, as one batch; the holds in it count as stored from now on."""
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
        segment = self._sealed_segment() if self._settled else None
        self._settled.clear()
        self._released.clear()
        return _ClosedBatch(batch, segment)

    def _due_for_promotion(self, now: float) -> Iterator[Hold]:
        for hold in self._open.values():
            if hold.opened_at > now - PROMOTE_AFTER:
                return  # holds are ordered by the time of opening
            if not hold.stored and any(w.balance < hold.amount * PROMOTE_BELOW for w in self._wallets(hold)):
                yield hold

    def _sealed_segment(self) -> int | None:
        try:
            return self._spool.close_segment()
        except OSError:
            logger.exception("the spool cannot start a new segment")
            return None

    async def _commit(self, closed: _ClosedBatch) -> None:
        batch = evolve(closed.batch, replayed=True) if self._failed is closed else closed.batch
        self._failed = closed
        balances = await self._apply(batch)
        self._failed = None
        self._last_commit = self._clock()
        if closed.segment is not None:
            self._spool.discard(closed.segment)
        self._lower(
            (entry, max(0, entry.amount - entry.held), max(0, entry.amount - entry.token_held))
            for entry in batch.settlements
        )
        self._lower((hold, hold.amount, hold.token_amount) for hold in batch.promoted)
        before = {key: self._users[key].balance for key in balances.users if key in self._users}
        self._see(self._users, balances.users)
        self._see(self._tokens, balances.tokens)
        self.on_balances(before, balances.users)

    async def _apply(self, batch: Batch) -> Balances:
        """Store ``batch``, in parts if it is large or refused; a settlement that is refused alone is set aside.

        Raises StorageUnavailable; the whole batch must then be tried again.
        """
        settlements = batch.settlements
        if len(settlements) <= MOST_AT_ONCE:
            try:
                return await self._store.apply(batch, owner=self._spool.owner, expires_at=self._expiry())
            except StorageUnavailable:
                raise
            except Exception as error:  # a defect of one charge must not affect the others
                if len(settlements) == 1 and not (batch.released or batch.promoted or batch.renewed):
                    return await self._put_aside(settlements[0], error)
                if not settlements:
                    logger.exception("holds could not be released or renewed; they expire with their leases")
                    return Balances({}, {})
        users: dict[int, int] = {}
        tokens: dict[int, int] = {}
        for part in _parts(batch):
            balances = await self._apply(part)
            users |= balances.users
            tokens |= balances.tokens
        return Balances(users, tokens)

    async def _put_aside(self, settlement: Settlement, error: Exception) -> Balances:
        cause = error.cause if isinstance(error, UnstorableValue) else error
        logger.error(
            "the charge of request %s (%d units of user %d) was set aside because the database refuses it: %s",
            settlement.request_id,
            settlement.amount,
            settlement.user_id,
            cause,
        )
        try:
            self._spool.put_aside(settlement, str(cause))
        except OSError as failed:
            raise StorageUnavailable(cause=str(failed)) from failed
        self.on_set_aside(settlement)
        if not settlement.held:
            return Balances({}, {})
        hold = Hold(
            settlement.request_id, settlement.user_id, settlement.token_id, False, 0, 0.0, stored=True
        )
        return await self._apply(Batch(released=(hold,)))

    def _lower(self, written: Iterable[tuple[Settlement | Hold, int, int]]) -> None:
        """Reduce the exposure by these amounts of users and tokens, which are now in the database."""
        users: Counter[int] = Counter()
        tokens: Counter[int] = Counter()
        for entry, amount, token_amount in written:
            users[entry.user_id] += amount
            if entry.token_limited:
                tokens[entry.token_id] += token_amount
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


def _unheard(_settlement: Settlement) -> None:
    """Nobody wants to know."""


def _parts(batch: Batch) -> Iterator[Batch]:
    """Everything but the settlements first, then the settlements in two halves."""
    settlements = batch.settlements
    if batch.released or batch.promoted or batch.renewed:
        yield evolve(batch, settlements=())
    half = len(settlements) // 2
    for part in (settlements[:half], settlements[half:]):
        if part:
            yield Batch(part, replayed=batch.replayed)


@frozen
class _ClosedBatch:
    batch: Batch
    segment: int | None
