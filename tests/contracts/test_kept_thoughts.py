"""Thoughts are kept in the same way in memory and in Redis, for a limited time and in limited number."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from oneapi.adapters.database.sealing import Cipher
from oneapi.adapters.kept_thoughts import LONGEST, OVERHEAD, MemoryThoughts, RedisThoughts, thoughts_over
from oneapi.adapters.redis import open_redis
from tests.support.stores.redis import redis, redis_cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from oneapi.adapters.upstream.remembering import ThoughtStore

CIPHER, OTHER, PLAIN = Cipher(["a key of the tests"]), Cipher(["another key of theirs"]), Cipher()
__all__ = ["redis", "redis_cluster"]  # importing them makes the fixtures available


@pytest.fixture(
    params=[
        "memory",
        *(pytest.param(each, marks=pytest.mark.database) for each in ("redis", "redis_cluster")),
    ]
)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[ThoughtStore]:
    if request.param == "memory":
        yield thoughts_over(None, CIPHER)
        return
    client = open_redis(request.getfixturevalue(request.param))
    assert client is not None
    # The store in the process would hide that Redis keeps nothing.
    yield RedisThoughts(client, CIPHER, MemoryThoughts(0))
    await client.aclose()


async def test_kept_thoughts_are_recalled(store: ThoughtStore) -> None:
    first, second, unknown = (uuid4().hex for _ in range(3))
    await store.keep(first, b"1")
    await store.keep(second, b"2")
    assert await store.recall([first, second, unknown]) == {first: b"1", second: b"2"}
    await store.keep(first, b"3")
    assert await store.recall([first]) == {first: b"3"}
    assert await store.recall([]) == {}


async def test_thoughts_that_are_too_long_are_not_kept(store: ThoughtStore) -> None:
    key = uuid4().hex
    await store.keep(key, b"x" * (LONGEST + 1))
    assert await store.recall([key]) == {}


async def test_memory_discards_the_least_recently_used_thoughts() -> None:
    store = MemoryThoughts(capacity=2 * (OVERHEAD + 1))
    for key in ("a", "b"):
        await store.keep(key, b"x")
    await store.recall(["a"])
    await store.keep("c", b"x")
    assert (await store.recall(["a", "b", "c"])).keys() == {"a", "c"}


async def test_a_redis_outage_does_not_fail_requests() -> None:
    client = open_redis("redis://127.0.0.1:1")
    store = thoughts_over(client, CIPHER)
    await store.keep("a", b"1")
    assert await store.recall(["a", "b"]) == {"a": b"1"}


@pytest.mark.database
@pytest.mark.parametrize(("cipher", "is_sealed"), [(CIPHER, True), (PLAIN, False)])
async def test_with_an_encryption_key_redis_holds_no_thought_in_clear(
    redis: str,
    cipher: Cipher,
    is_sealed: bool,  # noqa: FBT001
) -> None:
    client, key = open_redis(redis), uuid4().hex
    assert client is not None
    await RedisThoughts(client, cipher, MemoryThoughts(0)).keep(key, b"a thought")
    [name] = [name async for name in client.scan_iter(f"*{key}")]
    assert (await client.get(name) != b"a thought") is is_sealed
    for reader, found in ((CIPHER, b"a thought"), (OTHER, b"" if is_sealed else b"a thought")):
        recalled = await RedisThoughts(client, reader, MemoryThoughts(0)).recall([key])
        assert recalled.get(key, b"") == found
    await client.aclose()


@pytest.mark.parametrize("damaged", [b"\xff", b"enc:v1:damaged"])
async def test_thoughts_that_cannot_be_decrypted_are_missing(redis: str, damaged: bytes) -> None:
    client, key = open_redis(redis), uuid4().hex
    assert client is not None
    store = RedisThoughts(client, CIPHER, MemoryThoughts(0))
    await store.keep(key, b"1")
    [name] = [name async for name in client.scan_iter(f"*{key}")]
    await client.set(name, damaged)
    assert await store.recall([key]) == {}
    await client.aclose()
