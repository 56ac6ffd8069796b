"""The HTTP/1.1 transport's manners: who waits for whom, and what a cancelled caller leaves behind."""

from __future__ import annotations

import asyncio
import gc
import socket
import weakref
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.domain.errors import UpstreamBroken, UpstreamTimeout, UpstreamUnreachable
from tests.adapters.transport.conftest import NO_AUTHORITIES, TIMEOUTS
from tests.support.providers.upstream import (
    Answer,
    Ending,
    ProgrammableUpstream,
    chat_reply,
    chat_stream,
    endless,
    raw,
    reply,
    sse,
)
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.transport.connections import Connection

LIMIT = 1 << 20


async def cancelled(task: asyncio.Task[object]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "answer",
    [
        chat_reply().after(5),
        chat_reply().stopped(Ending.STALL, at_byte=10),
        chat_stream(["a", "b"]).stopped(Ending.STALL, after_events=1),
        raw(chat_reply().steps[0], Ending.STALL),
    ],
    ids=["before the header", "within the header", "mid-stream", "before the body"],
)
async def test_cancellation_cuts_the_connection_at_once(
    upstream: ProgrammableUpstream, transport: Http1Transport, answer: Answer
) -> None:
    upstream.enqueue(reply(b"warm"), answer)
    upstream.always(None, reply(b"ok"))

    async def call() -> object:
        response = await transport.send("POST", upstream.url, [], b"{}")
        return await response.read(LIMIT)

    assert await call() == b"warm"
    task = asyncio.create_task(call())
    await asyncio.sleep(0.05)
    await cancelled(task)
    assert await upstream.requests[1].abandoned() < 0.15
    assert await call() == b"ok"
    assert upstream.requests[2].connection is not upstream.requests[1].connection


async def test_cancellation_while_connecting_leaves_no_socket(transport: Http1Transport) -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        task: asyncio.Task[object] = asyncio.create_task(transport.send("GET", url, [], None))
        await asyncio.sleep(0.05)
        await cancelled(task)


async def test_many_cancelled_calls_leave_nothing(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, chat_stream(["a"] * 50, delay=0.01))

    async def call() -> object:
        response = await transport.send("POST", upstream.url, [], b"{}")
        try:
            while await response.next():
                pass
        finally:
            response.release()
        return None

    living: weakref.WeakSet[Connection] = weakref.WeakSet()
    for _ in range(5):
        tasks = [asyncio.create_task(call()) for _ in range(20)]
        await asyncio.sleep(0.05)
        living.update(transport._living)  # noqa: SLF001  # what a leak would be made of
        for task in tasks:
            await cancelled(task)
    del task, tasks

    def left() -> tuple[int, int, int]:
        gc.collect()
        return len(living), upstream.open_connections, upstream.active

    await until(lambda: left() == (0, 0, 0))


async def test_a_lost_connection_is_freed_without_the_collector(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, raw(*reply(b"ok").steps, Ending.CLOSE))
    gc.collect()
    gc.disable()
    try:
        response = await transport.send("POST", upstream.url, [], b"{}")
        (connection,) = transport._living  # noqa: SLF001
        alive = weakref.ref(connection)
        del connection
        await response.read(LIMIT)
        response.release()
        await asyncio.sleep(0.05)
        del response
        assert alive() is None
    finally:
        gc.enable()


