"""The load generator counts right answers only."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from bench import wire
from bench.load import Job, Measured, measure

if TYPE_CHECKING:
    from collections.abc import Callable


async def run(
    port: int,
    *,
    connections: int = 3,
    stream: bool = False,
    chunks: int = 0,
    gap_ms: int = 0,
    prompt_bytes: int = 0,
) -> Measured:
    return await measure(
        Job(
            port=port, headers={}, pid=os.getpid(), connections=connections, warm_up=1, seconds=0.05, stream=stream,
            chunks=chunks, gap_ms=gap_ms, prompt_bytes=prompt_bytes, settle=0, patience=0.5,
        )
    )  # fmt: skip


async def run_against(answering: Callable[[bytes], bytes]) -> Measured:
    """One connection to a server that answers each request by ``answering`` and hangs up on an empty answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(65536):
            answer = answering(request)
            writer.write(answer)
            if not answer:
                break
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        return await run(server.sockets[0].getsockname()[1], connections=1)


async def test_right_answers_are_counted_and_timed(upstream_port: int) -> None:
    found = await run(upstream_port)
    assert not found.faults
    assert found.sent == found.answered + 3
    assert found.answered >= 3
    assert 0 < found.latency_p50 <= found.latency_p99 < 1
    assert found.cpu > 0
    assert found.resident_during > 1_000_000


async def test_chunks_of_streams_are_counted_and_their_time_under_way_is_known(upstream_port: int) -> None:
    found = await run(upstream_port, stream=True, chunks=4, gap_ms=5)
    assert not found.faults
    assert found.chunks == 4 * found.answered
    assert 0 < found.reads <= found.chunks
    assert 0 < found.delay_p50 <= found.delay_p99 < 1


def http(status: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (http(b"502 Bad Gateway", b"oh"), "status 502: oh"),
        (http(b"200 OK", b"{}"), "the answer to another request"),
        (b"garbage\r\n\r\n", "not HTTP"),
        (b"", "the connection was closed"),
    ],
)
async def test_a_wrong_answer_is_a_fault(answer: bytes, fault: str) -> None:
    found = await run_against(lambda _: answer)
    assert found.answered == found.sent == 0
    assert any(text.startswith(fault) for text in found.faults)


async def test_a_cut_answer_is_a_fault() -> None:
    def cut(request: bytes) -> bytes:
        number = request.partition(b"bench/")[2][:12]
        return http(b"200 OK", b'{"content":"%b In a closed loop"}' % number)

    found = await run_against(cut)
    assert found.sent == 0
    assert any(text.startswith("not the whole answer") for text in found.faults)


async def test_a_server_that_keeps_silent_is_a_fault() -> None:
    found = await run_against(lambda _: b"HTTP/1.1 200 OK\r\n")
    assert found.faults == {"no answer in time": 1}


async def test_a_large_prompt_is_valid_json_of_about_the_size_asked_for(upstream_port: int) -> None:
    found = await run(upstream_port, prompt_bytes=120_000)
    assert not found.faults
    before, after = wire.request_parts(stream=False, prompt_bytes=120_000)
    body = before + b"0" * wire.NUMBER_DIGITS + after
    assert 118_000 < len(body) < 123_000
    assert len(msgspec.json.decode(body)["messages"]) > 50
