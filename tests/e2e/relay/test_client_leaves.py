"""Clients that leave: the upstream call is cancelled at once, and exactly what was produced is billed."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import Site, eventually
from tests.support.providers.upstream import Answer, Ending, chat_chunk, chat_reply, chat_stream, sse

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAT = "/v1/chat/completions"


@pytest.fixture
def leaving(site: Site) -> Iterator[Site]:
    yield site
    eventually(lambda: site.upstream.active == 0)


def wire(site: Site, *, stream: bool = True, **fields: Any) -> bytes:
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}], "stream": stream} | fields
    content = json.dumps(body).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nAuthorization: {site.key}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def call_and_leave(site: Site, data: bytes, *, after: bytes | None = None, reset: bool = False) -> None:
    """Send ``data`` and leave once ``after`` has been read, or for None, once the request has reached the upstream."""
    count = len(site.upstream.requests)
    with socket.create_connection(("127.0.0.1", site.gateway.port), timeout=5) as client:
        client.sendall(data)
        if after is None:
            eventually(lambda: len(site.upstream.requests) > count)
        received = b""
        while after is not None and after not in received:
            received += client.recv(65536)
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")


def account(site: Site) -> tuple[int, int]:
    user = site.admin.self()
    return user["quota"], user["request_count"]


def stalled(*texts: str) -> Answer:
    """A stream of these texts, and then silence."""
    return chat_stream(texts).stopped(Ending.STALL, after_events=len(texts) + 1)


@pytest.mark.parametrize("reset", [False, True])
async def test_a_client_leaves_in_the_middle_of_a_stream(leaving: Site, *, reset: bool) -> None:
    leaving.upstream.always(CHAT, stalled("one ", "two ", "three"))
    before = account(leaving)
    await asyncio.to_thread(call_and_leave, leaving, wire(leaving), after=b"three", reset=reset)
    await leaving.last.abandoned()
    eventually(lambda: account(leaving)[1] == before[1] + 1)
    row = leaving.newest_charge()
    assert (row["end_cause"], row["prompt_tokens"], row["completion_tokens"]) == ("client_left", 8, 3)
    assert account(leaving)[0] == before[0] - row["quota"] == before[0] - 50  # ceil((8 + 3 * 4) * 2.5)


async def test_a_client_leaves_while_text_arrives(leaving: Site) -> None:
    """Text that was under way is billed; text that the upstream would have sent later is not."""
    leaving.upstream.always(CHAT, chat_stream(["word "] * 200, delay=0.01))
    before = account(leaving)
    await asyncio.to_thread(call_and_leave, leaving, wire(leaving), after=b"word ")
    await leaving.last.abandoned()
    eventually(lambda: account(leaving)[1] == before[1] + 1)
    row = leaving.newest_charge()
    assert row["end_cause"] == "client_left"
    assert 1 <= row["completion_tokens"] < 100


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(chat_reply("x").after(30), id="silent"),
        pytest.param(
            sse([chat_chunk({"role": "assistant", "content": ""})]).stopped(Ending.STALL, after_events=1),
            id="role only",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_client_leaves_before_the_first_text(leaving: Site, answer: Answer, *, stream: bool) -> None:
    """The request is free, and does not count as a fault of the channel."""
    leaving.upstream.always(CHAT, answer)
    before = account(leaving)
    for _ in range(6):
        await asyncio.to_thread(call_and_leave, leaving, wire(leaving, stream=stream))
        await leaving.last.abandoned()
    assert account(leaving) == before
    leaving.upstream.always(CHAT, chat_reply("x", prompt_tokens=3))
    assert leaving.client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "x"}])


async def test_a_client_leaves_before_the_end_of_a_whole_answer(leaving: Site) -> None:
    leaving.upstream.always(CHAT, chat_reply("x" * 1000).stopped(Ending.STALL, at_byte=500))
    before = account(leaving)
    await asyncio.to_thread(call_and_leave, leaving, wire(leaving, stream=False))
    await leaving.last.abandoned()
    assert account(leaving) == before


def test_a_client_leaves_before_the_end_of_its_request(leaving: Site) -> None:
    before = account(leaving)
    with socket.create_connection(("127.0.0.1", leaving.gateway.port)) as client:
        client.sendall(wire(leaving)[:-10])
    time.sleep(0.1)
    assert account(leaving) == before
    assert leaving.upstream.requests == []


async def test_a_client_leaves_after_usage_was_reported(leaving: Site) -> None:
    """The reported usage is billed."""
    usage = {"prompt_tokens": 70, "completion_tokens": 40, "total_tokens": 110}
    events = [chat_chunk({"content": "a"}), {**chat_chunk({"content": "b"}), "usage": usage}]
    leaving.upstream.always(CHAT, sse(events).stopped(Ending.STALL, after_events=2))
    before = account(leaving)
    await asyncio.to_thread(
        call_and_leave, leaving, wire(leaving, stream_options={"include_usage": True}), after=b"usage"
    )
    await leaving.last.abandoned()
    eventually(lambda: account(leaving)[1] == before[1] + 1)
    row = leaving.newest_charge()
    assert row["prompt_tokens"] == 70
    assert row["completion_tokens"] >= 2


async def test_two_hundred_clients_leave(leaving: Site) -> None:
    """No upstream connection, hold or task is left behind; every client that received text has paid."""
    leaving.upstream.always(CHAT, stalled("one ", "two"))
    before = account(leaving)
    open_before = leaving.upstream.open_connections

    async def come_and_go(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", leaving.gateway.port)
        writer.write(wire(leaving))
        heard = b""
        while b"two" not in heard:
            piece = await reader.read(65536)
            assert piece, heard
            heard += piece
        if number % 2:
            writer.transport.abort()
        writer.close()

    for start in range(0, 200, 50):
        await asyncio.gather(*(come_and_go(start + number) for number in range(50)))
    await asyncio.to_thread(eventually, lambda: leaving.upstream.active == 0)
    await asyncio.to_thread(eventually, lambda: leaving.upstream.open_connections <= open_before)
    await asyncio.to_thread(eventually, lambda: account(leaving)[1] == before[1] + 200)
    rows = leaving.admin.consumed()[:200]
    assert {row["end_cause"] for row in rows} == {"client_left"}
    assert before[0] - account(leaving)[0] == sum(row["quota"] for row in rows)


async def test_a_slow_reader_slows_down_its_upstream(leaving: Site) -> None:
    """The gateway buffers little of what a client does not read, and discards it when the client leaves."""
    leaving.upstream.always(CHAT, chat_stream(["x" * 10_000] * 4000))
    client = socket.create_connection(("127.0.0.1", leaving.gateway.port))
    client.sendall(wire(leaving))
    await asyncio.sleep(0.7)
    request = leaving.last
    assert request.answered_at is None, "40 MB went somewhere"
    client.close()
    await request.abandoned()