async def test_closing_ends_what_is_under_way(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.enqueue(chat_stream(["a"] * 50, delay=0.05), chat_reply().after(5))
    response = await transport.send("POST", upstream.url, [], b"{}")
    waiting = asyncio.create_task(transport.send("POST", upstream.url, [], b"{}"))
    await asyncio.sleep(0.1)
    await transport.close()
    await response.next()
    with pytest.raises(UpstreamBroken):
        await response.next()
    with pytest.raises((UpstreamBroken, UpstreamUnreachable)):
        await waiting
    response.release()
    await asyncio.sleep(0.02)
    assert upstream.open_connections == 0


# --- backpressure ------------------------------------------------------------------------------


async def sent(upstream: ProgrammableUpstream, quiet: float = 0.1) -> bool:
    """Whether the upstream could hand its whole answer to the socket, once things are quiet."""
    await asyncio.sleep(quiet)
    return upstream.requests[-1].answered_at is not None


@pytest.mark.parametrize("make", [endless, lambda size: reply(b"x" * size)], ids=["chunked", "with length"])
async def test_a_fast_sender_waits_for_a_slow_reader(
    upstream: ProgrammableUpstream, transport: Http1Transport, make: Callable[[int], Answer]
) -> None:
    size = 64 << 20
    upstream.always(None, make(size))
    response = await transport.send("POST", upstream.url, [], b"{}")
    received = 0
    largest = 0
    for _ in range(20):
        await asyncio.sleep(0.01)
        piece = await response.next()
        received += len(piece)
        largest = max(largest, len(piece))
    assert not await sent(upstream)
    while piece := await response.next():
        received += len(piece)
        largest = max(largest, len(piece))
    assert received == size
    assert largest <= 512 * 1024
    response.release()


async def test_a_slow_reader_is_not_a_silent_upstream(upstream: ProgrammableUpstream) -> None:
    transport = Http1Transport(evolve(TIMEOUTS, idle=0.1), verify=NO_AUTHORITIES)
    upstream.always(None, endless(16 << 20))
    response = await transport.send("POST", upstream.url, [], b"{}")
    received = 0
    while piece := await response.next():
        if received < 1 << 19:
            await asyncio.sleep(0.2)
        received += len(piece)
    assert received == 16 << 20
    response.release()
    await transport.close()


async def test_the_limit_of_the_whole_holds_for_a_slow_reader(upstream: ProgrammableUpstream) -> None:
    transport = Http1Transport(evolve(TIMEOUTS, total=0.2), verify=NO_AUTHORITIES)
    upstream.always(None, endless(16 << 20))
    response = await transport.send("POST", upstream.url, [], b"{}")
    await asyncio.sleep(0.4)
    await response.next()
    with pytest.raises(UpstreamTimeout, match=r"not done within 0.2 s"):
        await response.next()
    response.release()
    await transport.close()


async def test_a_connection_that_was_held_back_is_read_again_in_its_next_exchange(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, reply(b"x" * 200_000))
    for _ in range(3):
        response = await transport.send("POST", upstream.url, [], b"{}")
        await asyncio.sleep(0.03)
        size = 0
        while piece := await response.next():
            size += len(piece)
            await asyncio.sleep(0.01)
        assert size == 200_000
        response.release()
    assert len(upstream.connections) == 1


async def test_an_answer_before_the_request_was_taken_is_given_out() -> None:
    """413 while the body is still on its way: the answer counts, the connection does not."""

    async def early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge")
        await checked.wait()
        writer.transport.abort()
        gone.set()

    checked, gone = asyncio.Event(), asyncio.Event()
    server = await asyncio.start_server(early, "127.0.0.1", 0, limit=1 << 16)
    transport = Http1Transport(TIMEOUTS, verify=NO_AUTHORITIES)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    response = await transport.send("POST", url, [], b"x" * (32 << 20))
    assert (response.status, await response.read(LIMIT)) == (413, b"large")
    response.release()
    assert transport._routes[url].pool.idle == []  # noqa: SLF001
    await transport.close()
    checked.set()
    await gone.wait()
    server.close()
    await asyncio.sleep(0.01)


async def test_streams_do_not_hold_each_other_up(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.enqueue(endless(32 << 20))
    upstream.always(None, sse(["x"] * 5, delay=0.01, done=False))
    slow = await transport.send("POST", upstream.url, [], b"{}")

    async def quick() -> bytes:
        response = await transport.send("POST", upstream.url, [], b"{}")
        body = await response.read(LIMIT)
        response.release()
        return body

    async with asyncio.timeout(1.0):
        assert set(await asyncio.gather(*(quick() for _ in range(20)))) == {b"xxxxx"}
    slow.release()
