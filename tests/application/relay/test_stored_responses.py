"""Storing answers never affects them, and only answers that clients want stored are stored."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest
from attrs import define, field

from oneapi.adapters.dialects.responses.stored import StoredForm
from oneapi.application.jobs import Progress
from oneapi.application.relay.background import Background
from oneapi.application.relay.keeping import Keeping
from oneapi.application.relay.stored_responses import StoredResponses
from oneapi.domain.errors import (
    GatewayError,
    InvalidParameter,
    StorageUnavailable,
    TooManyRequests,
    UnstorableValue,
)
from oneapi.domain.options import Options
from oneapi.domain.people.tokens import Token
from oneapi.domain.people.users import Account, User
from oneapi.domain.requests import RelayRequest
from oneapi.domain.stored_responses import (
    DAY,
    GIVEN_UP,
    LARGEST_CONTENT,
    LARGEST_TOTAL,
    MOST_AT_ONCE,
    MOST_TURNS,
    UNCHECKED,
    StoredResponse,
)
from oneapi.domain.work import Work
from tests.fakes.relay.stored_responses import FakeResponseStore
from tests.fakes.relay.upstream import FakeReply

NOW = 1000
RESPONSE = {"id": "resp_1", "output": []}
ENDED = b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1","output":[]}}\n\n'
COMPLETED = ENDED.replace(b'"output"', b'"status":"completed","output"')
CALLER: Any = cast(
    "Any",
    type(
        "Caller",
        (),
        {
            "account": Account(
                Token(1, 1, "k", 1, "t", -1, 0, unlimited_quota=True), User(7, "u", 1, 1, "default", 1)
            )
        },
    )(),
)
ADMISSION: Any = type("Admission", (), {"caller": CALLER})()


@define
class Relay:
    """Answers with ``pieces``, and records the requests."""

    pieces: tuple[bytes, ...] = ()
    asked: list[RelayRequest] = field(factory=list)

    async def serve(self, _admission: Any, request: RelayRequest, reply: Any, _request_id: str) -> None:
        self.asked.append(request)
        if not self.pieces:
            await reply.whole(200, (), json.dumps(RESPONSE).encode())
            return
        await reply.start(200, (), events=True)
        for piece in self.pieces:
            await reply.send(piece)
        await reply.finish()


@define
class Refusing(FakeResponseStore):
    """Fails with ``error``."""

    error: GatewayError = field(factory=StorageUnavailable)

    async def add(self, response: StoredResponse) -> None:  # noqa: ARG002
        raise self.error


def keeping(relay: Any, store: FakeResponseStore, **options: Any) -> Keeping:
    stored = StoredResponses(store, StoredForm(), lambda: Options(**options), clock=lambda: NOW)
    return Keeping(relay, stored, Background(relay, stored, StoredForm(), new_id=lambda: "resp_b"))


def request(**fields: Any) -> RelayRequest:
    fields = {"input": "hi", **fields}
    return RelayRequest(Work.CONVERSE, "responses", "m", json.dumps(fields).encode(), fields)


async def test_whole_and_streamed_answers_are_stored() -> None:
    for pieces in ((), (b"event: response.created\ndata: {}\n\n", b"event: x\ndata: 1\n\n" + ENDED)):
        store, reply = FakeResponseStore(), FakeReply()
        await keeping(Relay(pieces), store).serve(ADMISSION, request(), reply, "r")
        (kept,) = store.rows.values()
        assert (kept.id, kept.user_id, kept.expires_at) == ("resp_1", 7, NOW + 30 * DAY)
        assert json.loads(kept.content)["response"] == RESPONSE
        assert b"".join(reply.sent) == (b"".join(pieces) or json.dumps(RESPONSE).encode())


@pytest.mark.parametrize("error", [StorageUnavailable(), UnstorableValue()])
async def test_a_failing_store_does_not_affect_answers(error: GatewayError) -> None:
    reply = FakeReply()
    await keeping(Relay((ENDED,)), Refusing(error=error)).serve(ADMISSION, request(), reply, "r")
    assert reply.sent == [ENDED]
    assert reply.finished


async def test_answers_that_must_not_be_stored_pass_unchanged() -> None:
    for asked, options in ((request(store=False), {}), (request(), {"response_retention_days": 0})):
        store, relay = FakeResponseStore(), Relay((ENDED,))
        await keeping(relay, store, **options).serve(ADMISSION, asked, FakeReply(), "r")
        assert not store.rows
        assert relay.asked[0].fields["store"] is False
        assert json.loads(relay.asked[0].body)["store"] is False, "nor does the provider keep it"
    asked, relay = request(store=False), Relay((ENDED,))
    await keeping(relay, FakeResponseStore()).serve(ADMISSION, asked, FakeReply(), "r")
    assert relay.asked[0].body is asked.body


async def test_failed_answers_are_not_stored() -> None:
    store = FakeResponseStore()
    failed = ENDED.replace(b"completed", b"failed")
    await keeping(Relay((failed,)), store).serve(ADMISSION, request(), FakeReply(), "r")
    assert not store.rows


async def test_expired_responses_are_deleted() -> None:
    store = FakeResponseStore()
    await store.add(StoredResponse("resp_1", 7, "", 0, NOW, b"{}"))
    await store.add(StoredResponse("resp_2", 7, "", 0, NOW + 1, b"{}"))
    progress = Progress(0)
    stored = StoredResponses(store, StoredForm(), Options, clock=lambda: NOW)
    await stored.sweep(progress)
    assert progress.total == 1
    assert [row.id for row in store.rows.values()] == ["resp_2"]


@pytest.mark.parametrize(("old", "kept"), [(LARGEST_TOTAL, False), (LARGEST_TOTAL // 2, True)])
async def test_old_responses_make_room_for_new_ones(old: int, kept: bool) -> None:  # noqa: FBT001
    store = FakeResponseStore()
    await store.add(StoredResponse("resp_0", 7, "", 0, NOW + 1, cast("Any", range(old))))
    await keeping(Relay(), store).serve(ADMISSION, request(), FakeReply(), "r")
    assert ((7, "resp_0") in store.rows) is kept
    assert (7, "resp_1") in store.rows


async def test_the_total_size_is_checked_after_a_certain_amount_of_writes() -> None:
    looked: list[int] = []

    class Counting(FakeResponseStore):
        async def trim(self, user_id: int, *, largest: int) -> int:
            looked.append(largest)
            return await super().trim(user_id, largest=largest)

    serves = keeping(Relay(), Counting())
    for _ in range(20):
        await serves.serve(ADMISSION, request(input="x" * (UNCHECKED // 10)), FakeReply(), "r")
    assert looked == [LARGEST_TOTAL - UNCHECKED] * 2


async def test_items_with_ids_of_another_gateway_are_found() -> None:
    store, relay = FakeResponseStore(), Relay()
    said = {"id": "msg_of_openai", "type": "message", "role": "assistant", "content": []}
    answer = {"id": "resp_of_openai", "output": [said]}
    relay.pieces = (
        ENDED.replace(json.dumps(RESPONSE, separators=(",", ":")).encode(), json.dumps(answer).encode()),
    )
    await keeping(relay, store).serve(ADMISSION, request(), FakeReply(), "r")
    named = {"type": "item_reference", "id": "msg_of_openai"}
    await keeping(relay, store).serve(ADMISSION, request(input=[named]), FakeReply(), "r")
    assert relay.asked[1].fields["input"] == [said]
    assert json.loads(relay.asked[1].body)["input"] == [said]
    with pytest.raises(InvalidParameter, match="msg_0"):
        await keeping(relay, store).serve(
            ADMISSION, request(input=[named, {"id": "msg_0"}]), FakeReply(), "r"
        )


async def test_a_continued_conversation_is_sent_as_a_whole() -> None:
    store, relay = FakeResponseStore(), Relay()
    await keeping(relay, store).serve(ADMISSION, request(), FakeReply(), "r")
    await keeping(relay, store).serve(
        ADMISSION, request(input="and?", previous_response_id="resp_1"), FakeReply(), "r"
    )
    first, second = relay.asked
    assert [item["content"][0]["text"] for item in second.fields["input"]] == ["hi", "and?"]
    assert "previous_response_id" not in json.loads(second.body)
    assert first.affinity == second.affinity
    await keeping(relay, store).serve(ADMISSION, request(prompt_cache_key="k"), FakeReply(), "r")
    assert relay.asked[2].affinity == "7/k"


async def test_a_conversation_that_is_too_long_or_missing() -> None:
    store = FakeResponseStore()
    turns = [f"resp_{number}" for number in range(MOST_TURNS + 1)]
    for before, turn in zip(["", *turns], turns, strict=False):
        await store.add(StoredResponse(turn, 7, before, 0, NOW + 1, b'{"input":[],"response":{}}'))
    for previous, code in ((turns[-1], "invalid_value"), ("resp_none", "previous_response_not_found")):
        with pytest.raises(InvalidParameter) as caught:
            await keeping(Relay(), store).serve(
                ADMISSION, request(previous_response_id=previous), FakeReply(), "r"
            )
        assert caught.value.code == code


class TestBackground:
    """Background responses."""

    RUNNING = (
        b'{"input":[],"response":{"id":"resp_b","status":"queued","background":true,"output":[]},"seen":%d}'
    )

    async def test_a_background_response_is_stored_under_the_clients_id(self) -> None:
        store, reply = FakeResponseStore(), FakeReply()
        await keeping(Relay((ENDED,)), store).serve(ADMISSION, request(background=True), reply, "r")
        told = json.loads(reply.sent[0])
        assert told == {"id": "resp_b", "output": [], "background": True}
        await asyncio.sleep(0)
        (kept,) = store.rows.values()
        assert (kept.id, json.loads(kept.content)["response"]) == ("resp_b", told)

    @pytest.mark.parametrize(
        "told", [b"a" * (LARGEST_CONTENT // 2), b"\x01" * (LARGEST_CONTENT // 4)], ids=["sent", "stored"]
    )
    async def test_a_response_whose_events_are_too_long_is_streamed_again_as_one_event(
        self, told: bytes
    ) -> None:
        store = FakeResponseStore()
        pieces = b'event: response.output_text.delta\ndata: {"delta":"%b"}\n\n' % told, COMPLETED
        await keeping(Relay(pieces), store).serve(ADMISSION, request(background=True), FakeReply(), "r")
        await asyncio.sleep(0)
        (kept,) = store.rows.values()
        name, _, data = StoredForm().told_again(kept.content, 7).partition(b"\ndata: ")
        assert name == b"event: response.completed"
        assert json.loads(data) == {
            "type": "response.completed",
            "sequence_number": 8,
            "response": {"id": "resp_b", "status": "completed", "output": [], "background": True},
        }

    async def test_background_responses_per_user_are_limited(self) -> None:
        gate = asyncio.Event()

        class Slow(Relay):
            async def serve(self, *_: Any) -> None:
                await gate.wait()

        served = keeping(Slow(), FakeResponseStore())
        names = iter(range(1000))
        served._background._new_id = lambda: f"resp_{next(names)}"  # type: ignore[union-attr]  # noqa: SLF001  # one id each
        asks = [
            asyncio.ensure_future(served.serve(ADMISSION, request(background=True), FakeReply(), "r"))
            for _ in range(MOST_AT_ONCE)
        ]
        await asyncio.sleep(0.01)
        with pytest.raises(TooManyRequests):
            await served.serve(ADMISSION, request(background=True), FakeReply(), "r")
        gate.set()
        await asyncio.gather(*asks)

    async def test_an_abandoned_background_response_has_failed(self) -> None:
        store = FakeResponseStore()
        stored = StoredResponses(store, StoredForm(), Options, clock=lambda: NOW)
        for seen, status in ((NOW - GIVEN_UP, "queued"), (NOW - GIVEN_UP - 1, "failed")):
            await store.add(StoredResponse("resp_b", 7, "", 0, NOW + 1, self.RUNNING % seen))
            content = json.loads(await stored.get(CALLER, "resp_b"))
            assert content["response"]["status"] == status
