"""Limits on what clients cost: time, connections, memory, and concurrent requests, on the wire."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, field

from oneapi.domain.errors import Overloaded
from oneapi.entrypoints.http.capacity import Capacity, Pacer, Room
from oneapi.entrypoints.http.protocol import bodies, connections, heads
from tests.support.clients.wire import heard

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.support.clients.wire import Wire

    Serve = Callable[..., Awaitable[Wire]]

HEAD = b"GET /echo HTTP/1.1\r\nHost: h\r\n"
GET = HEAD + b"\r\n"
POST = b"POST %b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
REFUSED = b"HTTP/1.1 401 "
BUSY = b"HTTP/1.1 503 "
LATE = b"HTTP/1.1 408 "


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines in tenths of seconds."""
    monkeypatch.setattr(heads, "HEAD_TIMEOUT", 0.3)
    monkeypatch.setattr(connections, "HEAD_TIMEOUT", 0.3)
    monkeypatch.setattr(bodies, "BODY_GRACE", 0.3)
    monkeypatch.setattr(bodies, "LEAST_RATE", 1000)
    monkeypatch.setattr(connections, "LINGER", 0.2)
    monkeypatch.setattr(connections, "_LOOK_EVERY", 0.05)


async def drip(wire: Wire, *pieces: bytes, every: float, patience: float = 3) -> tuple[bytes, float]:
    """Send a piece at intervals until the server closes. Returns what it sent, and the seconds until it closed."""
    reader, writer = await wire.open()
    answered = asyncio.ensure_future(heard(reader, patience))
    began = time.monotonic()
    for piece in pieces:
        if answered.done() or writer.is_closing():
            break
        writer.write(piece)
        await asyncio.sleep(every)
    said = await answered
    took = time.monotonic() - began
    writer.close()
    return said, took


