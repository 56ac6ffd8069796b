"""The ledger's invariants, over a fake store, with failures and crashes at every step."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from attrs import define
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from oneapi.application.ledger import LEASE, Ledger, LedgerLimits
from oneapi.domain.errors import QuotaError, StorageUnavailable, TokenQuotaExhausted, UserQuotaExhausted
from oneapi.domain.quota import Hold, Settlement
from oneapi.domain.tokens import Account, Token
from oneapi.domain.users import User
from tests.fakes.ledger_store import FakeLedgerStore
from tests.fakes.spool import Disk, FakeSpool

USER, TOKEN = 7, 70


@define
class Time:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class World:
    """One database, one disk, and the processes that share them."""

    def __init__(self, quota: int, remain: int | None = None) -> None:
        self.store = FakeLedgerStore()
        self.store.add_account(USER, quota=quota, token_id=TOKEN, remain=remain)
        self.limited = remain is not None
        self.granted = quota
        self.disk = Disk()
        self.time = Time()
        self.started = 0

    def process(self) -> Ledger:
        self.started += 1
        spool = FakeSpool(self.disk, f"process-{self.started}")
        return Ledger(self.store, self, spool, clock=self.time, limits=LedgerLimits())

    async def account_by_key(self, key: str) -> Account | None:
        user, token = self.store.users[USER], self.store.tokens[TOKEN]
        return Account(
            Token(
                id=TOKEN,
                user_id=USER,
                key=key,
                status=1,
                name="t",
                expired_time=-1,
                remain_quota=token.remain,
                unlimited_quota=not self.limited,
            ),
            User(id=USER, username="u", role=1, status=1, group="default", quota=user.quota),
        )

    async def set_token_status(self, token_id: int, status: int) -> None:  # noqa: ARG002
        raise AssertionError("the ledger does not touch a token's status")

    async def account(self) -> Account:
        account = await self.account_by_key("k")
        assert account is not None
        return account


def charge(hold: Hold, amount: int, **fields: Any) -> Settlement:
    values: dict[str, Any] = {
        "request_id": hold.request_id,
        "settled_at": 1,
        "user_id": hold.user_id,
        "token_id": hold.token_id,
        "token_limited": hold.token_limited,
        "channel_id": 3,
        "amount": amount,
        "held": 0,
        "write_log": True,
        "username": "u",
        "token_name": "t",
        "model": "m",
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "content": "",
        "is_stream": False,
        "elapsed_ms": 1,
        "system_prompt_reset": False,
        "end_cause": "delivered",
        "attempts": "",
    }
    return Settlement(**(values | fields))


async def test_rich_account_is_held_without_the_database() -> None:
    world = World(quota=64_000)
    ledger = world.process()
    world.store.down = True
    hold = await ledger.hold("r1", await world.account(), 1000)
    ledger.settle(charge(hold, 10))
    world.store.down = False
    await ledger.flush()
    assert world.store.users[USER].quota == 64_000 - 10


async def test_poor_account_is_held_in_the_database() -> None:
    world = World(quota=1500)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 1000)
    assert world.store.users[USER].quota == 500
    ledger.settle(charge(hold, 300))
    await ledger.flush()
    assert world.store.users[USER].quota == 1200


async def test_limited_token_binds_a_rich_user() -> None:
    world = World(quota=10**9, remain=150)
    ledger = world.process()
    await ledger.hold("r1", await world.account(), 100)
    with pytest.raises(TokenQuotaExhausted):
        await ledger.hold("r2", await world.account(), 100)


async def test_no_quota_is_refused() -> None:
    world = World(quota=0)
    with pytest.raises(UserQuotaExhausted):
        await world.process().hold("r1", await world.account(), 1)


async def test_what_is_owed_back_counts_before_a_refusal() -> None:
    world = World(quota=1000)
    ledger = world.process()
    for number in range(10):
        hold = await ledger.hold(f"r{number}", await world.account(), 910)
        ledger.settle(charge(hold, 10))
    await ledger.flush()
    assert world.store.users[USER].quota == 900


async def test_release_gives_everything_back() -> None:
    world = World(quota=1000)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 1000)
    ledger.release(hold)
    await ledger.flush()
    assert world.store.users[USER].quota == 1000
    assert not world.store.holds


async def test_a_request_cannot_end_twice() -> None:
    world = World(quota=10**9)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 10)
    ledger.settle(charge(hold, 5))
    with pytest.raises(KeyError):
        ledger.settle(charge(hold, 5))
    with pytest.raises(KeyError):
        ledger.release(hold)


async def test_free_request_of_an_empty_account_is_admitted_and_recorded() -> None:
    world = World(quota=0)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 0)
    ledger.settle(charge(hold, 0))
    await ledger.flush()
    assert world.store.users[USER].quota == 0
    assert world.store.ledger == {"r1": 0}


async def test_commit_that_succeeded_unseen_is_not_applied_twice() -> None:
    world = World(quota=10**6)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 100)
    ledger.settle(charge(hold, 100))
    world.store.lose_next_answer = True
    with pytest.raises(StorageUnavailable):
        await ledger.flush()
    await ledger.flush()
    assert world.store.users[USER].quota == 10**6 - 100


async def test_long_request_shows_its_hold_to_other_processes() -> None:
    world = World(quota=64_000)
    here, there = world.process(), world.process()
    await here.hold("r1", await world.account(), 1000)
    world.time.now += 2
    await here.flush()
    assert world.store.users[USER].quota == 63_000
    with pytest.raises(UserQuotaExhausted):
        await there.hold("r2", await world.account(), 63_500)


async def test_cancelled_reservation_is_given_back() -> None:
    world = World(quota=1000)
    ledger = world.process()
    world.store.gate = asyncio.Event()
    task = asyncio.create_task(ledger.hold("r1", await world.account(), 1000))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    world.store.gate.set()
    await ledger.close()
    assert world.store.users[USER].quota == 1000
    assert not world.store.holds


async def test_dead_process_leaves_its_charges_and_no_hold() -> None:
    world = World(quota=3000)
    dead = world.process()
    first = await dead.hold("r1", await world.account(), 1000)
    await dead.hold("r2", await world.account(), 1000)
    dead.settle(charge(first, 600))
    world.disk.living.clear()
    heir = world.process()
    assert await heir.recover() == 1
    assert await heir.recover() == 0
    assert world.store.users[USER].quota == 3000 - 600
    assert not world.store.holds


async def test_hold_of_a_lost_host_ends_with_its_lease() -> None:
    world = World(quota=1000)
    await world.process().hold("r1", await world.account(), 1000)
    world.time.now += LEASE - 1
    other = world.process()
    await other.recover()
    assert world.store.users[USER].quota == 0
    world.time.now += 2
    await other.recover()
    assert world.store.users[USER].quota == 1000


class LedgerMachine(RuleBasedStateMachine):
    """Several processes, random requests, a database that fails, crashes: money is conserved throughout."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World(quota=20_000, remain=15_000)
        self.processes = [self.world.process(), self.world.process()]
        self.open: list[tuple[Ledger, Hold]] = []
        self.charged: dict[str, int] = {}
        self.number = 0

    def teardown(self) -> None:
        try:
            self.check_at_rest()
        finally:
            self.loop.close()

    def check_at_rest(self) -> None:
        self.world.store.down = self.world.store.lose_next_answer = False
        for ledger, hold in self.open:
            ledger.release(hold)
        for ledger in self.processes:
            self.run(ledger.flush())
        spent = sum(self.charged.values())
        assert self.world.store.ledger == self.charged
        assert self.world.store.users[USER].quota == 20_000 - spent
        assert self.world.store.tokens[TOKEN].remain == 15_000 - spent
        assert not self.world.store.holds
        assert spent <= 15_000

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @rule(which=st.integers(0, 1), amount=st.integers(0, 6000))
    def admit(self, which: int, amount: int) -> None:
        self.number += 1
        ledger = self.processes[which]
        try:
            account = self.run(self.world.account())
            hold = self.run(ledger.hold(f"r{self.number}", account, amount))
        except (QuotaError, StorageUnavailable):
            return
        self.open.append((ledger, hold))

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        ledger, hold = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        amount = data.draw(st.integers(0, hold.amount))
        ledger.settle(charge(hold, amount))
        self.charged[hold.request_id] = amount

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        ledger, hold = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        ledger.release(hold)

    @rule(which=st.integers(0, 1))
    def flush(self, which: int) -> None:
        with contextlib.suppress(StorageUnavailable):
            self.run(self.processes[which].flush())

    @rule(seconds=st.floats(0.1, 100))
    def wait(self, seconds: float) -> None:
        self.world.time.now += seconds

    @rule()
    def database_goes_away(self) -> None:
        self.world.store.down = True

    @rule()
    def database_comes_back(self) -> None:
        self.world.store.down = False

    @rule()
    def commit_answer_is_lost(self) -> None:
        self.world.store.lose_next_answer = True

    @precondition(lambda self: not self.world.store.down)
    @rule(which=st.integers(0, 1))
    def crash_and_restart(self, which: int) -> None:
        dead = self.processes[which]
        self.open = [(ledger, hold) for ledger, hold in self.open if ledger is not dead]
        self.world.disk.living.discard(f"process-{self._index(dead)}")
        self.processes[which] = self.world.process()
        self.world.store.lose_next_answer = False
        self.run(self.processes[which].recover())

    def _index(self, ledger: Ledger) -> str:
        return ledger._spool.owner.removeprefix("process-")  # noqa: SLF001  # who is to die

    @invariant()
    def wallet_is_granted_minus_ledger_minus_open_holds(self) -> None:
        store = self.world.store
        held = sum(hold.amount for hold in store.holds.values())
        assert store.users[USER].quota == 20_000 - sum(store.ledger.values()) - held


LedgerMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLedgerMachine = LedgerMachine.TestCase
