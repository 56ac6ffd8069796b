"""The real ``openai`` SDK's Responses over a channel whose provider serves the Responses API itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import openai
import pytest
from pydantic import BaseModel

from tests.e2e.conftest import OF_RESPONSES as MODEL
from tests.e2e.conftest import eventually
from tests.support.providers.upstream import Ending, error_reply, json_reply, sse
from tests.support.waiting import AT_ONCE

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

RESPONSES = "/v1/responses"
USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 3,
    "output_tokens_details": {"reasoning_tokens": 1},
    "total_tokens": 12,
}
THOUGHT: dict[str, Any] = {"id": "rs_up", "type": "reasoning", "summary": [], "encrypted_content": "gAA"}
CALL: dict[str, Any] = {
    "id": "fc_up", "type": "function_call", "status": "completed",
    "call_id": "call_up", "name": "weather", "arguments": "{}",
}  # fmt: skip


@pytest.fixture
def provider(shared_provider: Site) -> Site:
    shared_provider.upstream.forget()
    return shared_provider


def said(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"id": "msg_up", "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def response(*output: dict[str, Any], status: str = "completed", **fields: Any) -> dict[str, Any]:
    return {
        "id": "resp_up", "object": "response", "created_at": 1, "status": status, "error": None,
        "incomplete_details": None, "model": MODEL, "output": list(output), "parallel_tool_calls": True,
        "tool_choice": "auto", "tools": [], "store": False, "previous_response_id": None,
        "usage": USAGE if status != "in_progress" else None, **fields,
    }  # fmt: skip


def events(text: str = "hello") -> list[dict[str, Any]]:
    where = {"item_id": "msg_up", "output_index": 1, "content_index": 0}
    item, begun = said(text), response(status="in_progress")
    told: list[dict[str, Any]] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {**THOUGHT, "encrypted_content": "g"},
        },
        {"type": "response.output_item.done", "output_index": 0, "item": THOUGHT},
        {"type": "response.output_item.added", "output_index": 1, "item": {**item, "content": []}},
        {"type": "response.content_part.added", **where, "part": {**item["content"][0], "text": ""}},
        {"type": "response.output_text.delta", **where, "delta": text, "logprobs": [], "obfuscation": "xyz"},
        {"type": "response.output_text.done", **where, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **where, "part": item["content"][0]},
        {"type": "response.output_item.done", "output_index": 1, "item": item},
        {"type": "response.of_tomorrow", "x": 1},
        {"type": "response.completed", "response": response(THOUGHT, item)},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(told)]


def test_a_response(provider: Site) -> None:
    provider.upstream.always(RESPONSES, json_reply(response(said("hello"), unknown={"a": 1})))
    answer = provider.client.responses.create(model=MODEL, input="hi", store=False, extra_body={"new": [1.0]})
    assert (answer.output_text, answer.id) == ("hello", "resp_up")
    assert answer.model_dump()["unknown"] == {"a": 1}
    assert provider.last.json() == {"model": MODEL, "input": "hi", "store": False, "new": [1.0]}
    assert provider.last.header("authorization") == "Bearer sk-upstream"
    row = provider.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"], row["end_cause"]) == (9, 3, "delivered")


def test_a_stream(provider: Site) -> None:
    provider.upstream.always(RESPONSES, sse(events(), done=False))
    with provider.client.responses.stream(model=MODEL, input="hi") as stream:
        seen = list(stream)
        final = stream.get_final_response()
    assert final.output_text == "hello"
    assert [event.sequence_number for event in seen if hasattr(event, "sequence_number")][-1] == 11
    assert "response.of_tomorrow" in [event.type for event in seen]
    assert final.usage is not None
    row = provider.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"], row["is_stream"]) == (9, 3, True)


async def test_the_async_client(provider: Site) -> None:
    provider.upstream.always(RESPONSES, sse(events(), done=False))
    async with (
        provider.async_client() as client,
        client.responses.stream(model=MODEL, input="hi") as stream,
    ):
        assert (await stream.get_final_response()).output_text == "hello"


def test_a_parsed_answer(provider: Site) -> None:
    class City(BaseModel):
        name: str

    provider.upstream.always(RESPONSES, json_reply(response(said('{"name":"Oslo"}'))))
    parsed = provider.client.responses.parse(model=MODEL, input="hi", text_format=City)
    assert parsed.output_parsed == City(name="Oslo")
    assert provider.last.json()["text"]["format"]["type"] == "json_schema"


class TestContinued:
    def test_from_responses_that_are_stored_here(self, provider: Site) -> None:
        provider.upstream.always(RESPONSES, json_reply(response(THOUGHT, CALL)))
        create, before = provider.client.responses.create, provider.charges()
        first = create(model=MODEL, input="hi")
        assert provider.last.json()["store"] is False
        assert first.model_dump()["store"] is True
        assert first.output[0].model_dump()["encrypted_content"].endswith(".gAA")
        provider.upstream.always(RESPONSES, json_reply(response(said("4"), id="resp_second")))
        result: Any = {"type": "function_call_output", "call_id": "call_up", "output": "4 degrees"}
        second = create(model=MODEL, input=[result], previous_response_id=first.id)
        assert second.model_dump()["previous_response_id"] == first.id
        sent = provider.last.json()
        assert "previous_response_id" not in sent
        assert [item.get("type") for item in sent["input"]] == [
            "message",
            "reasoning",
            "function_call",
            "function_call_output",
        ]
        assert sent["input"][1]["encrypted_content"] == "gAA"
        asked = len(provider.upstream.requests)
        assert provider.client.responses.retrieve(second.id).output_text == "4"
        assert len(provider.client.responses.input_items.list(second.id).data) == 1
        provider.client.responses.delete(second.id)
        with pytest.raises(openai.NotFoundError):
            provider.client.responses.retrieve(second.id)
        assert len(provider.upstream.requests) == asked, "the provider has nothing to do with it"
        assert provider.charges() == before + 2

    def test_after_a_stream(self, provider: Site) -> None:
        provider.upstream.always(RESPONSES, sse(events(), done=False))
        with provider.client.responses.stream(model=MODEL, input="hi") as stream:
            first = stream.get_final_response()
        provider.upstream.always(RESPONSES, json_reply(response(said("so"), id="resp_third")))
        provider.client.responses.create(model=MODEL, input="and?", previous_response_id=first.id)
        assert [item["type"] for item in provider.last.json()["input"]] == [
            "message",
            "reasoning",
            "message",
            "message",
        ]


class TestFaults:
    def test_a_stream_that_breaks_off(self, provider: Site) -> None:
        broken = sse(events(), done=False).stopped(Ending.RESET, after_events=7)
        provider.upstream.always(RESPONSES, broken)
        stream = provider.client.responses.create(model=MODEL, input="hi", stream=True)
        told = [event.model_dump() for event in stream]
        assert told[-1]["type"] == "response.failed"
        assert told[-1]["response"]["id"] == "resp_up"
        assert [event["sequence_number"] for event in told] == list(range(len(told)))
        assert provider.newest_charge()["end_cause"] == "upstream_failed"

    def test_a_response_that_fails(self, provider: Site) -> None:
        error = {"code": "server_error", "message": "no luck"}
        failed = {
            "type": "response.failed",
            "sequence_number": 8,
            "response": response(status="failed", error=error),
        }
        provider.upstream.always(RESPONSES, sse([*events()[:7], failed], done=False))
        stream = provider.client.responses.create(model=MODEL, input="hi", stream=True)
        told = [event.model_dump() for event in stream]
        assert told[-1]["type"] == "response.failed"
        row = provider.newest_charge()
        assert (row["prompt_tokens"], row["completion_tokens"], row["end_cause"]) == (9, 3, "upstream_failed")

    def test_a_refusal(self, provider: Site) -> None:
        provider.upstream.always(RESPONSES, error_reply(400, "too long", code="context_length_exceeded"))
        before = provider.charges()
        with pytest.raises(openai.BadRequestError) as caught:
            provider.client.responses.create(model=MODEL, input="hi")
        assert caught.value.code == "context_length_exceeded"
        assert provider.charges() == before

    def test_a_client_that_leaves(self, provider: Site) -> None:
        slow = sse(events(), done=False).paused(0.4)
        provider.upstream.always(RESPONSES, slow)
        with provider.client.responses.create(model=MODEL, input="hi", stream=True) as stream:
            for event in stream:
                if event.type == "response.output_text.delta":
                    break
        eventually(lambda: provider.last.abandoned_at is not None, AT_ONCE)
        eventually(lambda: provider.newest_charge()["end_cause"] == "client_left")


class TestCompacted:
    """A conversation that is replaced by a shorter one, which only its provider can read."""

    COMPACTION: ClassVar[dict[str, Any]] = {"id": "cmp_up", "type": "compaction", "encrypted_content": "gAB"}
    ANSWER: ClassVar[dict[str, Any]] = {
        "id": "resp_cmp", "object": "response.compaction", "created_at": 1, "usage": USAGE,
        "output": [
            {"id": "msg_1", "type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
            COMPACTION,
        ],
    }  # fmt: skip

    def test_is_billed_as_an_answer_and_continues(self, provider: Site) -> None:
        provider.upstream.always(f"{RESPONSES}/compact", json_reply(self.ANSWER))
        before = provider.charges()
        compacted = provider.client.responses.compact(model=MODEL, input="hi", instructions="Be brief.")
        assert provider.last.json() == {"model": MODEL, "input": "hi", "instructions": "Be brief."}
        assert compacted.object == "response.compaction"
        assert compacted.usage.input_tokens == USAGE["input_tokens"]
        row = provider.newest_charge()
        assert (row["prompt_tokens"], row["completion_tokens"], row["end_cause"]) == (9, 3, "delivered")
        assert provider.charges() == before + 1
        provider.upstream.always(RESPONSES, json_reply(response(said("hello"))))
        items: Any = [item.model_dump(exclude_none=True, warnings=False) for item in compacted.output]
        assert items[1]["encrypted_content"] != "gAB", "it is marked with its account"
        provider.client.responses.create(model=MODEL, input=[*items, {"role": "user", "content": "and?"}])
        assert provider.last.json()["input"][1]["encrypted_content"] == "gAB"

    def test_of_a_stored_conversation(self, provider: Site) -> None:
        provider.upstream.always(RESPONSES, json_reply(response(said("hello"))))
        first = provider.client.responses.create(model=MODEL, input="hi")
        provider.upstream.always(f"{RESPONSES}/compact", json_reply(self.ANSWER))
        compacted = provider.client.responses.compact(model=MODEL, previous_response_id=first.id)
        assert [item.get("role") for item in provider.last.json()["input"]] == ["user", "assistant"]
        with pytest.raises(openai.NotFoundError):
            provider.client.responses.retrieve(compacted.id)

    def test_is_refused_for_good_where_no_provider_offers_it(self, site: Site) -> None:
        before = site.charges()
        with pytest.raises(openai.InternalServerError) as caught:
            site.client.with_options(max_retries=2).responses.compact(model="gpt-4o", input="hi")
        assert caught.value.status_code == 501
        assert caught.value.response.headers["x-should-retry"] == "false"
        assert site.charges() == before
