"""The balances: conditional reservations, and group commits of settlements.

Rows are locked in one order everywhere - holds, users, tokens, channels, each by ascending id - so that processes
cannot deadlock. If a server reports a deadlock nevertheless, the transaction is repeated.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import evolve, frozen
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from oneapi.adapters.database.connection.failures import lost_statement, one_line, translate
from oneapi.adapters.database.connection.transaction import rows_in, run_in
from oneapi.adapters.database.schema.amounts import lowered, lowering
from oneapi.adapters.database.schema.texts import clipped, storable
from oneapi.domain.errors import GatewayError, StorageUnavailable, UnstorableValue
from oneapi.domain.logs.rows import LogType
from oneapi.domain.money.quota import Balances, Shortage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.adapters.database.connection.transaction import Transaction
    from oneapi.domain.money.quota import Batch, Hold, Settlement

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: The most log rows kept while a separate log database is unavailable, and the most written in one transaction.
MOST_WAITING_LOGS = 50_000
LOGS_AT_ONCE = 1000
#: Seconds that a commit waits for a separate log database; after that its rows are written in the background.
LOG_PATIENCE = 0.5
#: Holds released in one transaction.
HOLDS_AT_ONCE = 500

TAKE_USER = "UPDATE users SET quota = quota - ? WHERE id = ? AND quota >= ?"
TAKE_TOKEN = "UPDATE tokens SET remain_quota = remain_quota - ? WHERE id = ? AND remain_quota >= ?"  # noqa: S105
# S608: only column names are interpolated.
CHANGE_USER = (
    f"UPDATE users SET {lowered('quota')}, {lowered('used_quota')}, {lowered('request_count')} WHERE id = ?"  # noqa: S608  # no input
)
CHANGE_TOKEN = f"UPDATE tokens SET {lowered('remain_quota')}, {lowered('used_quota')}, accessed_time = COALESCE(?, accessed_time) WHERE id = ?"  # noqa: E501, S608
CHANGE_CHANNEL = f"UPDATE channels SET {lowered('used_quota')} WHERE id = ?"  # noqa: S608  # no input
ADD_HOLD = (
    "INSERT INTO holds (request_id, owner, user_id, token_id, token_limited, amount, opened_at, expires_at, "
    "token_amount, wanted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
#: Rows of earlier releases have the same amount for both purses.
FIND_HOLDS = (
    "SELECT request_id, user_id, token_id, token_limited, amount, COALESCE(token_amount, amount) "
    "FROM holds WHERE "
)
ADD_ENTRY = (
    "INSERT INTO ledger (request_id, created_at, user_id, token_id, channel_id, amount, overrun) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
ADD_LOG = (
    "INSERT INTO logs (user_id, created_at, type, content, username, token_name, model_name, quota, prompt_tokens, "
    "completion_tokens, channel_id, request_id, elapsed_time, is_stream, system_prompt_reset, end_cause, attempts) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
#: The index of the request id among the values of ``ADD_LOG``.
LOG_REQUEST_ID = 11


@frozen
class Purse:
    """The statements for one kind of purse.

    Attributes:
        take: Takes an amount, if enough is left.
        left: Reads the remaining quota.
        held: Sums the amounts of open holds.
        short: Finds a hold that got less than its request may cost.
    """

    take: str
    left: str
    held: str
    short: str


USER = Purse(
    TAKE_USER,
    "SELECT quota FROM users WHERE id = ?",
    "SELECT SUM(amount) FROM holds WHERE user_id = ?",
    "SELECT 1 FROM holds WHERE user_id = ? AND amount < wanted LIMIT 1",
)
TOKEN = Purse(
    TAKE_TOKEN,
    "SELECT remain_quota FROM tokens WHERE id = ?",
    "SELECT SUM(COALESCE(token_amount, amount)) FROM holds WHERE token_id = ? AND token_limited",
    "SELECT 1 FROM holds WHERE token_id = ? AND token_limited AND COALESCE(token_amount, amount) < wanted LIMIT 1",
)


class Changes:
    """A transaction's changes of the balances in quota units, summed per row; all counters are by id."""

    def __init__(self) -> None:
        #: Taken from the balance; negative amounts are given back.
        self.user_taken: Counter[int] = Counter()
        self.user_spent: Counter[int] = Counter()
        self.requests: Counter[int] = Counter()
        self.token_taken: Counter[int] = Counter()
        self.token_spent: Counter[int] = Counter()
        self.token_seen: dict[int, int] = {}
        self.channel_spent: Counter[int] = Counter()

    def settle(self, settlement: Settlement) -> None:
        """Add a charge: what it takes from the balances, and what it adds to the statistics."""
        user, token, amount = settlement.user_id, settlement.token_id, settlement.amount
        self.move(user, token, amount, amount, token_limited=settlement.token_limited)
        self.user_spent[user] += amount
        self.requests[user] += 1
        self.token_spent[token] += amount
        self.token_seen[token] = max(settlement.settled_at, self.token_seen.get(token, 0))
        if amount:
            self.channel_spent[settlement.channel_id] += amount

    def move(
        self, user_id: int, token_id: int, amount: int, token_amount: int, *, token_limited: bool
    ) -> None:
        """Take ``amount`` from the user, and ``token_amount`` from a limited token; negative amounts are given back."""
        self.user_taken[user_id] += amount
        if token_limited:
            self.token_taken[token_id] += token_amount

    def write(self, work: Transaction) -> None:
        """Update the rows, in the order in which rows are locked everywhere."""
        work.run_many(
            CHANGE_USER,
            [
                (*lowering(taken), *lowering(-self.user_spent[user]), *lowering(-self.requests[user]), user)
                for user, taken in sorted(self.user_taken.items())
            ],
        )
        work.run_many(
            CHANGE_TOKEN,
            [
                (
                    *lowering(self.token_taken[token]),
                    *lowering(-self.token_spent[token]),
                    self.token_seen.get(token),
                    token,
                )
                for token in sorted(self.token_taken.keys() | self.token_seen.keys())
            ],
        )
        work.run_many(
            CHANGE_CHANNEL,
            [(*lowering(-spent), channel) for channel, spent in sorted(self.channel_spent.items())],
        )

    def balances(self, work: Transaction) -> Balances:
        """The balances of the changed users and limited tokens."""
        users = rows_in(work, "SELECT id, quota FROM users WHERE id IN {}", self.user_taken)
        tokens = rows_in(work, "SELECT id, remain_quota FROM tokens WHERE id IN {}", self.token_taken)
        return Balances(users=_numbers(users), tokens=_numbers(tokens))


