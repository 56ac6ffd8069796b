"""The HTTP/1.1 transport when the upstream is at fault: which error, and that its connection is never used again."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.domain.errors import (
    UpstreamBroken,
    UpstreamError,
    UpstreamGarbage,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from tests.adapters.transport.conftest import NO_AUTHORITIES, TIMEOUTS
from tests.support.providers.upstream import (
    Answer,
    Ending,
    ProgrammableUpstream,
    chat_reply,
    chat_stream,
    chunk,
    head,
    html_page,
    raw,
    reply,
    sse,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMIT = 1 << 20
SECRETS = ("sk-secret", "key=", "hunter2")
SHORT = evolve(TIMEOUTS, connect=0.2, first_byte=0.2, idle=0.2)


@pytest.fixture
async def hasty() -> AsyncIterator[Http1Transport]:
    transport = Http1Transport(SHORT, verify=NO_AUTHORITIES)
    yield transport
    await transport.close()


async def fetch(transport: Http1Transport, url: str, body: bytes = b"{}", limit: int = LIMIT) -> bytes:
    url = url.replace("//", "//user:hunter2@")
    response = await transport.send(
        "POST", f"{url}/v1/x?key=1", [("Authorization", "Bearer sk-secret")], body
    )
    try:
        return await response.read(limit)
    finally:
        response.release()


async def fault(
    transport: Http1Transport, upstream: ProgrammableUpstream | str, body: bytes = b"{}"
) -> UpstreamError:
    """The error of a call, after checks that hold for every one of them."""
    url = upstream if isinstance(upstream, str) else upstream.url
    with pytest.raises(UpstreamError) as caught:
        await fetch(transport, url, body)
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert "127.0.0.1" in str(caught.value) or ".invalid" in str(caught.value)
    if isinstance(upstream, ProgrammableUpstream):
        await asyncio.sleep(0.02)
        assert upstream.open_connections == 0
    return caught.value


# --- no connection -----------------------------------------------------------------------------


async def test_a_refused_connection(transport: Http1Transport) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = await fault(transport, f"http://127.0.0.1:{unused.getsockname()[1]}")
    assert isinstance(error, UpstreamUnreachable)
    assert "connection refused" in str(error)


async def test_a_name_that_does_not_exist(transport: Http1Transport) -> None:
    error = await fault(transport, "http://nowhere.invalid")
    assert isinstance(error, UpstreamUnreachable | UpstreamTimeout)


async def test_a_name_that_cannot_be_one(transport: Http1Transport) -> None:
    error = await fault(transport, f"http://{'x' * 70}.invalid")
    assert isinstance(error, UpstreamUnreachable)


async def test_a_connection_that_does_not_come_about(hasty: Http1Transport) -> None:
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        start = time.monotonic()
        error = await fault(hasty, f"http://127.0.0.1:{full.getsockname()[1]}")
    assert isinstance(error, UpstreamTimeout)
    assert "no connection within 0.2 s" in str(error)
    assert time.monotonic() - start < 0.5


# --- too late ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (chat_reply().after(5), "no answer within 0.2 s"),
        (chat_reply().dripping(0.02), "no answer within 0.2 s"),
        (raw(*(b"HTTP/1.1 100 Continue\r\n\r\n", 0.02) * 100), "no answer within 0.2 s"),
        (chat_reply().stopped(Ending.STALL, at_byte=20), "no answer within 0.2 s"),
        (chat_stream(["a", "b"]).stopped(Ending.STALL, after_events=2), "silent for 0.2 s"),
        (raw(head(200, {"Content-Length": "9"}), Ending.STALL), "silent for 0.2 s"),
        (raw(head(200, {"Transfer-Encoding": "chunked"}), *(b"0", 0.02) * 100), "silent for 0.2 s"),
    ],
    ids=[
        "silent",
        "dripping header",
        "interim answers",
        "half a header",
        "mid-stream",
        "no body",
        "dripping chunk size",
    ],
)
async def test_silence_runs_into_a_limit(
    upstream: ProgrammableUpstream, hasty: Http1Transport, answer: Answer, text: str
) -> None:
    upstream.always(None, answer)
    start = time.monotonic()
    error = await fault(hasty, upstream)
    assert isinstance(error, UpstreamTimeout)
    assert text in str(error)
    assert 0.15 < time.monotonic() - start < 0.5


async def test_a_limit_is_of_each_silence_and_not_of_their_sum(
    upstream: ProgrammableUpstream, hasty: Http1Transport
) -> None:
    upstream.always(None, sse(["x"] * 8, delay=0.1, done=False))
    assert await fetch(hasty, upstream.url) == b"x" * 8


async def test_a_slow_start_within_the_limit_is_served(
    upstream: ProgrammableUpstream, hasty: Http1Transport
) -> None:
    upstream.always(None, reply(b"ok").after(0.17))
    for _ in range(3):
        assert await fetch(hasty, upstream.url) == b"ok"
    assert len(upstream.connections) == 1


@pytest.mark.parametrize(
    "answer", [chat_reply().after(5), sse(["x"] * 100, delay=0.05), sse(["x"] * 100, delay=0.4)]
)
async def test_the_whole_has_a_limit_of_its_own(upstream: ProgrammableUpstream, answer: Answer) -> None:
    transport = Http1Transport(evolve(TIMEOUTS, total=0.25), verify=NO_AUTHORITIES)
    upstream.always(None, answer)
    start = time.monotonic()
    error = await fault(transport, upstream)
    assert isinstance(error, UpstreamTimeout)
    assert "not done within 0.25 s" in str(error)
    assert 0.2 < time.monotonic() - start < 1
    await transport.close()


async def test_a_request_that_is_not_taken_runs_into_a_limit(hasty: Http1Transport) -> None:
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(5)
        error = await fault(hasty, f"http://127.0.0.1:{deaf.getsockname()[1]}", b"x" * (16 << 20))
    assert isinstance(error, UpstreamTimeout)


async def test_a_slow_upload_is_no_silence(hasty: Http1Transport) -> None:
    """Taking in the request lasts longer than any limit; that of the first byte starts after it."""

    async def slow_reader(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        left = size
        while left:
            left -= len(await reader.readexactly(1 << 20))
            await asyncio.sleep(0.02)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    size = 24 << 20  # far more than the sockets' buffers hold
    server = await asyncio.start_server(slow_reader, "127.0.0.1", 0, limit=1 << 20)
    port = server.sockets[0].getsockname()[1]
    start = time.monotonic()
    assert await fetch(hasty, f"http://127.0.0.1:{port}", b"x" * size) == b"ok"
    assert time.monotonic() - start > 0.4
    server.close()


async def test_a_stalled_event_loop_is_not_the_upstreams_silence(
    upstream: ProgrammableUpstream, hasty: Http1Transport
) -> None:
    upstream.always(None, chat_stream(["a", "b"], delay=0.05))
    calls = [asyncio.create_task(fetch(hasty, upstream.url)) for _ in range(10)]
    await asyncio.sleep(0.1)
    time.sleep(0.5)  # noqa: ASYNC251  # the stall
    assert all(body.endswith(b"data: [DONE]\n\n") for body in await asyncio.gather(*calls))


# --- broken off --------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
@pytest.mark.parametrize("at_byte", [0, 1, 30])
async def test_an_end_before_the_answer(
    upstream: ProgrammableUpstream, transport: Http1Transport, ending: Ending, at_byte: int
) -> None:
    upstream.always(None, chat_reply().stopped(ending, at_byte=at_byte))
    assert isinstance(await fault(transport, upstream), UpstreamUnreachable)
    assert len(upstream.requests) == 1


CHUNKED = head(200, {"Transfer-Encoding": "chunked"})


@pytest.mark.parametrize(
    "answer",
    [
        chat_stream(["a", "b"]).stopped(Ending.CLOSE, after_events=2),
        chat_stream(["a", "b"]).stopped(Ending.RESET, after_events=2),
        raw(CHUNKED, chunk(b"abc"), b"ff\r\nabc", Ending.CLOSE),
        raw(CHUNKED, chunk(b"abc"), b"0\r\n", Ending.CLOSE),
        raw(CHUNKED, b"3\r\nabcd\r\n0\r\n\r\n"),
        raw(CHUNKED, b"xyz\r\nabcd\r\n0\r\n\r\n"),
        raw(CHUNKED, b"-1\r\nabcd\r\n0\r\n\r\n"),
        raw(CHUNKED, b"fffffffffffffffff\r\nabcd\r\n0\r\n\r\n"),
        raw(CHUNKED, chunk(b"abc"), b"0\r\n", *[b"T: " + b"x" * 1000 + b"\r\n"] * 1000, b"\r\n"),
        raw(head(200, {"Content-Length": "10"}), b"abc", Ending.CLOSE),
        raw(head(200, {"Content-Length": "10"}), b"abc", Ending.RESET),
        raw(head(200, {"Content-Length": "2"}) + b"abc"),
        raw(head(200, {"Content-Length": "2"}) + b"ab" + head(200, {"Content-Length": "1"}) + b"c"),
        raw(head(200, {"Content-Length": "2", "Connection": "close"}) + b"abc"),
        raw(CHUNKED + chunk(b"a") + b"0\r\n\r\nHTTP"),
        raw(b"HTTP/1.1 200 OK\r\n\r\nabc", Ending.RESET),
    ],
    ids=[
        *(
            "close mid-stream",
            "reset mid-stream",
            "close mid-chunk",
            "close in the last chunk",
            "overlong chunk",
        ),
        *("chunk size no number", "chunk size negative", "chunk size huge", "endless trailer", "short body"),
        *(
            "short body, reset",
            "long body",
            "a second answer",
            "long body before close",
            "half a second answer",
        ),
        "unframed body, reset",
    ],
)
async def test_an_end_within_the_body(
    upstream: ProgrammableUpstream, transport: Http1Transport, answer: Answer
) -> None:
    upstream.enqueue(answer)
    upstream.always(None, reply(b"ok"))
    error = await fault(transport, upstream)
    assert isinstance(error, UpstreamBroken | UpstreamGarbage)
    assert await fetch(transport, upstream.url) == b"ok"
    assert len(upstream.connections) == 2


async def test_what_came_before_the_break_is_given_out(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, sse(["a", "b", "c"]).stopped(Ending.CLOSE, after_events=2))
    response = await transport.send("POST", upstream.url, [], b"")
    await asyncio.sleep(0.05)
    assert await response.next() == b"ab"
    for _ in range(2):
        with pytest.raises(UpstreamBroken):
            await response.next()
    response.release()


async def test_the_limit_of_a_body(upstream: ProgrammableUpstream, transport: Http1Transport) -> None:
    upstream.always(None, reply(b"x" * 100_000))
    assert len(await fetch(transport, upstream.url, limit=100_000)) == 100_000
    with pytest.raises(UpstreamGarbage, match="larger than 99999 bytes"):
        await fetch(transport, upstream.url, limit=99_999)


# --- not HTTP ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wire",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
        b"<html></html>\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/3.7 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA\x00B: c\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000,
    ],
)
async def test_what_is_no_http_answer_is_garbage(
    upstream: ProgrammableUpstream, transport: Http1Transport, wire: bytes
) -> None:
    upstream.always(None, raw(wire))
    assert isinstance(await fault(transport, upstream), UpstreamGarbage)


async def test_a_large_header_within_the_limit_is_read(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, reply(b"x" * 500_000, headers={"X": "y" * 60_000}))
    assert len(await fetch(transport, upstream.url)) == 500_000


async def test_an_error_page_is_an_answer(upstream: ProgrammableUpstream, transport: Http1Transport) -> None:
    upstream.always(None, html_page(502))
    response = await transport.send("POST", upstream.url, [], b"")
    assert response.status == 502
    assert (await response.read(LIMIT)).startswith(b"<html>")
    response.release()


async def test_after_close_nothing_is_sent(upstream: ProgrammableUpstream, transport: Http1Transport) -> None:
    upstream.always(None, chat_reply())
    await fetch(transport, upstream.url)
    await transport.close()
    assert isinstance(await fault(transport, upstream), UpstreamUnreachable)
