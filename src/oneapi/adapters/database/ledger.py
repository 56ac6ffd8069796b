"""The balances: conditional reservations, and group commits of what was settled.

Rows are locked in one order everywhere - users, tokens, channels, each by ascending id - so that processes cannot deadlock.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from oneapi.adapters.database.tables import channels, holds, ledger, logs, tokens, users
from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.logs import LogType
from oneapi.domain.quota import Balances, Batch, Hold, Settlement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from oneapi.adapters.database.engine import Database

logger = logging.getLogger(__name__)

#: Log rows kept while a separate log database is away.
MOST_WAITING_LOGS = 50_000

_TAKE_USER = (
    update(users)
    .where(users.c.id == bindparam("who"), users.c.quota >= bindparam("floor"))
    .values(quota=users.c.quota - bindparam("taken"))
)
_TAKE_TOKEN = (
    update(tokens)
    .where(tokens.c.id == bindparam("who"), tokens.c.remain_quota >= bindparam("floor"))
    .values(remain_quota=tokens.c.remain_quota - bindparam("taken"))
)
_USER = (
    update(users)
    .where(users.c.id == bindparam("who"))
    .values(
        quota=users.c.quota - bindparam("taken"),
        used_quota=users.c.used_quota + bindparam("spent"),
        request_count=users.c.request_count + bindparam("requests"),
    )
)
_TOKEN_LIMITED = (
    update(tokens)
    .where(tokens.c.id == bindparam("who"))
    .values(
        remain_quota=tokens.c.remain_quota - bindparam("taken"),
        used_quota=tokens.c.used_quota + bindparam("spent"),
        accessed_time=bindparam("seen"),
    )
)
_TOKEN_UNLIMITED = (
    update(tokens)
    .where(tokens.c.id == bindparam("who"))
    .values(used_quota=tokens.c.used_quota + bindparam("spent"), accessed_time=bindparam("seen"))
)
_CHANNEL = (
    update(channels)
    .where(channels.c.id == bindparam("who"))
    .values(used_quota=channels.c.used_quota + bindparam("spent"))
)
_HOLD_COLUMNS = (
    holds.c.request_id,
    holds.c.user_id,
    holds.c.token_id,
    holds.c.token_limited,
    holds.c.amount,
)


class Changes:
    """What a transaction does to the balances, summed up per row."""

    def __init__(self) -> None:
        #: Taken from the balance, which may be negative; spent; requests - by id.
        self.user_taken: Counter[int] = Counter()
        self.user_spent: Counter[int] = Counter()
        self.requests: Counter[int] = Counter()
        self.token_taken: Counter[int] = Counter()
        self.token_spent: Counter[int] = Counter()
        self.token_seen: dict[int, int] = {}
        self.limited: set[int] = set()
        self.channel_spent: Counter[int] = Counter()

    def settle(self, settlement: Settlement) -> None:
        user, token, amount = settlement.user_id, settlement.token_id, settlement.amount
        self.user_taken[user] += amount
        self.user_spent[user] += amount
        self.requests[user] += 1
        self.token_spent[token] += amount
        self.token_seen[token] = max(settlement.settled_at, self.token_seen.get(token, 0))
        self.channel_spent[settlement.channel_id] += amount
        if settlement.token_limited:
            self.limited.add(token)
            self.token_taken[token] += amount

    def take(self, user_id: int, token_id: int, amount: int, *, token_limited: bool) -> None:
        """``amount`` below zero gives back."""
        self.user_taken[user_id] += amount
        if token_limited:
            self.limited.add(token_id)
            self.token_taken[token_id] += amount

    async def write(self, connection: AsyncConnection) -> None:
        for user in sorted(self.user_taken):
            values = {
                "who": user,
                "taken": self.user_taken[user],
                "spent": self.user_spent[user],
                "requests": self.requests[user],
            }
            await connection.execute(_USER, values)
        for token in sorted(self.limited | set(self.token_spent)):
            await self._write_token(connection, token)
        for channel in sorted(self.channel_spent):
            await connection.execute(_CHANNEL, {"who": channel, "spent": self.channel_spent[channel]})

    async def _write_token(self, connection: AsyncConnection, token: int) -> None:
        seen = self.token_seen.get(token)
        if seen is None:  # only holds moved
            values = {"who": token, "taken": self.token_taken[token], "floor": -(2**62)}
            await connection.execute(_TAKE_TOKEN, values)
            return
        values = {"who": token, "spent": self.token_spent[token], "seen": seen}
        if token in self.limited:
            await connection.execute(_TOKEN_LIMITED, values | {"taken": self.token_taken[token]})
        else:
            await connection.execute(_TOKEN_UNLIMITED, values)


class SqlLedgerStore:
    """Implements ``LedgerStore``. ``log_database`` may be the main one; if it is not, its rows may come later."""

    def __init__(self, database: Database, log_database: Database) -> None:
        self._database = database
        self._log_database = log_database
        self._separate = log_database is not database
        self._waiting: deque[tuple[Any, ...]] = deque()
        self._dropped = 0

    async def reserve(
        self, hold: Hold, *, owner: str, expires_at: float, user_floor: int, token_floor: int
    ) -> bool:
        async with self._database.write() as connection:
            user = {"who": hold.user_id, "taken": hold.amount, "floor": hold.amount + user_floor}
            if not (await connection.execute(_TAKE_USER, user)).rowcount:
                await connection.rollback()
                return False
            if hold.token_limited:
                token = {"who": hold.token_id, "taken": hold.amount, "floor": hold.amount + token_floor}
                if not (await connection.execute(_TAKE_TOKEN, token)).rowcount:
                    await connection.rollback()
                    return False
            await connection.execute(insert(holds), [_hold_row(hold, owner, expires_at)])
        return True

    async def apply(self, batch: Batch, *, owner: str, expires_at: float) -> Balances:
        try:
            balances = await self._apply(batch, owner, expires_at, look_first=batch.replayed)
        except IntegrityError:
            # Part of it is in the database already: an earlier commit whose answer was lost.
            balances = await self._apply(batch, owner, expires_at, look_first=True)
        if self._separate:
            await self._write_waiting_logs()
        return balances

    async def release_owned(self, owner: str) -> int:
        return await self._end_holds(holds.c.owner == owner)

    async def sweep(self, now: float) -> int:
        return await self._end_holds(holds.c.expires_at < int(now))

    # --- inside --------------------------------------------------------------------------------

    async def _apply(self, batch: Batch, owner: str, expires_at: float, *, look_first: bool) -> Balances:
        async with self._database.write() as connection:
            settlements = batch.settlements
            promoted = batch.promoted
            if look_first:
                done = await _known(connection, ledger, [s.request_id for s in settlements])
                settlements = [s for s in settlements if s.request_id not in done]
                there = await _known(connection, holds, [h.request_id for h in promoted])
                promoted = [h for h in promoted if h.request_id not in there]
            changes = Changes()
            for hold in promoted:
                changes.take(hold.user_id, hold.token_id, hold.amount, token_limited=hold.token_limited)
            if promoted:
                await connection.execute(insert(holds), [_hold_row(h, owner, expires_at) for h in promoted])
            ended = [s.request_id for s in settlements if s.held] + [h.request_id for h in batch.released]
            await _give_back(connection, changes, ended)
            for settlement in settlements:
                changes.settle(settlement)
            if settlements:
                await connection.exec_driver_sql(
                    _insert(ledger, LEDGER_NAMES, self._database.product), [_entry(s) for s in settlements]
                )
                await self._log(connection, settlements)
            if batch.renewed:
                await connection.execute(
                    update(holds)
                    .where(holds.c.request_id.in_(batch.renewed))
                    .values(expires_at=int(expires_at))
                )
            await changes.write(connection)
            return await _balances(connection, changes)

    async def _log(self, connection: AsyncConnection, settlements: Sequence[Settlement]) -> None:
        rows = [_log_row(settlement) for settlement in settlements if settlement.write_log]
        if not rows:
            return
        if self._separate:
            self._waiting.extend(rows)
            return
        await connection.exec_driver_sql(_insert(logs, LOG_NAMES, self._database.product), rows)

    async def _write_waiting_logs(self) -> None:
        while len(self._waiting) > MOST_WAITING_LOGS:
            self._waiting.popleft()
            self._dropped += 1
        rows = list(self._waiting)
        if not rows:
            return
        try:
            async with self._log_database.write() as connection:
                await connection.exec_driver_sql(
                    _insert(logs, LOG_NAMES, self._log_database.product), rows
                )
        except StorageUnavailable:
            logger.warning("log rows wait for the log database: %d, dropped: %d", len(rows), self._dropped)
            return
        for _ in rows:
            self._waiting.popleft()

    async def _end_holds(self, condition: Any) -> int:
        async with self._database.read() as connection:
            wanted = select(holds.c.request_id).where(condition).order_by(holds.c.request_id)
            found = (await connection.execute(wanted)).scalars().all()
        if not found:
            return 0
        async with self._database.write() as connection:
            changes = Changes()
            ended = await _give_back(connection, changes, found)
            await changes.write(connection)
        return ended


async def _give_back(connection: AsyncConnection, changes: Changes, request_ids: Sequence[str]) -> int:
    """Delete these holds and give their amounts back, but only of those that are really there."""
    if not request_ids:
        return 0
    wanted = select(*_HOLD_COLUMNS).where(holds.c.request_id.in_(request_ids))
    if connection.dialect.name != "sqlite":
        wanted = wanted.with_for_update()
    found = (await connection.execute(wanted)).all()
    for _, user, token, limited, amount in found:
        changes.take(user, token, -amount, token_limited=bool(limited))
    if found:
        await connection.execute(delete(holds).where(holds.c.request_id.in_([row[0] for row in found])))
    return len(found)


async def _known(connection: AsyncConnection, table: Table, request_ids: Iterable[str]) -> set[str]:
    wanted = select(table.c.request_id).where(table.c.request_id.in_(list(request_ids)))
    return set((await connection.execute(wanted)).scalars())


async def _balances(connection: AsyncConnection, changes: Changes) -> Balances:
    wanted_users = select(users.c.id, users.c.quota).where(users.c.id.in_(list(changes.user_taken)))
    seen = {row[0]: row[1] or 0 for row in await connection.execute(wanted_users)}
    remaining: dict[int, int] = {}
    if changes.limited:
        wanted = select(tokens.c.id, tokens.c.remain_quota).where(tokens.c.id.in_(list(changes.limited)))
        remaining = {row[0]: row[1] or 0 for row in await connection.execute(wanted)}
    return Balances(users=seen, tokens=remaining)


def _hold_row(hold: Hold, owner: str, expires_at: float) -> dict[str, Any]:
    return {
        "request_id": hold.request_id,
        "owner": owner,
        "user_id": hold.user_id,
        "token_id": hold.token_id,
        "token_limited": hold.token_limited,
        "amount": hold.amount,
        "opened_at": int(hold.opened_at),
        "expires_at": int(expires_at),
    }


# --- rows that come by the hundred go to the driver as they are ------------------------------------

LEDGER_NAMES = ("request_id", "created_at", "user_id", "token_id", "channel_id", "amount")
LOG_NAMES = (
    "user_id",
    "created_at",
    "type",
    "content",
    "username",
    "token_name",
    "model_name",
    "quota",
    "prompt_tokens",
    "completion_tokens",
    "channel_id",
    "request_id",
    "elapsed_time",
    "is_stream",
    "system_prompt_reset",
    "end_cause",
    "attempts",
)


def _insert(table: Table, names: Sequence[str], product: str) -> str:
    if product == "postgresql":
        marks = [f"${number}" for number in range(1, len(names) + 1)]
    else:
        marks = ["?" if product == "sqlite" else "%s"] * len(names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(marks)})"  # noqa: S608  # our names


def _entry(settlement: Settlement) -> tuple[Any, ...]:
    return (
        settlement.request_id,
        settlement.settled_at,
        settlement.user_id,
        settlement.token_id,
        settlement.channel_id,
        settlement.amount,
    )


def _log_row(settlement: Settlement) -> tuple[Any, ...]:
    return (
        settlement.user_id,
        settlement.settled_at,
        int(LogType.CONSUME),
        settlement.content,
        settlement.username,
        settlement.token_name,
        settlement.model,
        settlement.amount,
        settlement.prompt_tokens,
        settlement.completion_tokens,
        settlement.channel_id,
        settlement.request_id,
        settlement.elapsed_ms,
        settlement.is_stream,
        settlement.system_prompt_reset,
        settlement.end_cause,
        settlement.attempts,
    )
