"""What reaches Anthropic for what clients of OpenAI's format ask."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from pydantic import TypeAdapter

from oneapi.adapters.dialects import SURFACES
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature
from tests.adapters.dialects.samples import ANTHROPIC_REQUEST, OPENAI_REQUEST, PIXEL, SCHEMA

OPENAI, ANTHROPIC = SURFACES["openai_chat"], SURFACES["anthropic"]
USER = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": SCHEMA, "strict": True}}
CALL = {"id": "functions.f:0", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


def sent(model: str = "claude-sonnet-4-5", **fields: Any) -> dict[str, Any]:
    body = {"model": model, "messages": [USER], **fields}
    return ANTHROPIC.write_request(OPENAI.read_request(body), model)


def test_every_field_at_once() -> None:
    body = ANTHROPIC.write_request(OPENAI.read_request(OPENAI_REQUEST), "claude-sonnet-4-5")
    assert body == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 64,
        "system": "Be brief.",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look", "cache_control": {"type": "ephemeral"}},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
                    {"type": "image", "source": {"type": "url", "url": "https://example.net/a.png"}},
                    {
                        "type": "document",
                        "title": "a.pdf",
                        "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="},
                    },
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                    {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Oslo"}},
                    {"type": "tool_use", "id": "call_2", "name": "now", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "call_1", "content": "3 degrees"},
                    {"type": "tool_result", "tool_use_id": "call_2", "content": "noon"},
                ],
            },
        ],
        "tools": [
            {"name": "weather", "description": "Weather", "input_schema": SCHEMA, "strict": True},
            {"name": "now", "input_schema": {"type": "object", "properties": {}}},
        ],
        "tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": True},
        "temperature": 0,
        "top_k": 5,
        "stop_sequences": ["END"],
        "stream": True,
        "metadata": {"user_id": "u1"},
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    }


@pytest.mark.parametrize("fields", [{}, {"stream": True}, {"reasoning_effort": "high"}, {"tools": [TOOL]}])
def test_the_api_of_today_knows_all_that_we_send(fields: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the SDK's own, about its own types
        from anthropic.types.message_create_params import (  # noqa: PLC0415
            MessageCreateParamsNonStreaming,
            MessageCreateParamsStreaming,
        )

        kind = MessageCreateParamsStreaming if fields.get("stream") else MessageCreateParamsNonStreaming
        TypeAdapter(kind).validate_python(sent(**fields))
        streaming = TypeAdapter(MessageCreateParamsStreaming)
        streaming.validate_python(
            ANTHROPIC.write_request(OPENAI.read_request(OPENAI_REQUEST), "claude-sonnet-4-5")
        )


def test_a_request_in_its_own_format_is_written_as_it_was_read() -> None:
    body = ANTHROPIC.write_request(ANTHROPIC.read_request(ANTHROPIC_REQUEST), "claude-sonnet-4-5")
    wanted = dict(ANTHROPIC_REQUEST)
    first, second, third = ANTHROPIC_REQUEST["messages"]
    result, text = third["content"]
    wanted["messages"] = [
        first,
        second,
        {"role": "user", "content": [result]},
        {"role": "user", "content": [text]},
    ]
    assert body == wanted


def test_what_only_claude_understands_survives_between_its_hosts() -> None:
    body = {
        "model": "claude-opus-5",
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": [{"type": "container_upload", "file_id": "f"}]},
            {
                "role": "assistant",
                "content": [{"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}],
            },
        ],
        "tools": [{"type": "web_search_20260318", "name": "web_search", "max_uses": 3}],
        "thinking": {"type": "adaptive", "display": "omitted"},
        "output_config": {"effort": "max", "task_budget": {"total": 9}},
        "container": "c",
    }
    written = ANTHROPIC.write_request(ANTHROPIC.read_request(body), "claude-opus-5")
    assert written == {**body, "tool_choice": {"type": "auto"}}
    with pytest.raises(UnsupportedFeature, match=r"web_search_20260318|container_upload"):
        OPENAI.write_request(ANTHROPIC.read_request(body), "m")


@pytest.mark.parametrize(
    ("model", "upstream"),
    [("claude-instant-1", "claude-instant-1.1"), ("claude-2", "claude-2.1"), ("claude-2.0", "claude-2.0")],
)
def test_old_aliases_of_models(model: str, upstream: str) -> None:
    assert sent(model)["model"] == upstream


def test_the_limit_is_ours_only_if_the_client_set_none() -> None:
    assert sent()["max_tokens"] == 4096
    assert sent(max_tokens=0)["max_tokens"] == 4096
    assert sent(max_tokens=7)["max_tokens"] == 7
    assert sent(max_tokens=7, max_completion_tokens=9)["max_tokens"] == 9


@pytest.mark.parametrize(
    ("fields", "feature"),
    [
        ({"n": 2}, "n > 1"),
        ({"logprobs": True}, "logprobs"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"messages": [{"role": "assistant", "audio": {"id": "a"}}]}, "audio"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [{"type": "input_audio", "input_audio": {"data": "a", "format": "wav"}}],
                    }
                ]
            },
            "audio",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]}, "file"),
        ({"messages": [{"role": "user", "content": [{"type": "video_url", "video_url": {}}]}]}, "video_url"),
        ({"tools": [{"type": "web_search"}]}, "web_search"),
    ],
)
def test_what_would_change_the_meaning_is_refused(fields: dict[str, Any], feature: str) -> None:
    with pytest.raises(UnsupportedFeature, match=feature):
        sent(**fields)


def test_what_is_harmless_is_dropped() -> None:
    dropped: dict[str, Any] = {
        "n": 1,
        "logprobs": False,
        "modalities": ["text"],
        "seed": 1,
        "frequency_penalty": 1,
        "presence_penalty": 1,
        "logit_bias": {"1": 1},
        "service_tier": "flex",
        "store": True,
        "weird": {},
    }
    assert sent(**dropped) == sent()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ("any", {"type": "any"}),
        ({"function": {"name": "f"}}, {"type": "tool", "name": "f"}),
    ],
)
def test_tool_choices(given: Any, expected: dict[str, Any]) -> None:
    assert sent(tools=[TOOL], tool_choice=given)["tool_choice"] == expected


def test_ids_and_arguments_of_calls_are_made_acceptable() -> None:
    broken = {**CALL, "id": "b", "function": {"name": "f", "arguments": '{"a":'}}
    messages = [
        USER,
        {"role": "assistant", "tool_calls": [CALL, broken]},
        {"role": "tool", "tool_call_id": CALL["id"]},
    ]
    _, assistant, result = sent(messages=messages)["messages"]
    assert assistant["content"] == [
        {"type": "tool_use", "id": "functions_f_0", "name": "f", "input": {"a": 1}},
        {"type": "tool_use", "id": "b", "name": "f", "input": {}},
    ]
    assert result["content"] == [{"type": "tool_result", "tool_use_id": "functions_f_0"}]


def test_messages_without_content_are_left_out() -> None:
    empty = [
        {"role": "system", "content": ""},
        {"role": "assistant", "content": ""},
        {"role": "user", "content": []},
    ]
    body = sent(messages=[*empty, USER])
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    assert "system" not in body


def test_system_messages_keep_their_cache_marks() -> None:
    marked = [{"type": "text", "text": "A", "cache_control": {"type": "ephemeral"}}]
    body = sent(messages=[{"role": "system", "content": marked}, USER, {"role": "system", "content": "B"}])
    assert body["system"] == [*marked, {"type": "text", "text": "B"}]


class TestThinking:
    @pytest.mark.parametrize(
        ("model", "fields"),
        [
            ("claude-3-5-sonnet-20241022", {}),
            ("claude-2.1", {}),
            ("claude-3-haiku-20240307", {}),
            ("claude-3-7-sonnet-20250219", {"thinking": {"type": "enabled", "budget_tokens": 8192}}),
            ("claude-opus-4-20250514", {"thinking": {"type": "enabled", "budget_tokens": 8192}}),
            (
                "anthropic.claude-sonnet-4-5-20250929-v1:0",
                {"thinking": {"type": "enabled", "budget_tokens": 8192}},
            ),
            ("claude-opus-4-7", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}}),
            ("claude-sonnet-5", {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}}),
            (
                "claude-mythos-preview",
                {"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}},
            ),
            ("some-model", {"thinking": {"type": "enabled", "budget_tokens": 8192}}),
        ],
    )
    def test_an_effort_becomes_what_the_model_takes(self, model: str, fields: dict[str, Any]) -> None:
        body = sent(model, reasoning_effort="medium")
        assert {name: body[name] for name in ("thinking", "output_config") if name in body} == fields
        assert body["max_tokens"] == 4096 + body.get("thinking", {}).get("budget_tokens", 0)

    @pytest.mark.parametrize(("limit", "budget"), [(100_000, 16384), (4000, 3200), (1200, None)])
    def test_the_budget_fits_the_clients_limit(self, limit: int, budget: int | None) -> None:
        body = sent(reasoning_effort="high", max_tokens=limit)
        assert body["max_tokens"] == limit
        assert body.get("thinking", {}).get("budget_tokens") == budget

    def test_a_budget_of_the_clients_own_stays_as_it_is(self) -> None:
        body = sent(thinking={"type": "enabled", "budget_tokens": 5000}, max_tokens=6000)
        assert body["thinking"] == {"type": "enabled", "budget_tokens": 5000}
        assert body["max_tokens"] == 6000

    def test_no_effort_no_thinking(self) -> None:
        assert "thinking" not in sent(reasoning_effort="none")
        assert "thinking" not in sent("claude-opus-4-7", reasoning_effort="none")

    def test_what_the_api_refuses_beside_thoughts_is_left_out(self) -> None:
        body = sent(reasoning_effort="low", temperature=0.2, top_p=0.5, top_k=3)
        assert not {"temperature", "top_p", "top_k"} & body.keys()

    def test_a_forced_tool_comes_before_thinking(self) -> None:
        body = sent(reasoning_effort="low", tools=[TOOL], tool_choice="required", temperature=0.2)
        assert "thinking" not in body
        assert body["temperature"] == 0.2

    def test_without_the_thoughts_of_a_tool_call_it_goes_on_without_thinking(self) -> None:
        call = {"role": "assistant", "tool_calls": [CALL]}
        signed = {**call, "thinking_blocks": [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}]}
        result = {"role": "tool", "tool_call_id": CALL["id"], "content": "1"}
        assert "thinking" not in sent(reasoning_effort="low", messages=[USER, call, result])
        assert "thinking" not in sent(reasoning_effort="low", messages=[USER, call, result, USER])
        assert "thinking" in sent(reasoning_effort="low", messages=[USER, signed, result])
        assert "thinking" in sent(
            reasoning_effort="low", messages=[USER, call, result, {**USER, "role": "assistant"}]
        )

    def test_thoughts_of_other_models_are_left_out(self) -> None:
        said = {"role": "assistant", "content": "A", "reasoning_content": "Hm."}
        assert sent(messages=[USER, said])["messages"][1]["content"] == [{"type": "text", "text": "A"}]


class TestResponseFormat:
    def test_a_schema(self) -> None:
        wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}
        body = sent(response_format=wanted, reasoning_effort="low")
        assert body["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
        assert "system" not in body

    def test_a_schema_where_the_model_cannot_be_bound_to_one(self) -> None:
        wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}
        body = sent("claude-3-haiku-20240307", response_format=wanted, tools=[TOOL])
        assert "output_config" not in body
        assert "strict" not in body["tools"][0]
        assert '"additionalProperties":false' in body["system"]

    def test_any_json(self) -> None:
        body = sent(
            response_format={"type": "json_object"}, messages=[{"role": "system", "content": "A"}, USER]
        )
        assert body["system"] == "A\n\nAnswer with a single JSON object and nothing else."

    def test_text(self) -> None:
        assert sent(response_format={"type": "text"}) == sent()


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": ["Hi"]}, "messages.0"),
        ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages.0.role"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url"}}]}]},
            "source.url",
        ),
        ({"max_tokens": -1}, "max_tokens"),
        ({"temperature": "hot"}, "temperature"),
        ({"tool_choice": {"type": "some"}}, "tool_choice"),
        ({"tools": [{}]}, "tools.0.name"),
    ],
)
def test_a_client_of_this_format_reads_what_is_wrong(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        ANTHROPIC.read_request({**ANTHROPIC_REQUEST, **fields})
    assert param in (raised.value.name or "")
