"""Stored responses are found only by their user, turn by turn, until they expire; on every product and in the fake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from oneapi.adapters.database.repositories.stored_responses import SqlResponseStore
from oneapi.adapters.database.sealing import Cipher
from oneapi.domain.stored_responses import StoredResponse
from tests.fakes.relay.stored_responses import FakeResponseStore

if TYPE_CHECKING:
    from oneapi.application.ports.relay import ResponseStore

NOW = 150
ONE = StoredResponse("resp_1", 7, "", created_at=100, expires_at=200, content='{"input":"模型 🙂"}'.encode())
TWO = evolve(ONE, id="resp_2", previous="resp_1", content=b'"two"' * 100_000)
THREE = evolve(ONE, id="resp_3", previous="resp_2", expires_at=300, content=b"3")
OTHERS = evolve(ONE, user_id=8, content=b"others")
LIMITS = {"now": NOW, "most": 10, "largest": 1_000_000}


@pytest.fixture
def empty(product: str, request: pytest.FixtureRequest) -> ResponseStore:
    if product == "fake":
        return FakeResponseStore()
    return SqlResponseStore(request.getfixturevalue("database"), Cipher(["a key of the tests"]))


@pytest.fixture
async def store(empty: ResponseStore) -> ResponseStore:
    for each in (ONE, TWO, THREE, OTHERS):
        await empty.add(each)
    return empty


async def test_users_find_only_their_own_responses(store: ResponseStore) -> None:
    assert await store.find(7, ["resp_2", "resp_0", "resp_1"], now=NOW) == [TWO, ONE]
    assert await store.find(8, ["resp_1", "resp_2"], now=NOW) == [OTHERS]
    assert await store.find(9, ["resp_1"], now=NOW) == []


async def test_a_conversation_is_found_turn_by_turn(store: ResponseStore) -> None:
    assert list(await store.turns(7, "resp_3", **LIMITS)) == [ONE, TWO, THREE]
    assert list(await store.turns(7, "resp_1", **LIMITS)) == [ONE]
    assert not await store.turns(8, "resp_3", **LIMITS)


async def test_of_a_long_conversation_the_end_is_found(store: ResponseStore) -> None:
    assert list(await store.turns(7, "resp_3", **LIMITS | {"most": 2})) == [TWO, THREE]
    assert list(await store.turns(7, "resp_3", **LIMITS | {"largest": 1000})) == [THREE]


async def test_without_a_turn_there_is_no_conversation(store: ResponseStore) -> None:
    assert await store.delete(7, "resp_1")
    assert not await store.delete(7, "resp_1")
    assert not await store.turns(7, "resp_3", **LIMITS)
    assert await store.find(8, ["resp_1"], now=NOW) == [OTHERS]


async def test_expired_responses_are_not_found(store: ResponseStore) -> None:
    assert await store.find(7, ["resp_1", "resp_3"], now=200) == [THREE]
    assert not await store.turns(7, "resp_3", **LIMITS | {"now": 200})
    assert await store.sweep(200, largest=1_000_000) == 3
    assert await store.find(7, ["resp_1", "resp_2", "resp_3"], now=NOW) == [THREE]


async def test_a_response_with_the_same_id_replaces_the_previous_one(store: ResponseStore) -> None:
    again = evolve(ONE, content=b"again")
    await store.add(again)
    assert await store.find(7, ["resp_1"], now=NOW) == [again]


async def test_a_response_is_found_by_its_items(store: ResponseStore) -> None:
    named = evolve(ONE, id="resp_4", items=("msg_a", "rs_b"))
    await store.add(named)
    assert await store.with_items(7, ["rs_b", "msg_a", "msg_0"], now=NOW) == ["resp_4"]
    assert await store.with_items(7, ["rs_b"], now=200) == []
    assert await store.with_items(8, ["rs_b"], now=NOW) == []
    assert await store.find(7, ["resp_4"], now=NOW) == [evolve(named, items=())]
    await store.sweep(200, largest=1_000_000)
    assert await store.with_items(7, ["rs_b"], now=NOW) == []


async def test_the_oldest_responses_of_one_user_are_deleted(store: ResponseStore) -> None:
    ids = ["resp_1", "resp_2", "resp_3"]
    total = sum(len(each.content) for each in (ONE, TWO, THREE))
    assert await store.trim(7, largest=total) == 0
    assert await store.trim(9, largest=0) == 0
    assert await store.trim(7, largest=total - 1) == 1
    assert await store.find(7, ids, now=NOW) == [TWO, THREE]
    assert await store.trim(7, largest=1) == 1
    assert await store.find(7, ids, now=NOW) == [THREE]
    assert await store.find(8, ["resp_1"], now=NOW) == [OTHERS]


async def test_the_oldest_responses_of_a_user_beyond_the_limit_are_deleted(store: ResponseStore) -> None:
    await store.add(evolve(ONE, id="resp_5", created_at=110, content=b"x" * 900))
    assert await store.sweep(NOW, largest=1000) == 2
    ids = ["resp_1", "resp_2", "resp_3", "resp_5"]
    assert [row.id for row in await store.find(7, ids, now=NOW)] == ["resp_3", "resp_5"]
    assert await store.find(8, ["resp_1"], now=NOW) == [OTHERS]
