"""One request from caller to bill, with fakes: failover, delivery, and the cost of each ending."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest
from attrs import evolve

from oneapi.adapters.dialects import SURFACES
from oneapi.application.catalog import Snapshot, without
from oneapi.application.channels.health import ChannelHealth
from oneapi.application.money.ledger import Ledger, LedgerLimits
from oneapi.application.money.metering import Meter
from oneapi.application.relay.authentication import Caller
from oneapi.application.relay.serving import Relay
from oneapi.data import traits_of
from oneapi.domain.errors import (
    AccessDenied,
    Fault,
    GatewayError,
    InvalidParameter,
    NoChannel,
    PinnedChannelDisabled,
    PinnedChannelUnknown,
    UpstreamBroken,
    UpstreamGarbage,
    UpstreamRefusal,
    UpstreamUnreachable,
    UserQuotaExhausted,
)
from oneapi.domain.media import ImageLimits
from oneapi.domain.money.pricing import LARGEST_OUTPUT, PriceBook, Tables
from oneapi.domain.options import Options
from oneapi.domain.people.tokens import Token
from oneapi.domain.people.users import Account, User
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel, ChannelStatus
from oneapi.domain.routing.ranking import by_priority
from oneapi.domain.usage import Usage
from oneapi.domain.work import Work
from tests.fakes.messages import FakeNotices
from tests.fakes.money.ledger_store import FakeLedgerStore
from tests.fakes.money.spool import Disk, FakeSpool
from tests.fakes.relay.upstream import FakeAnswer, FakeCounter, FakeReply, FakeUpstream

if TYPE_CHECKING:
    from oneapi.domain.money.quota import Settlement

QUOTA = 10_000_000


class FakeCatalog:
    def __init__(self, snapshot: Snapshot) -> None:
        self.current = snapshot
        self.refreshed = 0

    async def refresh(self) -> None:
        self.refreshed += 1

    def withdraw(self, channel: Channel) -> None:
        self.current = without(self.current, channel)

    def restore(self, channel_id: int) -> None:
        """Do nothing: there is no database from which to read the channel."""


class FakeChannels:
    def __init__(self) -> None:
        self.statuses: list[tuple[int, int]] = []

    async def set_status(self, channel_id: int, status: int, *, only_from: int | None = None) -> bool:  # noqa: ARG002
        self.statuses.append((channel_id, status))
        return True


def channel(number: int, **fields: Any) -> Channel:
    values: dict[str, Any] = {
        "status": ChannelStatus.ENABLED,
        "name": f"c{number}",
        "models": ("m",),
    } | fields
    return Channel(id=number, type=1, key="k", **values)


class World:
    """A relay with its fakes. The model ``m`` costs one unit per token."""

    def __init__(self, *channels: Channel, quota: int = QUOTA, **options: Any) -> None:
        self.store = FakeLedgerStore()
        self.store.add_account(1, quota=quota, token_id=1)
        self.upstream = FakeUpstream()
        self.channels = FakeChannels()
        tables = Tables({"m": Decimal(1), "n": Decimal(3)}, {}, (), {}, {"default": Decimal(1)})
        settings = Options(**({"pre_consumed_quota": 0} | options))
        enabled = [one for one in channels if one.enabled]
        snapshot = Snapshot(
            channels={one.id: one for one in channels},
            routes={("default", "m"): by_priority(enabled)},
            models={},
            known_models=frozenset(("m", "n")),
            options=settings,
            prices=PriceBook.from_options(settings, tables),
            stored={},
        )
        self.catalog = catalog = cast("Any", FakeCatalog(snapshot))
        self.account = Account(
            Token(1, 1, "k", 1, "t", -1, 0, unlimited_quota=True),
            User(1, "u", 1, 1, "default", quota),
        )
        reader: Any = self
        self.ledger = Ledger(
            self.store, reader, FakeSpool(Disk(), "p"), clock=lambda: 1000.0, limits=LedgerLimits()
        )
        health_channels: Any = self.channels
        notices: Any = FakeNotices()
        self.health = ChannelHealth(
            health_channels, catalog, clock=lambda: 1000.0, metric=None, notices=notices
        )
        self.relay = Relay(
            catalog,
            self.ledger,
            self.upstream,
            Meter(FakeCounter(), ImageLimits({}, {}, {}, {}), SURFACES, traits_of),
            self.health,
            clock=lambda: 1000.0,
            draw=lambda: 0.0,
        )

    async def account_by_key(self, key: str) -> Account:  # noqa: ARG002
        return self.account

    async def ask(self, reply: FakeReply | None = None, **fields: Any) -> FakeReply:
        reply = reply or FakeReply()
        pinned = fields.pop("pinned", None)
        body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
        values: dict[str, Any] = {
            "model": "m",
            "fields": body,
            "work": Work.CONVERSE,
            "body": b"{}",
        } | fields
        request = RelayRequest(dialect="openai_chat", **values)
        admission = self.relay.admit(Caller(self.account, pinned), request.model)
        await self.relay.serve(admission, request, reply, "r1")
        return reply

    async def bill(self) -> Settlement | None:
        """The settlement of the request, once everything is committed. Asserts that the balances agree with it."""
        await self.relay.close()
        await self.ledger.flush()
        user = self.store.users[1]
        spent = sum(self.store.ledger.values())
        assert not self.store.holds
        assert user.used == spent
        return self.store.logs[-1] if self.store.logs else None


async def test_a_whole_answer_is_delivered_and_billed_by_usage() -> None:
    world = World(channel(1))
    world.upstream.will(1, FakeAnswer((b"body",), Usage(10, 5)))
    reply = await world.ask()
    assert (reply.status, reply.sent) == (200, [b"body"])
    bill = await world.bill()
    assert bill is not None
    assert (bill.amount, bill.prompt_tokens, bill.completion_tokens) == (15, 10, 5)
    assert (bill.end_cause, bill.channel_id, bill.attempts) == ("delivered", 1, "")


async def test_dropped_features_are_on_the_log_row() -> None:
    world = World(channel(1))
    world.upstream.will(1, FakeAnswer((b"body",), Usage(10, 5), left_out=("web_search", "truncation")))
    await world.ask()
    bill = await world.bill()
    assert bill is not None
    assert bill.content.endswith("; web_search, truncation")


async def test_a_conversation_stays_with_its_channel() -> None:
    tried = []
    for affinity in ("a", "a", "b", "c", "d", "e"):
        world = World(channel(1), channel(2))
        for number in (1, 2):
            world.upstream.will(number, FakeAnswer((b"body",), Usage(10, 5)))
        await world.ask(affinity=affinity)
        tried.append(world.upstream.calls[0][0])
    assert tried[0] == tried[1]
    assert set(tried) == {1, 2}


async def test_a_stream_ends_with_its_marker_after_it_was_charged() -> None:
    world = World(channel(1))
    world.upstream.will(1, FakeAnswer((b"a", b"b"), Usage(10, 5), streaming=True))
    reply = await world.ask()
    assert reply.sent == [b"a", b"b", b"[END]"]
    assert reply.finished
    bill = await world.bill()
    assert bill is not None
    assert bill.amount == 15
    assert bill.is_stream


async def test_opaque_bytes_are_passed_on_as_they_arrive() -> None:
    world = World(channel(1))
    answer = FakeAnswer((b"a", b"b"), Usage(10, 5), in_pieces=True)
    world.upstream.will(1, answer)
    reply = await world.ask()
    assert (reply.sent, reply.finished, answer.closed) == ([b"a", b"b"], True, True)
    bill = await world.bill()
    assert bill is not None
    assert (bill.amount, bill.is_stream, bill.end_cause) == (15, False, "delivered")


async def test_bytes_that_break_off_end_the_connection_and_are_free() -> None:
    world = World(channel(1))
    world.upstream.will(1, FakeAnswer((b"a", UpstreamBroken("cut")), Usage(10, 5), in_pieces=True))
    reply = await world.ask()
    assert (reply.sent, reply.was_cut, reply.finished) == ([b"a"], True, False)
    assert await world.bill() is None


async def test_a_client_that_leaves_within_bytes_pays_for_them() -> None:
    world = World(channel(1))
    answer = FakeAnswer((b"a", b"b", b"c"), Usage(10, 5), in_pieces=True)
    world.upstream.will(1, answer)
    await world.ask(FakeReply(leaves_after=1))
    bill = await world.bill()
    assert bill is not None
    assert (bill.end_cause, answer.closed) == ("client_left", True)


async def test_an_answer_without_usage_is_counted() -> None:
    world = World(channel(1))
    world.upstream.will(1, FakeAnswer((b"one ", b"two ", b"three"), streaming=True))
    await world.ask()
    bill = await world.bill()
    assert bill is not None
    assert (bill.prompt_tokens, bill.completion_tokens) == (7, 3)


async def test_a_long_answer_is_counted_in_pieces() -> None:
    world = World(channel(1))
    pieces = [b"word " * 2000 for _ in range(5)]
    world.upstream.will(1, FakeAnswer(pieces, streaming=True))
    await world.ask()
    bill = await world.bill()
    assert bill is not None
    assert bill.completion_tokens == 10_000


async def test_a_client_that_leaves_pays_for_what_it_received() -> None:
    world = World(channel(1))
    answer = FakeAnswer((b"one ", b"two ", b"three "), Usage(10, 500), streaming=True)
    answer.usage = None
    world.upstream.will(1, answer)
    await world.ask(FakeReply(leaves_after=2))
    bill = await world.bill()
    assert bill is not None
    assert bill.end_cause == "client_left"
    assert bill.completion_tokens == 3  # the piece that could not be sent had been produced
    assert answer.closed


async def test_a_cancelled_request_settles_once_and_closes_the_upstream() -> None:
    world = World(channel(1))
    answer = FakeAnswer((b"one ", b"two"), streaming=True, gate=asyncio.Event())
    world.upstream.will(1, answer)
    task = asyncio.create_task(world.ask())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    bill = await world.bill()
    assert bill is not None
    assert (bill.end_cause, bill.completion_tokens) == ("client_left", 1)
    assert answer.closed


async def test_a_client_that_leaves_before_the_first_byte_pays_nothing() -> None:
    world = World(channel(1))
    answer = FakeAnswer((b"one",), streaming=True, gate=asyncio.Event())
    world.upstream.will(1, answer)
    task = asyncio.create_task(world.ask())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await world.bill() is None
    assert answer.closed


async def test_a_broken_stream_is_billed_for_what_arrived_and_ends_with_an_error() -> None:
    world = World(channel(1), channel(2), retry_times=2)
    world.upstream.will(1, FakeAnswer((b"one ", UpstreamBroken("reset")), streaming=True))
    reply = await world.ask()
    assert reply.sent == [b"one ", b"[ERROR UpstreamBroken]"]
    bill = await world.bill()
    assert bill is not None
    assert (bill.end_cause, bill.completion_tokens) == ("upstream_failed", 1)
    assert world.upstream.calls == [(1, "m")], "no failover once a byte was sent"


async def test_failover_before_the_first_byte_uses_the_next_channel() -> None:
    world = World(channel(1, priority=9), channel(2), retry_times=1)
    world.upstream.will(1, UpstreamUnreachable("refused"))
    world.upstream.will(2, FakeAnswer((b"body",), Usage(1, 1)))
    await world.ask()
    bill = await world.bill()
    assert bill is not None
    assert bill.channel_id == 2
    assert '"outcome":"UpstreamUnreachable"' in bill.attempts
    assert len(world.store.ledger) == 1


@pytest.mark.parametrize("quota", [400_000, QUOTA])
@pytest.mark.parametrize("dearest", [1, 2, 3])
@pytest.mark.parametrize("asked", [{"max_tokens": 9990}, {}])
async def test_failover_works_for_accounts_whose_hold_is_stored(
    quota: int, dearest: int, asked: dict[str, int]
) -> None:
    """Three attempts on channels with different prices leave one charge and no hold."""
    channels = [
        channel(number, priority=-number, model_mapping={"m": "n"} if number == dearest else {})
        for number in (1, 2, 3)
    ]
    world = World(*channels, quota=quota, retry_times=2)
    world.upstream.will(3, FakeAnswer((b"body",), Usage(10, 10)))
    await world.ask(fields={"model": "m", "messages": []} | asked)
    bill = await world.bill()
    assert bill is not None
    assert [number for number, _ in world.upstream.calls] == [1, 2, 3]
    assert (bill.channel_id, bill.amount, bill.overrun) == (3, 60 if dearest == 3 else 20, 0)
    assert world.store.ledger == {"r1": bill.amount}


async def test_when_all_attempts_fail_nothing_is_held() -> None:
    world = World(*(channel(number) for number in (1, 2, 3)), quota=400_000, retry_times=2)
    with pytest.raises(UpstreamUnreachable):
        await world.ask(fields={"model": "m", "messages": [], "max_tokens": 9990})
    assert len(world.upstream.calls) == 3
    assert await world.bill() is None
    assert (world.store.users[1].quota, world.store.holds) == (400_000, {})


async def test_a_more_expensive_second_channel_may_exceed_the_quota() -> None:
    world = World(channel(1, priority=9), channel(2, model_mapping={"m": "n"}), quota=15_000, retry_times=1)
    with pytest.raises(UserQuotaExhausted):
        await world.ask(fields={"model": "m", "messages": [], "max_tokens": 9990})
    assert await world.bill() is None
    assert (world.store.users[1].quota, world.store.holds) == (15_000, {})


async def test_without_a_maximum_the_largest_answer_is_held() -> None:
    world = World(channel(1), channel(2), quota=400_000)
    gate = asyncio.Event()
    world.upstream.will(1, FakeAnswer((b"body", b"end"), Usage(10, 40_000), gate=gate))
    asking = asyncio.create_task(world.ask())
    await asyncio.sleep(0.01)
    [stored] = world.store.holds.values()
    assert stored.amount == LARGEST_OUTPUT
    gate.set()
    await asking
    bill = await world.bill()
    assert bill is not None
    assert (bill.amount, world.store.holds) == (40_010, {})


async def test_no_retry_without_retry_times() -> None:
    world = World(channel(1, priority=9), channel(2))
    with pytest.raises(UpstreamUnreachable):
        await world.ask()
    assert world.upstream.calls == [(1, "m")]
    assert await world.bill() is None
    assert world.store.users[1].quota == QUOTA


async def test_at_most_three_attempts_and_no_channel_twice() -> None:
    world = World(*(channel(number) for number in range(1, 6)), retry_times=50)
    with pytest.raises(UpstreamUnreachable):
        await world.ask()
    tried = [number for number, _ in world.upstream.calls]
    assert len(tried) == len(set(tried)) == 3


@pytest.mark.parametrize("fault", [Fault.ACCOUNT, Fault.SETUP])
async def test_requests_that_one_channel_cannot_serve_go_to_another_every_time(fault: Fault) -> None:
    """A bad key is not an outage: the retry budget does not apply, and resting channels may be used."""
    world = World(channel(1, priority=9), channel(2), retry_times=1)
    for _ in range(20):
        world.upstream.will(1, UpstreamRefusal(400, "no", fault=fault))
        world.upstream.will(2, FakeAnswer((b"body",), Usage(1, 1)))
        await world.ask()
    assert world.upstream.calls.count((2, "m")) == 20


async def test_resting_channels_are_not_used_for_failover() -> None:
    world = World(channel(1, priority=9), channel(2), retry_times=2)
    for _ in range(5):
        world.health.failed(channel(2), UpstreamUnreachable(), 1)
    with pytest.raises(UpstreamUnreachable):
        await world.ask()
    assert world.upstream.calls == [(1, "m")]


async def test_a_channel_that_is_disabled_is_not_called_again() -> None:
    world = World(channel(1, priority=9), channel(2), automatic_disable_channel_enabled=True)
    world.upstream.will(1, UpstreamRefusal(401, "invalid key", fault=Fault.ACCOUNT))
    with pytest.raises(UpstreamRefusal):
        await world.ask()
    world.upstream.will(2, FakeAnswer((b"body",), Usage(1, 1)))
    await world.ask()  # nothing has been written yet
    assert world.upstream.calls == [(1, "m"), (2, "m")]
    await world.health.close()


async def test_requests_of_one_user_make_no_channel_rest() -> None:
    world = World(channel(1, priority=9), channel(2))
    for _ in range(20):
        world.upstream.will(1, UpstreamGarbage("a stream came for an answer that was to be whole"))
        with pytest.raises(UpstreamGarbage):
            await world.ask()
    assert not world.health.resting()


async def test_the_callers_fault_is_not_retried() -> None:
    world = World(channel(1), channel(2), retry_times=2)
    world.upstream.will(1, UpstreamRefusal(400, "bad", fault=Fault.REQUEST))
    with pytest.raises(UpstreamRefusal):
        await world.ask()
    assert len(world.upstream.calls) == 1


async def test_a_pinned_channel_is_the_only_one_tried() -> None:
    world = World(channel(1), channel(2, models=()), retry_times=2)
    with pytest.raises(UpstreamUnreachable):
        await world.ask(pinned=2)
    assert world.upstream.calls == [(2, "m")]


@pytest.mark.parametrize(
    ("pinned", "error"), [(9, PinnedChannelUnknown), (3, PinnedChannelDisabled)], ids=["unknown", "disabled"]
)
async def test_a_pinned_channel_that_cannot_serve(pinned: int, error: type[GatewayError]) -> None:
    world = World(channel(1), channel(3, status=ChannelStatus.DISABLED_BY_HAND))
    with pytest.raises(error):
        await world.ask(pinned=pinned)


async def test_a_model_that_no_channel_serves() -> None:
    with pytest.raises(NoChannel):
        await World(channel(1)).ask(model="x")


async def test_a_missing_model_is_the_callers_fault() -> None:
    with pytest.raises(InvalidParameter):
        await World(channel(1)).ask(model="")


async def test_a_token_may_be_limited_to_models() -> None:
    world = World(channel(1))
    world.account = Account(
        Token(1, 1, "k", 1, "t", -1, 0, unlimited_quota=True, models="n,o"), world.account.user
    )
    with pytest.raises(AccessDenied):
        await world.ask()


async def test_quota_is_checked_before_anything_is_sent() -> None:
    world = World(channel(1), quota=5)
    with pytest.raises(UserQuotaExhausted):
        await world.ask(body=b"x" * 60)
    assert not world.upstream.calls


async def test_a_mapped_model_is_sent_priced_and_logged() -> None:
    world = World(channel(1, model_mapping={"m": "n"}))
    world.upstream.will(1, FakeAnswer((b"body",), Usage(10, 0)))
    await world.ask()
    bill = await world.bill()
    assert bill is not None
    assert world.upstream.calls == [(1, "n")]
    assert (bill.model, bill.amount) == ("n", 30)


async def test_a_fatal_refusal_disables_the_channel_if_the_option_is_on() -> None:
    world = World(channel(1), automatic_disable_channel_enabled=True)
    world.upstream.will(1, UpstreamRefusal(401, "invalid key", fault=Fault.ACCOUNT))
    with pytest.raises(UpstreamRefusal):
        await world.ask()
    await world.health.close()
    assert world.channels.statuses == [(1, ChannelStatus.DISABLED_AUTOMATICALLY)]


async def test_a_failing_channel_rests_and_the_other_serves() -> None:
    world = World(channel(1, priority=9), channel(2), retry_times=0)
    for _ in range(5):
        with pytest.raises(UpstreamUnreachable):
            await world.ask()
    world.upstream.will(2, FakeAnswer((b"body",), Usage(1, 1)))
    await world.ask()
    assert world.upstream.calls[-1] == (2, "m")


async def test_without_the_log_option_the_ledger_is_still_written() -> None:
    world = World(channel(1), log_consume_enabled=False)
    world.upstream.will(1, FakeAnswer((b"body",), Usage(10, 5)))
    await world.ask()
    assert await world.bill() is None
    assert world.store.ledger == {"r1": 15}


async def test_a_changed_channel_no_longer_rests() -> None:
    sick = channel(1, priority=9)
    world = World(sick, channel(2))
    for _ in range(5):
        with pytest.raises(UpstreamUnreachable):
            await world.ask()
    assert set(world.health.resting()) == {1}
    mended = evolve(sick, key="another")
    world.catalog.current = evolve(world.catalog.current, channels={1: mended})
    assert not world.health.resting()
