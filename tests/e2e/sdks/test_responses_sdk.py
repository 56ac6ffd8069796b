"""The real ``openai`` SDK's Responses against a running server, over channels of OpenAI's chat and of Anthropic's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from tests.e2e.conftest import CLAUDE, eventually
from tests.support.gateway.server import NO_TLS
from tests.support.providers.messages import events_of, message_reply
from tests.support.providers.upstream import (
    Ending,
    chat_chunk,
    chat_reply,
    chat_stream,
    error_reply,
    json_reply,
    sse,
)

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

#: Served by the channel of OpenAI's type that every test has.
GPT = "gpt-4o"
RESPONSES, CHAT, MESSAGES = "/v1/responses", "/v1/chat/completions", "/v1/messages"
WEATHER: Any = {
    "type": "function",
    "name": "weather",
    "description": "the weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": False,
}
PATCH = "*** Begin Patch\n*** End Patch\n"
APPLY_PATCH: Any = {"type": "custom", "name": "apply_patch", "description": "edits files"}
AGENTS: Any = {
    "type": "namespace",
    "name": "agents",
    "description": "",
    "tools": [{**WEATHER, "name": "ask"}],
}


def ask(site: Site, body: dict[str, Any], path: str = RESPONSES, **headers: str) -> httpx.Response:
    """A call without the SDK."""
    headers = {"authorization": f"Bearer {site.key}"} | headers
    return httpx.post(site.gateway.url + path, json=body, headers=headers, timeout=20, verify=NO_TLS)


def events(site: Site, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a streamed answer."""
    text = ask(site, {"model": GPT, "input": "hi", "stream": True, **body}).text
    datas = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    return [json.loads(data) for data in datas]


def call_chunk(index: int, name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    call = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
    return chat_chunk({"tool_calls": [call]})


def test_a_response(site: Site) -> None:
    site.upstream.always(CHAT, chat_reply("hi there", prompt_tokens=9, completion_tokens=3))
    answer = site.client.responses.create(
        model=GPT, instructions="Be brief.", input="hello", max_output_tokens=64
    )
    assert answer.output_text == "hi there"
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens) == (9, 3, 12)
    assert answer.status == "completed"
    assert answer.id.startswith("resp_")
    assert site.last.json() == {
        "model": GPT,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "hello"},
        ],
        "max_tokens": 64,
    }
    row = site.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"], row["end_cause"]) == (9, 3, "delivered")


def test_a_response_of_anthropic(claude: Site) -> None:
    claude.upstream.always(MESSAGES, message_reply())
    answer = claude.client.responses.create(model=CLAUDE, input="hello")
    assert answer.output_text == "hi there"
    assert claude.last.header("x-api-key") == "sk-ant-operator"
    row = claude.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"], row["model_name"]) == (10, 5, CLAUDE)


async def test_the_async_client(site: Site) -> None:
    site.upstream.always(CHAT, chat_stream(["one ", "two"], usage=(7, 4)))
    async with site.async_client() as client, client.responses.stream(model=GPT, input="hi") as stream:
        final = await stream.get_final_response()
    assert final.output_text == "one two"


