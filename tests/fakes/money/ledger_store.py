"""The ledger's store in memory: every method is one transaction, and can be made to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, evolve, field

from oneapi.domain.errors import StorageUnavailable, UnstorableValue
from oneapi.domain.money.quota import Balances, Shortage, within

if TYPE_CHECKING:
    import asyncio

    from oneapi.domain.money.quota import Batch, Hold, Settlement


@define
class FakeUser:
    quota: int
    used: int = 0
    requests: int = 0


@define
class FakeToken:
    remain: int
    limited: bool
    used: int = 0


@define
class StoredHold:
    hold: Hold
    owner: str
    expires_at: float

    @property
    def amount(self) -> int:
        return self.hold.amount


@define
class FakeLedgerStore:
    """Each method is one transaction.

    ``down``: nothing can be reached. ``lose_next_answer``: the next ``apply`` commits and then fails. ``gate``:
    reservations wait for it. ``refuses``: request ids whose settlements are refused for good.
    """

    users: dict[int, FakeUser] = field(factory=dict)
    tokens: dict[int, FakeToken] = field(factory=dict)
    channels: dict[int, int] = field(factory=dict)
    holds: dict[str, StoredHold] = field(factory=dict)
    #: request id -> amount
    ledger: dict[str, int] = field(factory=dict)
    logs: list[Settlement] = field(factory=list)
    down: bool = False
    lose_next_answer: bool = False
    gate: asyncio.Event | None = None
    refuses: set[str] = field(factory=set)

    def add_account(self, user_id: int, *, quota: int, token_id: int, remain: int | None = None) -> None:
        """Add an account; ``remain`` None makes an unlimited token."""
        self.users[user_id] = FakeUser(quota)
        self.tokens[token_id] = FakeToken(remain or 0, limited=remain is not None)

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
        if self.gate is not None:
            await self.gate.wait()
        self._reach()
        before = self.holds.get(hold.request_id)
        if replaces:
            self._give_back(hold.request_id)
        try:
            return self._reserve(hold, owner, expires_at, user_floor, token_floor)
        except Shortage:
            if replaces and before is not None:
                self._store(before.hold, before.owner, before.expires_at)
            raise

    def _reserve(self, hold: Hold, owner: str, expires_at: float, user_floor: int, token_floor: int) -> Hold:
        others = [stored.hold for stored in self.holds.values()]
        of_user = [other for other in others if other.user_id == hold.user_id]
        quota = self.users[hold.user_id].quota
        amount = token_amount = _taken(hold, quota, user_floor, sum(other.amount for other in of_user))
        of_token = [other for other in others if other.token_limited and other.token_id == hold.token_id]
        if hold.token_limited:
            held = sum(other.token_amount for other in of_token)
            token_amount = _taken(hold, self.tokens[hold.token_id].remain, token_floor, held)
        if amount < hold.wanted and any(other.amount < other.wanted for other in of_user):
            raise Shortage(busy=True)
        if token_amount < hold.wanted and any(other.token_amount < other.wanted for other in of_token):
            raise Shortage(busy=True)
        assert hold.request_id not in self.holds, "a second hold of one request"
        made = evolve(hold, amount=amount, token_amount=token_amount, stored=True)
        if hold.wanted:
            self._store(made, owner, expires_at)
        return made

    async def apply(self, batch: Batch, *, owner: str, expires_at: float) -> Balances:
        self._reach()
        if self.refuses & {settlement.request_id for settlement in batch.settlements}:
            raise UnstorableValue(cause="value out of range")
        for hold in batch.promoted:
            if hold.request_id not in self.holds:
                self._store(hold, owner, expires_at)
        for settlement in batch.settlements:
            if settlement.request_id in self.ledger:
                assert batch.replayed, "a settlement came twice outside of a replay"
                continue
            self._settle(settlement)
        for hold in batch.released:
            self._give_back(hold.request_id)
        for request_id in batch.renewed:
            if request_id in self.holds:
                self.holds[request_id].expires_at = expires_at
        if self.lose_next_answer:
            self.lose_next_answer = False
            raise StorageUnavailable
        return Balances(
            users={key: user.quota for key, user in self.users.items()},
            tokens={key: token.remain for key, token in self.tokens.items() if token.limited},
        )

    async def release_owned(self, owner: str) -> int:
        self._reach()
        return self._end([key for key, stored in self.holds.items() if stored.owner == owner])

    async def sweep(self, now: float) -> int:
        self._reach()
        return self._end([key for key, stored in self.holds.items() if stored.expires_at < now])

    def _reach(self) -> None:
        if self.down:
            raise StorageUnavailable

    def _store(self, hold: Hold, owner: str, expires_at: float) -> None:
        self._move(hold.user_id, hold.token_id, hold.amount, hold.token_amount)
        self.holds[hold.request_id] = StoredHold(evolve(hold, stored=True), owner, expires_at)

    def _settle(self, settlement: Settlement) -> None:
        if settlement.held:
            self._give_back(settlement.request_id)
        self._move(settlement.user_id, settlement.token_id, settlement.amount, settlement.amount)
        user, token = self.users[settlement.user_id], self.tokens[settlement.token_id]
        user.used = within(user.used + settlement.amount)
        user.requests += 1
        token.used = within(token.used + settlement.amount)
        channel = settlement.channel_id
        self.channels[channel] = within(self.channels.get(channel, 0) + settlement.amount)
        self.ledger[settlement.request_id] = settlement.amount
        if settlement.write_log:
            self.logs.append(settlement)

    def _give_back(self, request_id: str) -> None:
        stored = self.holds.pop(request_id, None)
        if stored is not None:
            hold = stored.hold
            self._move(hold.user_id, hold.token_id, -hold.amount, -hold.token_amount)

    def _end(self, request_ids: list[str]) -> int:
        for request_id in request_ids:
            self._give_back(request_id)
        return len(request_ids)

    def _move(self, user_id: int, token_id: int, amount: int, token_amount: int) -> None:
        self.users[user_id].quota = within(self.users[user_id].quota - amount)
        if self.tokens[token_id].limited:
            self.tokens[token_id].remain = within(self.tokens[token_id].remain - token_amount)


def _taken(hold: Hold, left: int, floor: int, held: int) -> int:
    for amount in (hold.wanted, hold.least):
        if left >= amount + floor:
            return amount
    raise Shortage(busy=left + held >= hold.least)