# --- time --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("hasty")
async def test_a_slow_head_is_refused_in_time(ask: Wire) -> None:
    said, took = await drip(ask, *[b"x"] * 40, every=0.05)
    assert said.startswith(LATE)
    assert b"Retry-After: 1\r\n" in said
    assert json.loads(said.partition(b"\r\n\r\n")[2])["error"]["code"] == "request_timeout"
    assert took < 1.9


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("first", [b"", GET])
async def test_a_silent_connection_is_closed(
    ask: Wire, monkeypatch: pytest.MonkeyPatch, first: bytes
) -> None:
    monkeypatch.setattr(connections, "KEEP_ALIVE", 0.3)
    said, _ = await drip(ask, first, every=0)
    assert said.count(b"HTTP/1.1 ") == bool(first)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("path", [b"/echo", b"/echo?known=1"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_below_the_least_rate_is_refused(ask: Wire, path: bytes, *, chunked: bool) -> None:
    if chunked:
        head = b"POST %b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" % path
        said, took = await drip(ask, head, *[b"1\r\nx\r\n"] * 50, every=0.05)
    else:
        said, took = await drip(ask, POST % (path, 5000), *[b"x"] * 50, every=0.05)
    assert said.startswith(LATE)
    assert took < 2.4


@pytest.mark.usefixtures("hasty")
async def test_a_body_above_the_least_rate_may_take_its_time(ask: Wire) -> None:
    said, took = await drip(ask, POST % (b"/echo", 3000), *[b"x" * 150] * 20, every=0.05, patience=2)
    assert said.startswith(b"HTTP/1.1 200")
    assert took > 0.9


@pytest.mark.usefixtures("hasty")
async def test_no_deadline_applies_while_a_request_is_answered(ask: Wire) -> None:
    said = await ask(b"GET /slow?seconds=1 HTTP/1.1\r\nHost: h\r\n\r\n" + GET, patience=1.5)
    assert said.count(b"HTTP/1.1 200") == 2


@pytest.mark.usefixtures("hasty")
async def test_a_client_that_does_not_read_is_disconnected(
    ask: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SEND_TIMEOUT", 0.3)
    reader, writer = await asyncio.open_connection(*ask.address, limit=1)
    writer.write(b"GET /endless HTTP/1.1\r\nHost: h\r\n\r\n")
    await asyncio.sleep(1.5)
    ended = await heard(reader, 2)
    assert ended
    assert not ended.endswith(b"0\r\n\r\n")
    assert reader.at_eof() or reader.exception()
    writer.close()


# --- the rest of a refused request -------------------------------------------------------------


async def test_the_rest_of_a_refused_body_is_not_waited_for(ask: Wire) -> None:
    began = time.monotonic()
    said = await ask(POST % (b"/refused", 10_000_000), b"x", patience=5)
    assert said.startswith(REFUSED)
    assert b"connection: close\r\n" in said
    assert time.monotonic() - began < 1, "the other side closes at once, and so do we"


async def test_a_client_that_is_still_sending_gets_the_refusal(ask: Wire) -> None:
    reader, writer = await ask.open()
    writer.write(POST % (b"/refused", 30_000_000))
    for _ in range(30):
        writer.write(b"x" * 1_000_000)
        await writer.drain()
    said = await heard(reader, 3)
    assert said.startswith(REFUSED)
    assert b'"code"' in said or b'"message"' in said
    writer.close()


async def test_sending_after_a_refusal_is_limited(ask: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LINGER", 0.3)
    reader, writer = await ask.open()
    writer.write(POST % (b"/refused", 10**12))
    with pytest.raises(ConnectionError):
        await send_on(writer, seconds=4)
    writer.close()
    await heard(reader)


async def send_on(writer: asyncio.StreamWriter, seconds: float) -> None:
    for _ in range(int(seconds / 0.02)):
        writer.write(b"x" * 1000)
        await writer.drain()
        await asyncio.sleep(0.02)


async def test_a_refused_body_that_has_arrived_keeps_the_connection(ask: Wire) -> None:
    said = await ask(POST % (b"/refused", 3) + b"abc" + GET)
    assert said.startswith(REFUSED)
    assert said.count(b"HTTP/1.1 200") == 1


async def test_an_unwanted_body_is_not_requested(ask: Wire) -> None:
    head = b"POST /refused HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    said = await ask(head)
    assert said.startswith(REFUSED)
    assert b"connection: close\r\n" in said


# --- heads -------------------------------------------------------------------------------------


def head_of(size: int, path: bytes = b"/echo") -> bytes:
    """A complete head of the given number of bytes."""
    start = b"GET %b HTTP/1.1\r\nHost: h\r\nX-Long: " % path
    return start + b"x" * (size - len(start) - 4) + b"\r\n\r\n"


async def test_a_head_of_16_kb_is_read(ask: Wire) -> None:
    assert (await ask(head_of(16 * 1024))).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "head",
    [
        head_of(16 * 1024 + 64),
        head_of(200_000),
        head_of(20_000)[:-4],
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        HEAD + b"a: b\r\n" * 200 + b"\r\n",
    ],
)
async def test_a_larger_head_is_refused_with_the_right_status(ask: Wire, head: bytes) -> None:
    said = await ask(head)
    assert said.startswith(b"HTTP/1.1 431 ")
    error = json.loads(said.partition(b"\r\n\r\n")[2])["error"]
    assert error["code"] == "request_head_too_large"
    assert "headers" in error["message"] or "请求头" in error["message"]


async def test_each_surface_refuses_heads_in_its_own_form(ask: Wire) -> None:
    said = await ask(head_of(20_000, b"/api/status"))
    assert said.startswith(b"HTTP/1.1 431 ")
    assert json.loads(said.partition(b"\r\n\r\n")[2])["success"] is False
    said = await ask(POST % (b"/api/refused", 2) + b"{}")
    assert json.loads(said.partition(b"\r\n\r\n")[2])["success"] is False


@pytest.mark.parametrize("path", [b"/v1/responses", b"/v1/realtime?model=x", b"/", b"/echo", b"/api/x"])
@pytest.mark.parametrize("upgrade", [b"websocket", b"WebSocket"])
async def test_websockets_are_refused_at_once(ask: Wire, path: bytes, upgrade: bytes) -> None:
    head = b"GET %b HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: %b\r\n\r\n"
    said = await ask(head % (path, upgrade))
    assert said.startswith(b"HTTP/1.1 426 ")
    assert b"\r\nUpgrade: HTTP/1.1\r\n" in said
    assert json.loads(said.partition(b"\r\n\r\n")[2])


async def test_other_upgrades_are_ignored(ask: Wire) -> None:
    head = HEAD + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n"
    assert (await ask(head + GET)).count(b"HTTP/1.1 200") == 2


# --- how many ----------------------------------------------------------------------------------


async def test_the_guest_that_waited_longest_is_disconnected(serve: Serve) -> None:
    wire = await serve(Capacity(guests=3))
    waiting = [await wire.open() for _ in range(3)]
    waiting[0][1].write(HEAD)
    await asyncio.sleep(0.05)
    assert (await wire(GET)).startswith(b"HTTP/1.1 200")
    said = await heard(waiting[0][0])
    assert said.startswith(BUSY)
    assert b"Retry-After: 1\r\n" in said
    for _, writer in waiting:
        writer.close()


async def test_a_silent_guest_is_disconnected_without_an_answer(serve: Serve) -> None:
    wire = await serve(Capacity(guests=1))
    reader, writer = await wire.open()
    await asyncio.sleep(0.05)
    assert (await wire(GET)).startswith(b"HTTP/1.1 200")
    assert await reader.read() == b""
    writer.close()


async def test_authenticated_connections_are_not_guests(serve: Serve) -> None:
    wire = await serve(Capacity(guests=1))
    reader, writer = await wire.open()
    writer.write(POST % (b"/echo?known=1", 2) + b"ok")
    await heard(reader, 0.1)
    for _ in range(3):
        assert (await wire(GET, patience=0.05)).startswith(b"HTTP/1.1 200")
    writer.write(GET)
    assert (await heard(reader, 0.1)).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_guest_that_is_being_answered_stays(serve: Serve) -> None:
    wire = await serve(Capacity(guests=1))
    slow = asyncio.ensure_future(
        wire(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n", b"ok", patience=0.5)
    )
    assert (await slow).startswith(b"HTTP/1.1 200")


async def test_an_address_pushes_out_only_its_own_guests(serve: Serve) -> None:
    wire = await serve(Capacity(guests=100, guests_of_address=2), TRUSTED_PROXIES="none")
    waiting = [await wire.open() for _ in range(2)]
    await asyncio.sleep(0.05)
    assert (await wire(GET)).startswith(b"HTTP/1.1 200")
    assert await waiting[0][0].read() == b""
    for _, writer in waiting:
        writer.close()


async def test_more_connections_than_there_is_room_for_are_refused(serve: Serve) -> None:
    wire = await serve(Capacity(connections=1))
    reader, writer = await wire.open()
    writer.write(b"GET /slow?seconds=1 HTTP/1.1\r\nHost: h\r\n\r\n")
    await asyncio.sleep(0.1)
    said = await wire(b"")
    assert said.startswith(BUSY)
    assert b"Retry-After: 1\r\n" in said
    assert json.loads(said.partition(b"\r\n\r\n")[2])["error"]["code"] == "overloaded"
    assert (await heard(reader, 1.5)).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_more_requests_than_there_is_room_for_are_refused(serve: Serve) -> None:
    wire = await serve(Capacity(requests=1))
    reader, writer = await wire.open()
    writer.write(b"GET /slow?seconds=0.5 HTTP/1.1\r\nHost: h\r\n\r\n")
    await asyncio.sleep(0.1)
    said = await wire(GET + b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
    assert said.startswith(BUSY)
    assert b"Retry-After: 1\r\n" in said
    assert said.endswith(b"ok"), "load balancers are answered on the same connection"
    assert (await heard(reader, 1)).startswith(b"HTTP/1.1 200")
    writer.write(GET)
    assert (await heard(reader, 0.1)).startswith(b"HTTP/1.1 200")
    writer.close()


# --- how much ----------------------------------------------------------------------------------


async def test_bodies_of_guests_have_a_small_budget(serve: Serve) -> None:
    wire = await serve(capacity := Capacity())
    capacity.guest_bodies = Room(10_000, 10_000)
    reader, writer = await wire.open()
    writer.write(POST % (b"/echo", 9000))
    await asyncio.sleep(0.05)
    writer.write(b"x" * 8000)
    await asyncio.sleep(0.05)
    refused = await wire(POST % (b"/echo", 9000), b"x" * 8000)
    assert refused.startswith(BUSY)
    assert (await wire(POST % (b"/echo", 9000) + b"x" * 9000)).startswith(b"HTTP/1.1 200"), "whole at once"
    assert (await wire(POST % (b"/echo?known=1", 9000), b"x" * 9000)).startswith(b"HTTP/1.1 200")
    writer.write(b"x" * 1000)
    assert (await heard(reader)).startswith(b"HTTP/1.1 200")
    writer.close()
    assert (await wire(POST % (b"/echo", 9000), b"x" * 5000, b"x" * 4000)).startswith(b"HTTP/1.1 200")


def test_memory_for_bodies_is_limited_in_total_and_by_address() -> None:
    room = Room(100, 60)
    room.take("a", 60)
    with pytest.raises(Overloaded):
        room.take("a", 1)
    room.take("b", 40)
    with pytest.raises(Overloaded):
        room.take("c", 1)
    room.give_back("a", 30)
    room.take("c", 30)
    for address, size in (("a", 30), ("b", 40), ("c", 30)):
        room.give_back(address, size)
    room.take("d", 60)


@define(eq=False)
class Waiting:
    """A connection that closes on request unless it is ``busy``."""

    address: str = ""
    busy: bool = False
    gone: bool = field(default=False, init=False)

    def give_way(self) -> bool:
        self.gone = not self.busy
        return self.gone


def test_connections_in_use_are_never_closed() -> None:
    capacity = Capacity(guests=2)
    busy, idle, third, fourth = Waiting(busy=True), Waiting(), Waiting(busy=True), Waiting()
    found: list[Any] = [capacity.arrive(one, 0) for one in (busy, idle, third, fourth)]
    assert found == [True, True, True, False]
    assert [one.gone for one in (busy, idle, third)] == [False, True, False]
    capacity.leave(busy)
    capacity.leave(busy)
    assert capacity.arrive(fourth, 0)


async def test_a_pacer_admits_a_few_requests_per_turn_in_order() -> None:
    pacer = Pacer(2)
    passed: list[int] = []
    for number in range(5):
        pacer.enter(partial(passed.append, number))
    seen = []
    while len(passed) < 5:
        await asyncio.sleep(0)
        seen.append(len(passed))
    assert seen == [2, 4, 5]
    assert passed == sorted(passed)
    await asyncio.wait_for(pacer.through(), 1)


async def test_immediate_refusals_leave_turns_to_others(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LINGER", 0.2)
    wire = await serve(Capacity())
    bad = [await wire.open() for _ in range(200)]
    good = await wire.open()
    for _, writer in bad:
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 20_000)
    good[1].write(GET)
    answered = [asyncio.ensure_future(reader.readuntil(b"\r\n")) for reader, _ in (*bad, good)]
    await answered[-1]
    assert sum(each.done() for each in answered) < len(bad), (
        "the good one does not wait for all of the others"
    )
    assert all(line.startswith(b"HTTP/1.1 431 ") for line in (await asyncio.gather(*answered))[:-1])
    for _, writer in (*bad, good):
        writer.close()