class TestStream:
    def test_text_and_parallel_calls(self, site: Site) -> None:
        site.upstream.always(
            CHAT,
            sse(
                [
                    chat_chunk({"role": "assistant", "reasoning_content": "I think."}),
                    chat_chunk({"content": "one "}),
                    chat_chunk({"content": "two"}),
                    call_chunk(0, "weather", '{"city":'),
                    call_chunk(1, "agents__ask", "{}"),
                    chat_chunk({"tool_calls": [{"index": 0, "function": {"arguments": '"Oslo"}'}}]}),
                    chat_chunk({}, finish_reason="tool_calls"),
                    {**chat_chunk({}), "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 4}},
                ]
            ),
        )
        with site.client.responses.stream(model=GPT, input="hi", tools=[WEATHER, AGENTS]) as stream:
            seen = [event.type for event in stream]
            final = stream.get_final_response()
        assert seen[:2] == ["response.created", "response.in_progress"]
        assert seen[-1] == "response.completed"
        assert [item.type for item in final.output] == [
            "reasoning",
            "message",
            "function_call",
            "function_call",
        ]
        assert final.output_text == "one two"
        first, second = [item for item in final.output if item.type == "function_call"]
        assert (first.name, first.arguments) == ("weather", '{"city":"Oslo"}')
        assert (second.name, second.namespace) == ("ask", "agents")
        row = site.newest_charge()
        assert (row["prompt_tokens"], row["completion_tokens"], row["is_stream"]) == (7, 4, True)

    def test_sequence_numbers_have_no_gaps_and_the_last_event_is_the_end(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_stream(["one ", "two"], usage=(7, 4)))
        text = ask(site, {"model": GPT, "input": "hi", "stream": True}).text
        datas = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
        told = [json.loads(data) for data in datas]
        assert [event["sequence_number"] for event in told] == list(range(len(told)))
        assert told[-1]["response"]["output"][0]["content"][0]["text"] == "one two"
        assert "[DONE]" not in text

    def test_thoughts_of_anthropic_are_returned_to_it(self, claude: Site) -> None:
        thought = (
            {"type": "thinking", "thinking": "", "signature": ""},
            [{"type": "thinking_delta", "thinking": "Hm."}, {"type": "signature_delta", "signature": "c2ln"}],
        )
        call = (
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}},
            [{"type": "input_json_delta", "partial_json": '{"city":"Oslo"}'}],
        )
        claude.upstream.always(MESSAGES, sse(events_of([thought, call], stop_reason="tool_use"), done=False))
        with claude.client.responses.stream(model=CLAUDE, input="hi", tools=[WEATHER]) as stream:
            first = stream.get_final_response()
        history: list[Any] = [item.model_dump(exclude_none=True) for item in first.output]
        claude.upstream.always(MESSAGES, message_reply())
        output: Any = {"type": "function_call_output", "call_id": "toolu_1", "output": "3 degrees"}
        question: Any = {"role": "user", "content": "hi"}
        claude.client.responses.create(model=CLAUDE, input=[question, *history, output], tools=[WEATHER])
        assert claude.last.json()["messages"][1:] == [
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                    {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "3 degrees"}],
            },
        ]

    def test_an_upstream_that_breaks_off_in_the_middle(self, site: Site) -> None:
        site.upstream.always(
            CHAT, chat_stream(["hello ", "world", "!"], usage=(7, 4)).stopped(Ending.CLOSE, after_events=3)
        )
        told = events(site, {})
        assert told[-1]["type"] == "response.failed"
        assert told[-1]["sequence_number"] == len(told) - 1
        assert told[-1]["response"]["id"] == told[0]["response"]["id"]
        assert told[-1]["response"]["error"]["code"] == "server_error"
        row = site.newest_charge()
        assert row["end_cause"] == "upstream_failed"
        assert row["completion_tokens"] > 0

    def test_a_client_that_leaves(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_stream(["hello "]).stopped(Ending.STALL, after_events=2))
        before = site.charges()
        stream = site.client.responses.create(model=GPT, input="hi", stream=True)
        for event in stream:
            if event.type == "response.output_text.delta":
                break
        stream.close()
        eventually(lambda: site.charges() == before + 1)
        assert site.newest_charge()["end_cause"] == "client_left"
        eventually(lambda: site.upstream.active == 0)


