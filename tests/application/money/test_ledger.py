"""The ledger's invariants, over a fake store, with failures and crashes at every step."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from attrs import define, evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from oneapi.application.money.ledger import LEASE, Ledger, LedgerLimits
from oneapi.domain.errors import (
    QuotaError,
    StorageUnavailable,
    TokenQuotaExhausted,
    TokenRefused,
    TokenSpent,
    UserQuotaExhausted,
)
from oneapi.domain.money.quota import LARGEST_BALANCE, Hold, Settlement
from oneapi.domain.people.tokens import Token
from oneapi.domain.people.users import Account, User
from tests.fakes.money.ledger_store import FakeLedgerStore
from tests.fakes.money.spool import Disk, FakeSpool

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

    def process(self, patience: float = 0) -> Ledger:
        self.started += 1
        spool = FakeSpool(self.disk, f"process-{self.started}")
        return Ledger(self.store, self, spool, clock=self.time, limits=LedgerLimits(patience=patience))

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

    async def set_token_status(self, token_id: int, status: int) -> bool:  # noqa: ARG002
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


async def test_a_rich_account_is_held_without_the_database() -> None:
    world = World(quota=64_000)
    ledger = world.process()
    world.store.down = True
    hold = await ledger.hold("r1", await world.account(), 1000)
    ledger.settle(charge(hold, 10))
    world.store.down = False
    await ledger.flush()
    assert world.store.users[USER].quota == 64_000 - 10


async def test_a_poor_account_is_held_in_the_database() -> None:
    world = World(quota=1500)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 1000)
    assert world.store.users[USER].quota == 500
    ledger.settle(charge(hold, 300))
    await ledger.flush()
    assert world.store.users[USER].quota == 1200


async def test_a_limited_token_limits_a_rich_user() -> None:
    world = World(quota=10**9, remain=150)
    ledger = world.process()
    await ledger.hold("r1", await world.account(), 100)
    with pytest.raises(TokenQuotaExhausted):
        await ledger.hold("r2", await world.account(), 100)


async def test_an_account_without_quota_is_refused() -> None:
    world = World(quota=0)
    with pytest.raises(UserQuotaExhausted):
        await world.process().hold("r1", await world.account(), 1)


async def test_pending_releases_count_before_a_refusal() -> None:
    world = World(quota=1000)
    ledger = world.process()
    for number in range(10):
        hold = await ledger.hold(f"r{number}", await world.account(), 910)
        ledger.settle(charge(hold, 10))
    await ledger.flush()
    assert world.store.users[USER].quota == 900


async def test_a_release_gives_everything_back() -> None:
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


async def test_a_free_request_of_an_empty_account_is_admitted_and_recorded() -> None:
    world = World(quota=0)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 0)
    ledger.settle(charge(hold, 0))
    await ledger.flush()
    assert world.store.users[USER].quota == 0
    assert world.store.ledger == {"r1": 0}


async def test_a_commit_that_succeeded_unseen_is_not_applied_twice() -> None:
    world = World(quota=10**6)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 100)
    ledger.settle(charge(hold, 100))
    world.store.lose_next_answer = True
    with pytest.raises(StorageUnavailable):
        await ledger.flush()
    await ledger.flush()
    assert world.store.users[USER].quota == 10**6 - 100


async def test_the_hold_of_a_long_request_is_stored_for_other_processes() -> None:
    world = World(quota=64_000)
    here, there = world.process(), world.process()
    await here.hold("r1", await world.account(), 1000)
    world.time.now += 2
    await here.flush()
    assert world.store.users[USER].quota == 63_000
    with pytest.raises(UserQuotaExhausted):
        await there.hold("r2", await world.account(), 63_500)


async def test_a_cancelled_reservation_is_given_back() -> None:
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


async def test_a_dead_process_leaves_its_charges_and_no_hold() -> None:
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


async def test_the_hold_of_a_lost_host_ends_with_its_lease() -> None:
    world = World(quota=1000)
    await world.process().hold("r1", await world.account(), 1000)
    world.time.now += LEASE - 1
    other = world.process()
    await other.recover()
    assert world.store.users[USER].quota == 0
    world.time.now += 2
    await other.recover()
    assert world.store.users[USER].quota == 1000


# --- one request, several attempts ------------------------------------------------------------


@pytest.mark.parametrize("quota", [3000, 10**6])
async def test_a_more_expensive_attempt_enlarges_the_hold(quota: int) -> None:
    world = World(quota=quota, remain=quota)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 1000)
    for amount in (1000, 2000, 500):
        hold = await ledger.cover(hold, await world.account(), amount)
    ledger.settle(charge(hold, 1500))
    await ledger.flush()
    assert (world.store.users[USER].quota, world.store.tokens[TOKEN].remain) == (quota - 1500, quota - 1500)
    assert not world.store.holds


async def test_an_attempt_that_cannot_be_covered_leaves_no_hold() -> None:
    world = World(quota=1000)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 600)
    with pytest.raises(UserQuotaExhausted):
        await ledger.cover(hold, await world.account(), 1001)
    await ledger.flush()
    assert (world.store.users[USER].quota, world.store.holds) == (1000, {})


async def test_a_hold_that_was_promoted_meanwhile_is_replaced() -> None:
    world = World(quota=640_000)
    ledger = world.process()
    hold = await ledger.hold("r1", await world.account(), 1000)
    world.time.now += 2
    await ledger.flush()
    assert world.store.users[USER].quota == 639_000
    hold = await ledger.cover(hold, await world.account(), 300_000)
    assert world.store.users[USER].quota == 340_000
    ledger.settle(charge(hold, 10))
    await ledger.flush()
    assert (world.store.users[USER].quota, world.store.holds) == (640_000 - 10, {})


# --- requests of uncertain cost ---------------------------------------------------------------


@pytest.mark.parametrize(("quota", "remain"), [(2000, None), (10**9, 2000), (2000, 2000)])
async def test_a_poor_purse_serves_one_uncertain_request_at_a_time(quota: int, remain: int | None) -> None:
    world = World(quota=quota, remain=remain)
    ledgers = [world.process(), world.process()]
    hold = await ledgers[0].hold("r0", await world.account(), 10, 40_000)
    refused = 0
    for number in range(1, 10):
        try:
            await ledgers[number % 2].hold(f"r{number}", await world.account(), 10, 40_000)
        except QuotaError:
            refused += 1
    assert refused == 9
    ledgers[0].settle(charge(hold, 40_000))
    await ledgers[0].flush()
    assert world.store.users[USER].quota == quota - 40_000
    assert not world.store.holds


async def test_fully_covered_requests_run_in_parallel() -> None:
    world = World(quota=100_000)
    ledger = world.process()
    holds = [await ledger.hold(f"r{number}", await world.account(), 10, 40_000) for number in range(3)]
    with pytest.raises(UserQuotaExhausted):
        await ledger.hold("r3", await world.account(), 10, 40_000)
    for hold in holds:
        ledger.settle(charge(hold, 40_000))
    await ledger.flush()
    assert world.store.users[USER].quota == -20_000, "overdrawn by less than one answer"


async def test_poor_tokens_of_one_rich_user_do_not_wait_for_each_other() -> None:
    world = World(quota=10**6, remain=100)
    world.store.add_account(USER, quota=10**6, token_id=TOKEN + 1, remain=100)
    ledger = world.process()
    first = await world.account()
    await ledger.hold("r1", first, 10, 40_000)
    await ledger.hold("r2", evolve(first, token=evolve(first.token, id=TOKEN + 1)), 10, 40_000)
    assert world.store.users[USER].quota == 10**6 - 80_000


async def test_a_second_request_waits_for_the_first() -> None:
    world = World(quota=2000)
    ledger = world.process(patience=5)
    first = await ledger.hold("r1", await world.account(), 10, 40_000)
    waiting = [
        asyncio.create_task(ledger.hold(f"w{number}", await world.account(), 10, 40_000))
        for number in range(3)
    ]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in waiting)
    ledger.settle(charge(first, 100))
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=4)
    [second] = [task.result() for task in done]
    ledger.settle(charge(second, 5000))
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(result, UserQuotaExhausted) for result in results) == 2
    await ledger.flush()
    assert world.store.users[USER].quota == 2000 - 5100


async def test_a_small_balance_is_served_one_request_after_another() -> None:
    world = World(quota=2000)
    ledger = world.process()
    for number in range(19):
        hold = await ledger.hold(f"r{number}", await world.account(), 10, 40_000)
        ledger.settle(charge(hold, 100))
    await ledger.flush()
    assert world.store.users[USER].quota == 100


async def test_without_the_database_quota_for_the_certain_part_is_enough() -> None:
    world = World(quota=64_000)
    ledger = world.process()
    account = await world.account()
    world.store.down = True
    hold = await ledger.hold("r1", account, 1000, 40_000)
    with pytest.raises(StorageUnavailable):
        await ledger.hold("r2", account, 1000, 40_000)
    ledger.settle(charge(hold, 2500))
    world.store.down = False
    await ledger.flush()
    assert (world.store.users[USER].quota, world.store.holds) == (61_500, {})


async def test_charges_beyond_their_hold_are_marked() -> None:
    world = World(quota=10**6)
    ledger = world.process()
    for name, amount in (("within", 1000), ("beyond", 1007)):
        ledger.settle(charge(await ledger.hold(name, await world.account(), 1000), amount))
    await ledger.flush()
    assert {row.request_id: row.overrun for row in world.store.logs} == {"within": 0, "beyond": 7}


async def test_an_overdrawn_token_gets_the_same_error_as_in_authentication() -> None:
    world = World(quota=10**6, remain=-1)
    with pytest.raises(TokenSpent):
        await world.process().hold("r1", await world.account(), 1)


# --- charges that the database refuses permanently --------------------------------------------


async def test_a_refused_charge_does_not_delay_others() -> None:
    world = World(quota=10**6)
    ledger = world.process()
    heard: list[str] = []
    ledger.on_set_aside = lambda settlement: heard.append(settlement.request_id)
    world.store.refuses = {"r3", "r7"}
    for number in range(10):
        ledger.settle(charge(await ledger.hold(f"r{number}", await world.account(), 10), 10))
    await ledger.flush()
    assert len(world.store.ledger) == 8
    assert (ledger.pending, ledger.writing, ledger.set_aside, sorted(heard)) == (0, True, 2, ["r3", "r7"])
    assert world.store.users[USER].quota == 10**6 - 80
    ledger.settle(charge(await ledger.hold("after", await world.account(), 10), 10))
    await ledger.flush()
    assert "after" in world.store.ledger


async def test_charges_that_were_set_aside_are_recovered_once() -> None:
    world = World(quota=1000)
    ledger = world.process()
    world.store.refuses = {"r1"}
    ledger.settle(charge(await ledger.hold("r1", await world.account(), 900), 30))
    await ledger.flush()
    assert (world.store.users[USER].quota, world.store.holds) == (1000, {}), "nothing is held for it"
    assert await ledger.retry_set_aside() == (0, 1)
    world.store.refuses = set()
    other = world.process()
    assert await other.retry_set_aside() == (1, 0)
    assert await other.retry_set_aside() == (0, 0)
    assert world.store.users[USER].quota == 970
    assert ledger.set_aside == 0


async def test_recovery_never_raises_and_continues_after_failures() -> None:
    world = World(quota=10**6)
    dead = world.process()
    for name in ("bad", "good"):
        dead.settle(charge(await dead.hold(name, await world.account(), 10), 10))
    world.disk.living.clear()
    world.store.refuses = {"bad"}
    world.store.down = True
    heir = world.process()
    assert await heir.recover() == 0
    world.store.down = False
    assert await heir.recover() == 2
    assert set(world.store.ledger) == {"good"}
    assert heir.set_aside == 1


async def test_while_nothing_can_be_written_the_ledger_is_not_ready_and_loses_nothing() -> None:
    world = World(quota=10**6)
    ledger = world.process()
    ledger.settle(charge(await ledger.hold("r1", await world.account(), 10), 10))
    world.store.down = True
    with pytest.raises(StorageUnavailable):
        await ledger.flush()
    assert not ledger.writing
    world.store.down = False
    await ledger.flush()
    assert ledger.writing
    assert world.store.ledger == {"r1": 10}


@pytest.mark.parametrize("number", [-1, 2**53, 2**63, 10**30, -(10**30)])
def test_the_numbers_of_a_settlement_are_within_bounds(number: int) -> None:
    hold = Hold("r", USER, TOKEN, token_limited=True, amount=5, opened_at=1.0)
    names = ("settled_at", "held", "prompt_tokens", "completion_tokens", "elapsed_ms", "overrun")
    made = charge(hold, number, **dict.fromkeys(names, number))
    assert 0 <= made.amount <= LARGEST_BALANCE
    assert all(0 <= getattr(made, name) <= LARGEST_BALANCE for name in names)


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
        self.world.store.refuses = set()
        self.run(self.processes[0].retry_set_aside())
        spent = sum(self.charged.values())
        assert self.world.store.ledger == self.charged
        assert self.world.store.users[USER].quota == 20_000 - spent
        assert self.world.store.tokens[TOKEN].remain == 15_000 - spent
        assert not self.world.store.holds
        assert spent <= 15_000

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @rule(which=st.integers(0, 1), amount=st.integers(0, 6000), more=st.integers(0, 3000))
    def admit(self, which: int, amount: int, more: int) -> None:
        self.number += 1
        ledger = self.processes[which]
        try:
            account = self.run(self.world.account())
            hold = self.run(ledger.hold(f"r{self.number}", account, amount, amount + more))
        except (QuotaError, TokenRefused, StorageUnavailable):
            return
        self.open.append((ledger, hold))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), amount=st.integers(0, 6000))
    def try_another_channel(self, data: st.DataObject, amount: int) -> None:
        ledger, hold = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        try:
            self.open.append((ledger, self.run(ledger.cover(hold, self.run(self.world.account()), amount))))
        except (QuotaError, TokenRefused, StorageUnavailable):
            return

    @rule()
    def the_database_refuses_some(self) -> None:
        self.world.store.refuses = {f"r{number}" for number in range(self.number % 5, 200, 5)}

    @precondition(lambda self: self.open)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        ledger, hold = self.open.pop(data.draw(st.integers(0, len(self.open) - 1)))
        amount = data.draw(st.integers(0, min(hold.amount, hold.token_amount)))
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
        return ledger._spool.owner.removeprefix("process-")  # noqa: SLF001  # the process to kill

    @invariant()
    def wallet_is_granted_minus_ledger_minus_open_holds(self) -> None:
        store = self.world.store
        held = sum(hold.amount for hold in store.holds.values())
        assert store.users[USER].quota == 20_000 - sum(store.ledger.values()) - held


LedgerMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLedgerMachine = LedgerMachine.TestCase
