"""Compressed answers through the HTTP/1.1 transport."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest

from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage
from tests.support.providers.upstream import Answer, ProgrammableUpstream, chunk, head, raw, reply

if TYPE_CHECKING:
    from oneapi.adapters.transport.http1 import Http1Transport
    from oneapi.adapters.transport.responses import Http1Response

TEXT = b'{"text":"' + b"hello " * 50_000 + b'"}'
LIMIT = 1 << 20


def encoded(body: bytes, coding: str) -> Answer:
    return reply(body, headers={"Content-Encoding": coding})


def in_chunks(body: bytes, coding: str, size: int) -> Answer:
    pieces = [chunk(body[i : i + size]) for i in range(0, len(body), size)]
    header = head(200, {"Transfer-Encoding": "chunked", "Content-Encoding": coding})
    return raw(header, *pieces, b"0\r\n\r\n")


def bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


async def ask(transport: Http1Transport, upstream: ProgrammableUpstream) -> Http1Response:
    return await transport.send("POST", upstream.url, [], b"{}")


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), "X-GZip"),
        (zlib.compress(TEXT), "deflate"),
        (bare_deflate(TEXT), "deflate"),
        (gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]), "gzip"),
        (gzip.compress(TEXT) + b"\x00\x00", "gzip"),
        (TEXT, "gzip"),
        (TEXT, "deflate"),
        (TEXT, "identity"),
        (TEXT, "utf-8"),
    ],
)
@pytest.mark.parametrize("size", [37, 1 << 20])
async def test_the_body_is_plain(
    upstream: ProgrammableUpstream, transport: Http1Transport, body: bytes, coding: str, size: int
) -> None:
    upstream.enqueue(in_chunks(body, coding, size), encoded(body, coding))
    streamed = await ask(transport, upstream)
    pieces = []
    while piece := await streamed.next():
        pieces.append(piece)
    streamed.release()
    assert b"".join(pieces) == TEXT
    whole = await ask(transport, upstream)
    assert await whole.read(len(TEXT)) == TEXT
    whole.release()
    assert len(upstream.connections) == 1


async def test_the_headers_tell_of_the_plain_body(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, reply(TEXT, gzipped=True, headers={"Content-Type": "application/json"}))
    response = await ask(transport, upstream)
    assert response.headers == {"content-type": "application/json"}
    response.release()


async def test_a_stream_is_plain_as_it_comes(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    compressor = zlib.compressobj(wbits=31)
    events = [b"data: %d\n\n" % i for i in range(5)]
    chunks = [chunk(compressor.compress(event) + compressor.flush(zlib.Z_SYNC_FLUSH)) for event in events]
    header = head(200, {"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"})
    upstream.always(None, raw(header, *chunks, chunk(compressor.flush()), b"0\r\n\r\n").paused(0.02))
    response = await ask(transport, upstream)
    assert [await response.next() for _ in range(6)] == [*events, b""]
    response.release()


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress"])
async def test_a_coding_that_was_not_asked_for_is_garbage(
    upstream: ProgrammableUpstream, transport: Http1Transport, coding: str
) -> None:
    upstream.always(None, encoded(b"\x8b\x00", coding))
    with pytest.raises(UpstreamGarbage, match="was not requested"):
        await ask(transport, upstream)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (gzip.compress(TEXT)[:-300], UpstreamBroken),
        (gzip.compress(TEXT)[:12] + b"\xff" * 100, UpstreamGarbage),
        (gzip.compress(TEXT)[:-8] + b"\x00" * 8, UpstreamGarbage),
    ],
    ids=["short", "damaged", "wrong check sum"],
)
async def test_a_damaged_body_is_noticed(
    upstream: ProgrammableUpstream, transport: Http1Transport, body: bytes, error: type[Exception]
) -> None:
    upstream.always(None, encoded(body, "gzip"))
    response = await ask(transport, upstream)
    with pytest.raises(error, match=r"127\.0\.0\.1"):
        await response.read(LIMIT)
    response.release()


async def test_a_compressed_body_may_be_empty(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, encoded(b"", "gzip"))
    response = await ask(transport, upstream)
    assert await response.read(LIMIT) == b""
    response.release()


async def test_a_bomb_is_met_in_bounded_memory(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    bomb = gzip.compress(bytes(64 << 20), 1)
    upstream.always(None, encoded(bomb, "gzip"))
    response = await ask(transport, upstream)
    tracemalloc.start()
    with pytest.raises(UpstreamGarbage, match="larger than 1048576 bytes"):
        await response.read(LIMIT)
    response.release()
    response = await ask(transport, upstream)
    size = 0
    while size < 8 << 20:
        size += len(await response.next())
    response.release()
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