class TestAsked:
    def test_an_answer_that_ends_at_a_limit(self, site: Site) -> None:
        site.upstream.always(
            CHAT, chat_reply("on and", prompt_tokens=1, completion_tokens=5, finish_reason="length")
        )
        answer = site.client.responses.create(model=GPT, input="hi", max_output_tokens=16)
        assert answer.status == "incomplete"
        assert answer.incomplete_details is not None
        assert answer.incomplete_details.reason == "max_output_tokens"
        site.upstream.always(CHAT, chat_stream(["on"], usage=(1, 5), finish_reason="length"))
        assert events(site, {})[-1]["type"] == "response.incomplete"

    def test_a_custom_tool(self, site: Site) -> None:
        arguments = json.dumps({"input": PATCH})
        site.upstream.always(
            CHAT, sse([call_chunk(0, "apply_patch", arguments), chat_chunk({}, finish_reason="tool_calls")])
        )
        with site.client.responses.stream(model=GPT, input="hi", tools=[APPLY_PATCH]) as stream:
            (call,) = stream.get_final_response().output
        assert call.type == "custom_tool_call"
        assert (call.name, call.input, call.call_id) == ("apply_patch", PATCH, "call_0")

    def test_structured_output(self, site: Site) -> None:
        class Weather(BaseModel):
            city: str

        site.upstream.always(CHAT, chat_reply('{"city":"Oslo"}', prompt_tokens=1, completion_tokens=5))
        answer = site.client.responses.parse(model=GPT, input="hi", text_format=Weather)
        assert answer.output_parsed == Weather(city="Oslo")
        assert site.last.json()["response_format"]["json_schema"]["name"] == "Weather"

    def test_log_probabilities(self, site: Site) -> None:
        token = {"token": "hi", "logprob": -0.5, "bytes": [104, 105], "top_logprobs": []}
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": "hi"},
            "logprobs": {"content": [token]},
            "finish_reason": "stop",
        }
        site.upstream.always(CHAT, json_reply({"choices": [choice]}))
        answer = site.client.responses.create(
            model=GPT, input="hi", include=["message.output_text.logprobs"], top_logprobs=2
        )
        assert (site.last.json()["logprobs"], site.last.json()["top_logprobs"]) == (True, 2)
        (item,) = answer.output
        assert item.type == "message"
        (part,) = item.content
        assert part.type == "output_text"
        assert [each.logprob for each in part.logprobs or ()] == [-0.5]

    def test_tools_that_only_openai_runs_are_left_out_with_a_note(self, site: Site) -> None:
        site.upstream.always(CHAT, chat_reply("hi", prompt_tokens=1, completion_tokens=1))
        site.client.responses.create(model=GPT, input="hi", tools=[WEATHER, {"type": "web_search"}])
        assert [tool["function"]["name"] for tool in site.last.json()["tools"]] == ["weather"]
        assert "web_search" in site.newest_charge()["content"]

    def test_token_counts_cost_nothing(self, claude: Site) -> None:
        before = claude.charges()
        for model in (GPT, CLAUDE):
            count = claude.client.responses.input_tokens.count(model=model, input="hello " * 100)
            assert (count.object, 90 < count.input_tokens < 120) == ("response.input_tokens", True)
        assert claude.charges() == before
        assert not claude.upstream.requests


class TestErrors:
    def test_a_wrong_key(self, site: Site) -> None:
        with pytest.raises(openai.AuthenticationError):
            site.client.with_options(api_key="sk-wrong").responses.create(model=GPT, input="hi")

    def test_an_unknown_model_is_final(self, site: Site) -> None:
        with pytest.raises(openai.NotFoundError) as caught:
            site.client.responses.create(model="gpt-none", input="hi")
        assert "gpt-none" in caught.value.message
        assert caught.value.response.headers["x-should-retry"] == "false"

    def test_a_spent_quota_is_final(self, site: Site) -> None:
        key = site.admin.add_token(unlimited_quota=False, remain_quota=0)
        with pytest.raises(openai.APIStatusError) as caught:
            site.client.with_options(api_key=key, max_retries=2).responses.create(model=GPT, input="hi")
        assert caught.value.status_code == 402

    @pytest.mark.parametrize(
        ("fields", "name"),
        [
            ({"input": None}, "input"),
            ({"input": []}, "input"),
            ({"input": 1}, "input"),
            ({"input": ["x"]}, "input"),
            ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input"),
            ({"input": [{"role": "user", "content": "x"}] * 20_001}, "input"),
            ({"max_output_tokens": 0}, "max_output_tokens"),
            ({"stream": "yes"}, "stream"),
            ({"tools": {}}, "tools"),
            ({"background_options": {"completion_window": "2h"}}, "background_options"),
            ({"conversation": "conv_1"}, "conversation"),
            ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ],
    )
    def test_requests_that_no_provider_could_serve(
        self, site: Site, fields: dict[str, Any], name: str
    ) -> None:
        before = site.charges()
        answer = ask(site, {"model": GPT, "input": "hi", **fields})
        assert answer.status_code == 400, answer.text
        assert name in answer.json()["error"]["message"]
        assert not site.upstream.requests
        assert site.charges() == before

    def test_requests_that_the_channel_cannot_serve(self, site: Site) -> None:
        item = {"type": "compaction", "encrypted_content": "x"}
        answer = ask(site, {"model": GPT, "input": [item]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_feature")

    def test_a_busy_provider(self, site: Site) -> None:
        site.upstream.always(CHAT, error_reply(429, "slow down"))
        with pytest.raises(openai.RateLimitError):
            site.client.responses.create(model=GPT, input="hi")