class SqlLedgerStore:
    """Implements ``LedgerStore``.

    Rows of a separate log database are written after the commit that they belong to: at once if it can be reached,
    otherwise after a later commit. ``dropped_logs`` counts the rows dropped because too many were waiting.
    """

    def __init__(self, database: Database, log_database: Database) -> None:
        self._database = database
        self._log_database = log_database
        self._separate = log_database is not database
        self._waiting: deque[tuple[Any, ...]] = deque()
        self._log_writer: asyncio.Task[None] | None = None
        self.dropped_logs = 0

    async def reserve(
        self,
        hold: Hold,
        *,
        owner: str,
        expires_at: float,
        user_floor: int,
        token_floor: int,
        replaces: bool = False,
    ) -> Hold:
        lease = (owner, expires_at)
        work = partial(_reserve, hold, lease, user_floor, token_floor, replaces=replaces)
        return await self._transact(work)

    async def apply(self, batch: Batch, *, owner: str, expires_at: float) -> Balances:
        add_logs = no_logs if self._separate else add_all_logs
        apply = partial(_apply, batch, owner, expires_at)
        try:
            balances, settled = await self._transact(
                partial(apply, look_first=batch.replayed, add_logs=add_logs)
            )
        except (IntegrityError, _LogsRefusedError):
            # Either an earlier commit whose answer was lost has written a part of the batch, or the database refuses a
            # log row. Both are checked only now, because a savepoint costs every commit two more statements.
            add_logs = no_logs if self._separate else write_logs
            try:
                balances, settled = await self._transact(partial(apply, look_first=True, add_logs=add_logs))
            except IntegrityError as error:
                raise UnstorableValue(cause=one_line(error)) from error
        if self._separate:
            self._keep(_log_rows(settled))
            await self._write_logs()
        return balances

    async def release_owned(self, owner: str) -> int:
        return await self._give_back("owner = ?", owner)

    async def sweep(self, now: float) -> int:
        return await self._give_back("expires_at < ?", int(now))

    async def _give_back(self, condition: str, parameter: Any) -> int:
        total = 0
        while True:
            ended = await self._transact(partial(_end_where, condition, parameter))
            total += ended
            if ended < HOLDS_AT_ONCE:
                return total

    async def _transact(self, work: Callable[[Transaction], T]) -> T:
        """Like ``Database.transact``; faulty tables count as an outage, too, which the operator has to end."""
        try:
            return await self._database.transact(work)
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise StorageUnavailable(cause=one_line(error)) from error

    def _keep(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self._waiting.extend(rows)
        excess = len(self._waiting) - MOST_WAITING_LOGS
        for _ in range(excess):
            self._waiting.popleft()
        if excess > 0:
            self.dropped_logs += excess
            logger.warning(
                "the log database cannot be reached: %d log rows have been dropped so far", self.dropped_logs
            )

    async def _write_logs(self) -> None:
        if self._log_writer is None or self._log_writer.done():
            self._log_writer = asyncio.create_task(self._drain_logs())
        await asyncio.wait({self._log_writer}, timeout=LOG_PATIENCE)

    async def _drain_logs(self) -> None:
        try:
            while self._waiting:
                rows = [self._waiting.popleft() for _ in range(min(LOGS_AT_ONCE, len(self._waiting)))]
                try:
                    await self._log_database.transact(partial(write_logs, rows, patient=True))
                except BaseException:
                    self._waiting.extendleft(reversed(rows))
                    raise
        except (GatewayError, SQLAlchemyError) as error:
            logger.warning("%d log rows are waiting for the log database: %s", len(self._waiting), error)


# --- units of work -----------------------------------------------------------------------------


def _reserve(
    hold: Hold,
    lease: tuple[str, float],
    user_floor: int,
    token_floor: int,
    work: Transaction,
    *,
    replaces: bool,
) -> Hold:
    if replaces:
        changes = Changes()
        _end(work, changes, _found(work, [hold.request_id]))
        changes.write(work)
    if not hold.wanted:
        return hold
    amount = token_amount = _take(work, USER, hold.user_id, hold, user_floor)
    if hold.token_limited:
        token_amount = _take(work, TOKEN, hold.token_id, hold, token_floor)
    # The rows just changed are locked, so that concurrent reservations run this check one after the other.
    for purse, key, taken in ((USER, hold.user_id, amount), (TOKEN, hold.token_id, token_amount)):
        if taken < hold.wanted and work.rows(purse.short, key):
            raise Shortage(busy=True)
    held = evolve(hold, amount=amount, token_amount=token_amount, stored=True)
    work.run(ADD_HOLD, *_hold_row(held, *lease))
    return held


def _take(work: Transaction, purse: Purse, key: int, hold: Hold, floor: int) -> int:
    """Take the amount that ``hold`` wants, or else its least amount, and return it. Raises Shortage."""
    for amount in dict.fromkeys((hold.wanted, hold.least)):
        if work.run(purse.take, amount, key, amount + floor):
            return amount
    [(left,)] = work.rows(purse.left, key) or [(0,)]
    [(held,)] = work.rows(purse.held, key)
    raise Shortage(busy=int(left or 0) + int(held or 0) >= hold.least)


class _LogsRefusedError(Exception):
    """The database refused log rows, and with them their whole transaction."""


def _apply(
    batch: Batch,
    owner: str,
    expires_at: float,
    work: Transaction,
    *,
    look_first: bool,
    add_logs: Callable[[Sequence[tuple[Any, ...]], Transaction], None],
) -> tuple[Balances, Collection[Settlement]]:
    """Apply ``batch``; return the balances of all its accounts, and the settlements that are new to the ledger."""
    settlements: Collection[Settlement] = batch.settlements
    promoted = [hold for hold in batch.promoted if hold.amount]
    if look_first:
        settlements, promoted = _not_yet_done(work, batch.settlements, promoted)
    changes = Changes()
    for hold in promoted:
        changes.move(
            hold.user_id, hold.token_id, hold.amount, hold.token_amount, token_limited=hold.token_limited
        )
    work.insert(ADD_HOLD, [_hold_row(hold, owner, expires_at) for hold in promoted])
    ended = [settlement.request_id for settlement in settlements if settlement.held]
    ended += [hold.request_id for hold in batch.released if hold.stored]
    _end(work, changes, _found(work, ended))
    run_in(work, "UPDATE holds SET expires_at = ? WHERE request_id IN {}", batch.renewed, int(expires_at))
    for settlement in settlements:
        changes.settle(settlement)
    work.insert(ADD_ENTRY, [_entry(settlement) for settlement in settlements])
    changes.write(work)
    add_logs(_log_rows(settlements), work)
    for settlement in batch.settlements if look_first else ():  # to report their current balances as well
        changes.move(settlement.user_id, settlement.token_id, 0, 0, token_limited=settlement.token_limited)
    return changes.balances(work), settlements


def _not_yet_done(
    work: Transaction, settlements: Sequence[Settlement], promoted: Sequence[Hold]
) -> tuple[Collection[Settlement], list[Hold]]:
    by_id = {settlement.request_id: settlement for settlement in settlements}
    holds = {hold.request_id: hold for hold in promoted}
    known = "SELECT request_id FROM ledger WHERE request_id IN {}"
    for (request_id,) in rows_in(work, known, by_id.keys() | holds.keys()):
        by_id.pop(request_id, None)
        holds.pop(request_id, None)
    for (request_id,) in rows_in(work, "SELECT request_id FROM holds WHERE request_id IN {}", holds):
        del holds[request_id]
    return by_id.values(), list(holds.values())


def no_logs(rows: Sequence[tuple[Any, ...]], work: Transaction) -> None:
    """Do nothing: the log is in a separate database."""


def add_all_logs(rows: Sequence[tuple[Any, ...]], work: Transaction) -> None:
    """Add all rows, or none: raises _LogsRefusedError if the database refuses one of them."""
    try:
        work.insert(ADD_LOG, rows)
    except Exception as error:
        if isinstance(translate(error), StorageUnavailable) or lost_statement(error):
            raise
        raise _LogsRefusedError from error


def write_logs(
    rows: Sequence[tuple[Any, ...]],
    work: Transaction,
    *,
    statement: str = ADD_LOG,
    patient: bool = False,
) -> None:
    """Add ``rows`` with ``statement``, whose first columns are those of ``ADD_LOG``.

    Rows that the database refuses are added with their texts in ASCII, or else not at all. The rest of the transaction
    is unaffected, because a log row must not undo the charge that it describes. ``patient`` means that there is nothing
    else in the transaction: faults other than the rows' own are raised, so that it can be repeated later.
    """
    logged = partial(_logged, work, statement, patient=patient)
    if not rows or logged(rows):
        return
    for row in rows:
        if not logged([row]) and not logged([_plain(row)]):
            logger.error("the log row of request %s cannot be stored", row[LOG_REQUEST_ID])


def _logged(work: Transaction, statement: str, rows: Sequence[tuple[Any, ...]], *, patient: bool) -> bool:
    try:
        with work.savepoint():
            work.insert(statement, rows)
    except Exception as error:  # distinguished below
        theirs = isinstance(translate(error), UnstorableValue | IntegrityError)
        if not theirs and (patient or isinstance(translate(error), StorageUnavailable)):
            raise
        logger.warning("the database refused %d log rows: %s", len(rows), one_line(error))
        return False
    return True


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """``row`` with its texts in ASCII, which every character set contains."""
    return tuple(
        value.encode("ascii", "replace").decode() if isinstance(value, str) else value for value in row
    )


def _end_where(condition: str, parameter: Any, work: Transaction) -> int:
    found = work.rows(
        f"{FIND_HOLDS} {condition} ORDER BY request_id LIMIT {HOLDS_AT_ONCE}{_locked(work)}", parameter
    )
    changes = Changes()
    _end(work, changes, found)
    changes.write(work)
    return len(found)


def _end(work: Transaction, changes: Changes, holds: Sequence[Sequence[Any]]) -> None:
    """Delete ``holds``, rows of ``FIND_HOLDS``, and give their amounts back."""
    for _, user, token, limited, amount, of_token in {hold[0]: hold for hold in holds}.values():
        changes.move(user, token, -amount, -of_token, token_limited=bool(limited))
    run_in(work, "DELETE FROM holds WHERE request_id IN {}", [hold[0] for hold in holds])


def _found(work: Transaction, request_ids: Collection[str]) -> Sequence[Sequence[Any]]:
    return rows_in(work, f"{FIND_HOLDS} request_id IN {{}}{_locked(work)}", request_ids)


def _locked(work: Transaction) -> str:
    """The clause that locks holds, so that only one transaction ends each; on SQLite, transactions never overlap."""
    return "" if work.product == "sqlite" else " FOR UPDATE"


def _numbers(rows: Iterable[Sequence[Any]]) -> dict[int, int]:
    return {number: int(value or 0) for number, value in rows}


# --- rows --------------------------------------------------------------------------------------


def _hold_row(hold: Hold, owner: str, expires_at: float) -> tuple[Any, ...]:
    return (
        hold.request_id,
        owner,
        hold.user_id,
        hold.token_id,
        hold.token_limited,
        hold.amount,
        int(hold.opened_at),
        int(expires_at),
        hold.token_amount,
        hold.wanted,
    )


def _entry(settlement: Settlement) -> tuple[Any, ...]:
    return (
        settlement.request_id,
        settlement.settled_at,
        settlement.user_id,
        settlement.token_id,
        settlement.channel_id,
        settlement.amount,
        settlement.overrun,
    )


def _log_rows(settlements: Iterable[Settlement]) -> list[tuple[Any, ...]]:
    return [_log_row(settlement) for settlement in settlements if settlement.write_log]


def _log_row(settlement: Settlement) -> tuple[Any, ...]:
    return (
        settlement.user_id,
        settlement.settled_at,
        int(LogType.CONSUME),
        storable(settlement.content),
        clipped(settlement.username),
        clipped(settlement.token_name),
        clipped(settlement.model),
        settlement.amount,
        settlement.prompt_tokens,
        settlement.completion_tokens,
        settlement.channel_id,
        settlement.request_id,
        settlement.elapsed_ms,
        settlement.is_stream,
        settlement.system_prompt_reset,
        settlement.end_cause,
        storable(settlement.attempts),
    )
