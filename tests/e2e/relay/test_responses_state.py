"""Stored responses, which clients of the Responses API continue; the gateway stores them itself."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest

from tests.support.gateway.server import NO_TLS, Administrator, running
from tests.support.providers.upstream import chat_chunk, chat_reply, chat_stream, sse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Site
    from tests.support.providers.upstream import ProgrammableUpstream

GPT, CHAT, RESPONSES = "gpt-4o", "/v1/chat/completions", "/v1/responses"
SECRET = "the key of the tests"
SYSTEM, HI, HELLO = (
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "hi"},
    {"role": "assistant", "content": "hello"},
)


@pytest.fixture
def answering(site: Site) -> Site:
    site.upstream.always(CHAT, chat_reply("hello", prompt_tokens=9, completion_tokens=3))
    return site


@pytest.fixture
def stranger(site: Site) -> Iterator[openai.OpenAI]:
    """A client with a token of another user."""
    site.admin.call("POST", "/api/user/", {"username": "stranger", "password": "12345678"})
    rows = site.admin.call("GET", "/api/user/search?keyword=stranger")
    number = rows[0]["id"]
    site.admin.call("PUT", "/api/user/", {"id": number, "username": "stranger", "quota": 10_000_000})
    cookies = httpx.post(
        site.gateway.url + "/api/user/login",
        json={"username": "stranger", "password": "12345678"},
        verify=NO_TLS,
    ).cookies
    made = httpx.post(
        site.gateway.url + "/api/token/",
        json={"name": "t", "unlimited_quota": True, "expired_time": -1},
        headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
        verify=NO_TLS,
    )
    key = "sk-" + made.json()["data"]["key"]
    yield site.client.with_options(api_key=key)
    site.admin.call("DELETE", f"/api/user/{number}")


def asked(site: Site) -> list[dict[str, Any]]:
    """The messages of the last request to the upstream."""
    messages: list[dict[str, Any]] = site.last.json()["messages"]
    return messages


class TestContinued:
    def test_with_the_whole_conversation_and_without_the_instructions(self, answering: Site) -> None:
        create = answering.client.responses.create
        first = create(model=GPT, input="hi", instructions="Be brief.")
        assert asked(answering) == [SYSTEM, HI]
        second = create(model=GPT, input="and?", previous_response_id=first.id)
        assert asked(answering) == [HI, HELLO, {"role": "user", "content": "and?"}]
        assert second.previous_response_id == first.id
        create(model=GPT, input="so?", previous_response_id=second.id)
        assert [message["content"] for message in asked(answering)] == ["hi", "hello", "and?", "hello", "so?"]
        create(model=GPT, input="or?", previous_response_id=first.id)
        assert [message["content"] for message in asked(answering)] == ["hi", "hello", "or?"]

    def test_after_a_stream(self, answering: Site) -> None:
        answering.upstream.always(CHAT, chat_stream(["hel", "lo"], usage=(9, 3)))
        with answering.client.responses.stream(model=GPT, input="hi") as stream:
            first = stream.get_final_response()
        answering.upstream.always(CHAT, chat_reply("hello", prompt_tokens=9, completion_tokens=3))
        answering.client.responses.create(model=GPT, input="and?", previous_response_id=first.id)
        assert asked(answering) == [HI, HELLO, {"role": "user", "content": "and?"}]

    def test_with_the_results_of_tools(self, answering: Site) -> None:
        function = {"name": "weather", "arguments": "{}"}
        call = {"index": 0, "id": "call_1", "type": "function", "function": function}
        answering.upstream.always(
            CHAT, sse([chat_chunk({"tool_calls": [call]}), chat_chunk({}, finish_reason="tool_calls")])
        )
        tool: Any = {"type": "function", "name": "weather", "parameters": None, "strict": None}
        first = answering.client.responses.create(model=GPT, input="hi", tools=[tool])
        answering.upstream.always(CHAT, chat_reply("hello", prompt_tokens=9, completion_tokens=3))
        output: Any = {"type": "function_call_output", "call_id": "call_1", "output": "3 degrees"}
        answering.client.responses.create(
            model=GPT, input=[output], tools=[tool], previous_response_id=first.id
        )
        assert [message["role"] for message in asked(answering)] == ["user", "assistant", "tool"]
        row = answering.newest_charge()
        assert row["prompt_tokens"] == 9

    def test_by_naming_items(self, answering: Site) -> None:
        first = answering.client.responses.create(model=GPT, input="hi")
        (listed,) = answering.client.responses.input_items.list(first.id).data
        items: list[Any] = [
            {"type": "item_reference", "id": listed.id},
            {"id": first.output[0].id},
            {"role": "user", "content": "and?"},
        ]
        answering.client.responses.create(model=GPT, input=items)
        assert asked(answering) == [HI, HELLO, {"role": "user", "content": "and?"}]

    @pytest.mark.parametrize("asks", [{"store": False}, {"input": "x" * (4 * 1024 * 1024)}])
    def test_not_without_a_stored_response(self, answering: Site, asks: dict[str, Any]) -> None:
        first = answering.client.responses.create(**{"model": GPT, "input": "hi", **asks})
        assert first.model_dump()["store"] is False
        with pytest.raises(openai.BadRequestError) as caught:
            answering.client.responses.create(model=GPT, input="and?", previous_response_id=first.id)
        assert caught.value.code == "previous_response_not_found"
        assert caught.value.param == "previous_response_id"
        items: list[Any] = [{"type": "item_reference", "id": first.output[0].id}]
        with pytest.raises(openai.BadRequestError) as caught:
            answering.client.responses.create(model=GPT, input=items)
        assert caught.value.code == "item_not_found"

    def test_not_by_another_user(self, answering: Site, stranger: openai.OpenAI) -> None:
        first = answering.client.responses.create(model=GPT, input="hi")
        before = len(answering.upstream.requests)
        with pytest.raises(openai.BadRequestError) as theirs:
            stranger.responses.create(model=GPT, input="and?", previous_response_id=first.id)
        with pytest.raises(openai.BadRequestError) as nobodys:
            stranger.responses.create(model=GPT, input="and?", previous_response_id="resp_0")
        assert theirs.value.code == nobodys.value.code == "previous_response_not_found"
        for call in (stranger.responses.retrieve, stranger.responses.delete, stranger.responses.cancel):
            with pytest.raises(openai.NotFoundError):
                call(first.id)
        with pytest.raises(openai.NotFoundError):
            stranger.responses.input_items.list(first.id)
        assert len(answering.upstream.requests) == before
        assert answering.client.responses.retrieve(first.id).output_text == "hello"

    def test_tokens_are_counted_with_the_stored_conversation(self, answering: Site) -> None:
        first = answering.client.responses.create(model=GPT, input="word " * 500)
        count = answering.client.responses.input_tokens.count
        assert count(model=GPT, input="and?", previous_response_id=first.id).input_tokens > 500
        assert count(model=GPT, input="and?").input_tokens < 20


class TestKept:
    def test_a_response_can_be_read_again_and_deleted(self, answering: Site) -> None:
        responses = answering.client.responses
        before = answering.charges()
        first = responses.create(model=GPT, input="hi", metadata={"a": "b"})
        assert first.model_dump()["store"] is True
        assert responses.retrieve(first.id) == first
        responses.delete(first.id)
        for gone in (responses.retrieve, responses.delete):
            with pytest.raises(openai.NotFoundError) as caught:
                gone(first.id)
            assert first.id in caught.value.message
        assert answering.charges() == before + 1

    def test_its_items_in_pages(self, answering: Site) -> None:
        items: list[Any] = [
            {"role": "user", "content": str(number), "id": f"msg_{number}"} for number in range(3)
        ]
        first = answering.client.responses.create(model=GPT, input=items)
        listed = answering.client.responses.input_items.list
        assert [item.id for item in listed(first.id, limit=2)] == ["msg_2", "msg_1", "msg_0"]
        page = listed(first.id, limit=1, order="asc")
        assert (page.data[0].id, page.has_more) == ("msg_0", True)
        assert [item.id for item in listed(first.id, order="asc", after="msg_0").data] == ["msg_1", "msg_2"]
        for wrong in ({"limit": 0}, {"after": "msg_9"}):
            with pytest.raises(openai.BadRequestError):
                listed(first.id, **wrong)

    def test_a_stored_response_is_no_background_response(self, answering: Site) -> None:
        first = answering.client.responses.create(model=GPT, input="hi")
        with pytest.raises(openai.BadRequestError):
            answering.client.responses.cancel(first.id)
        with pytest.raises(openai.BadRequestError):
            answering.client.responses.retrieve(first.id, stream=True)

    def test_routes_that_are_not_served_are_not_retried(self, site: Site) -> None:
        with pytest.raises(openai.APIStatusError) as caught:
            site.client.with_options(max_retries=2).responses.compact(model=GPT, input="hi")
        assert caught.value.status_code == 501
        with pytest.raises(openai.APIStatusError) as caught:
            site.client.conversations.create()
        assert caught.value.response.headers["x-should-retry"] == "false"

    def test_a_key_is_required(self, site: Site) -> None:
        answer = httpx.get(f"{site.gateway.url}{RESPONSES}/resp_1", verify=NO_TLS)
        assert answer.status_code == 401

    def test_nothing_is_stored_if_the_operator_turns_it_off(self, answering: Site) -> None:
        answering.admin.set_option("ResponseRetentionDays", "0")
        try:
            first = answering.client.responses.create(model=GPT, input="hi")
            assert first.model_dump()["store"] is False
            with pytest.raises(openai.NotFoundError):
                answering.client.responses.retrieve(first.id)
        finally:
            answering.admin.set_option("ResponseRetentionDays", "30")

    def test_nothing_is_stored_for_a_token_whose_user_turned_it_off(self, answering: Site) -> None:
        key = answering.admin.add_token(name="private", stores_responses=False)
        create = answering.client.with_options(api_key=key).responses.create
        answer = create(model=GPT, input="hi", store=True)
        assert answer.model_dump()["store"] is False
        with pytest.raises(openai.NotFoundError):
            answering.client.responses.retrieve(answer.id)
        with pytest.raises(openai.BadRequestError, match="have to be kept"):
            create(model=GPT, input="hi", background=True)
        (token,) = answering.admin.call("GET", "/api/token/search?keyword=private")
        answering.admin.call("PUT", "/api/token/", token | {"stores_responses": True})
        assert create(model=GPT, input="hi").model_dump()["store"] is True


def test_a_stored_response_survives_a_restart_and_is_encrypted(
    upstream: ProgrammableUpstream, tmp_path: Path
) -> None:
    upstream.always(CHAT, chat_reply("a word nobody else says", prompt_tokens=1, completion_tokens=1))
    with running(tmp_path, ENCRYPTION_KEY=SECRET) as gateway:
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, GPT)
        key = admin.add_token()

        def client() -> openai.OpenAI:
            return openai.OpenAI(base_url=gateway.url + "/v1", api_key=key, max_retries=0, timeout=20)

        with client() as one:
            first = one.responses.create(model=GPT, input="hi")
        gateway.stop()
        gateway.start()
        with client() as another:
            another.responses.create(model=GPT, input="and?", previous_response_id=first.id)
        assert len(upstream.requests[-1].json()["messages"]) == 3
    with sqlite3.connect(tmp_path / "one-api.db") as database:
        contents = database.execute("SELECT content FROM stored_responses").fetchall()
    assert len(contents) == 2
    assert all(content.startswith("enc:v1:") for (content,) in contents)
    assert "nobody else" not in json.dumps(contents)
