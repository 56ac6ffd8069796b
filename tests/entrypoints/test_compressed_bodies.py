"""Compressed bodies are decompressed completely or refused, and never take much more memory than their limit."""

from __future__ import annotations

import json
import random
import tracemalloc

import pytest

from oneapi.domain.errors import BodyTooLarge, MalformedRequest
from oneapi.entrypoints.errors.answers import text_of
from oneapi.entrypoints.http.bodies import MEGABYTE
from oneapi.entrypoints.http.compressed_bodies import SMALL_GROWTH, inflated
from tests.support.clients.packing import PACK, raw_deflate, zstd_of_large_window

ENCODINGS = pytest.mark.parametrize("encoding", PACK)


def conversation(size: int) -> bytes:
    """JSON of about ``size`` bytes that compresses as well as that of clients."""
    words = random.Random(7)
    content = " ".join(f"{words.randrange(10**6):x}" for _ in range(size // 6))
    return json.dumps({"messages": [{"role": "user", "content": content}]}).encode()


@ENCODINGS
@pytest.mark.parametrize("size", [0, 100, 3 * MEGABYTE])
def test_bodies_are_decompressed_unchanged(encoding: str, size: int) -> None:
    plain = conversation(size) if size else b""
    assert inflated(PACK[encoding](plain), encoding, 64 * MEGABYTE) == plain


def test_deflate_without_the_header_of_zlib_is_read_too() -> None:
    assert inflated(raw_deflate(b"{}"), "deflate", MEGABYTE) == b"{}"


@ENCODINGS
def test_a_body_that_grows_too_much_is_refused(encoding: str) -> None:
    pack = PACK[encoding]
    with pytest.raises(BodyTooLarge):
        inflated(pack(bytes(5 * MEGABYTE)), encoding, 64 * MEGABYTE)
    with pytest.raises(BodyTooLarge):
        inflated(pack(bytes(MEGABYTE)), encoding, MEGABYTE - 1)
    assert len(inflated(pack(bytes(SMALL_GROWTH)), encoding, 64 * MEGABYTE)) == SMALL_GROWTH


@ENCODINGS
def test_a_bomb_takes_no_more_memory_than_the_limit_allows(encoding: str) -> None:
    bomb = PACK[encoding](bytes(64 * MEGABYTE))
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge):
            inflated(bomb, encoding, 64 * MEGABYTE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The growth allowed for such a small body, once in pieces and once as a whole.
    assert peak < 3 * max(SMALL_GROWTH, 100 * len(bomb))


@ENCODINGS
def test_a_body_that_ends_early_or_is_something_else_is_refused(encoding: str) -> None:
    whole = PACK[encoding](conversation(2000))
    for broken in (whole[:-1], whole[: len(whole) // 2], b"", b"\x00not compressed", conversation(100)):
        with pytest.raises(MalformedRequest) as refused:
            inflated(broken, encoding, MEGABYTE)
        assert encoding in text_of(refused.value, "en")


def test_a_window_larger_than_allowed_is_refused() -> None:
    with pytest.raises(MalformedRequest):
        inflated(zstd_of_large_window(conversation(1000)), "zstd", MEGABYTE)


@pytest.mark.parametrize("encoding", ["lzma", "gzip, gzip", "x" * 5000])
def test_other_encodings_are_refused_with_a_short_message(encoding: str) -> None:
    with pytest.raises(MalformedRequest) as refused:
        inflated(b"x", encoding, MEGABYTE)
    assert len(text_of(refused.value, "en")) < 200
