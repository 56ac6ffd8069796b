"""Requests of Responses: what they are as a conversation, and what other providers get of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.tool_calls import ConversationDialect
from oneapi.domain.chat import (
    ChatRequest,
    Document,
    FormatKind,
    Image,
    Message,
    MessageRole,
    ModelRefusal,
    ResponseFormat,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature
from oneapi.domain.work import Work
from tests.adapters.dialects.samples import APPLY_PATCH, PATCH, PIXEL, RESPONSES_REQUEST, SCHEMA, WAIT

if TYPE_CHECKING:
    from oneapi.domain.counting import Counted

RESPONSES = SURFACES["responses"]
HI = {"role": "user", "content": "Hi"}
PICTURE = Image(media_type="image/png", data=PIXEL)


def read(*items: Any, **fields: Any) -> ChatRequest:
    return RESPONSES.read_request({"model": "m", "input": list(items) or "Hi", **fields})


def call(call_id: str, name: str = "f") -> dict[str, Any]:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": "{}"}


def output(call_id: str, told: Any = "ok") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": told}


def sent(dialect: str, request: ChatRequest, model: str = "m") -> dict[str, Any]:
    """What an upstream of ``dialect`` gets."""
    spoken = ConversationDialect({**SURFACES, **DIALECTS}[dialect], request, lambda: "call_new")
    body: dict[str, Any] = json.loads(json.dumps(spoken.write_request(request, model)))
    return body


class TestRead:
    def test_everything(self) -> None:
        request = RESPONSES.read_request(RESPONSES_REQUEST)
        assert request.messages == (
            Message(MessageRole.SYSTEM, (Text("Be brief."),)),
            Message(MessageRole.SYSTEM, (Text("Be kind."),)),
            Message(
                MessageRole.USER,
                (
                    Text("Look"),
                    Image(media_type="image/png", data=PIXEL, detail="high"),
                    Image(url="https://example.net/a.png"),
                    Document(media_type="application/pdf", data="JVBERg==", title="a.pdf"),
                ),
            ),
            Message(
                MessageRole.ASSISTANT,
                (
                    Thinking("Hm.", signature="c2ln"),
                    Text("Checking."),
                    ToolCall("c_1", "weather", '{"city":"Oslo"}'),
                    ToolCall("c_2", "agents__wait", "{}"),
                    ToolCall("c_3", "apply_patch", json.dumps({"input": PATCH}, separators=(",", ":"))),
                ),
            ),
            Message(
                MessageRole.TOOL,
                (
                    ToolResult("c_1", (Text("3 degrees"),)),
                    ToolResult("c_2", (Text("seen"), PICTURE)),
                    ToolResult("c_3", (Text("done"),)),
                ),
            ),
            Message(MessageRole.USER, (Text("Be quick."),)),
        )
        assert [tool.name for tool in request.tools if isinstance(tool, Tool)] == [
            "weather",
            "apply_patch",
            "agents__wait",
        ]
        assert request.tools[0] == Tool("weather", "Weather", SCHEMA, strict=True)
        assert request.tool_choice == ToolChoice(ToolMode.NAMED, "weather")
        assert request.parallel_tool_calls is False
        assert request.sampling == Sampling(temperature=0.5, top_p=0.9)
        assert request.max_tokens == 64
        assert request.response_format == ResponseFormat(FormatKind.SCHEMA, "weather", SCHEMA, strict=True)
        assert (request.reasoning_effort, request.user, request.stream) == ("low", "u1", True)
        assert request.left_out == ("web_search", "truncation", "web_search_call")

    def test_a_text_is_what_the_user_says(self) -> None:
        assert read().messages == (Message(MessageRole.USER, (Text("Hi"),)),)

    def test_turns_follow_one_another(self) -> None:
        request = read(HI, call("a"), output("a"), call("b"), output("b"))
        assert [message.role for message in request.messages[1:]] == [
            MessageRole.ASSISTANT,
            MessageRole.TOOL,
        ] * 2

    def test_refusals_and_what_assistants_said_in_short(self) -> None:
        request = read({"role": "assistant", "content": "Yes", "phase": "commentary"}, HI)
        assert request.messages[0] == Message(MessageRole.ASSISTANT, (Text("Yes"),))
        item = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No"}]}
        assert read(item).messages == (Message(MessageRole.ASSISTANT, (ModelRefusal("No"),)),)

    @pytest.mark.parametrize(
        ("content", "thoughts"),
        [
            ("signed.c2ln", (Thinking("Hm.", signature="c2ln"),)),
            ("hidden.eA==", (Thinking(redacted="eA=="),)),
            ("gAAAAOpenAI", (Thinking("Hm."),)),
            (None, (Thinking("Hm."),)),
        ],
    )
    def test_thoughts(self, content: str | None, thoughts: tuple[Thinking, ...]) -> None:
        item = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
        request = read(HI, item | {"encrypted_content": content}, {"role": "assistant", "content": "Yes"})
        assert request.messages[1].parts == (*thoughts, Text("Yes"))

    def test_thoughts_that_only_openai_reads_are_left_out(self) -> None:
        item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAB"}
        assert read(HI, item).messages == (Message(MessageRole.USER, (Text("Hi"),)),)

    def test_thoughts_in_the_open(self) -> None:
        item = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
        assert read(HI, item).messages[1].parts == (Thinking("Hm."),)

    def test_tools_that_may_be_called(self) -> None:
        tools = [WAIT, {**WAIT, "name": "go"}, APPLY_PATCH]
        choice = {
            "type": "allowed_tools",
            "mode": "required",
            "tools": [{"type": "function", "name": "go"}, {"type": "custom", "name": "apply_patch"}],
        }
        request = read(tools=tools, tool_choice=choice)
        assert [tool.name for tool in request.tools if isinstance(tool, Tool)] == ["go", "apply_patch"]
        assert request.tool_choice == ToolChoice(ToolMode.REQUIRED)

    def test_a_custom_tool_is_a_function_of_one_text(self) -> None:
        (tool,) = read(tools=[APPLY_PATCH]).tools
        assert isinstance(tool, Tool)
        assert tool.parameters is not None
        assert tool.parameters["required"] == ["input"]
        assert 'start: "*** Begin Patch"' in tool.parameters["properties"]["input"]["description"]

    def test_equal_names_in_two_namespaces(self) -> None:
        spaces = [{"type": "namespace", "name": name, "tools": [WAIT]} for name in ("a", "b")]
        request = read(
            HI,
            {**call("c", "wait"), "namespace": "b"},
            output("c"),
            tools=[*spaces, {**WAIT, "name": "a__wait"}],
        )
        names = [tool.name for tool in request.tools if isinstance(tool, Tool)]
        assert names == ["a__wait", "b__wait", "a__wait_"]
        assert request.messages[1].parts == (ToolCall("c", "b__wait", "{}"),)

    @pytest.mark.parametrize(
        ("items", "name"),
        [
            ([output("nobody")], "input.0.call_id"),
            ([{"type": "item_reference", "id": "msg_1"}], "input.0.id"),
            ([{"id": "msg_1"}], "input.0.id"),
            ([{"role": "judge", "content": "x"}], "input.0.role"),
            ([{"role": "user", "content": [{"text": "x"}]}], "input.0.content.0.type"),
            ([{"type": "function_call", "name": "f", "arguments": "{}"}], "input.0.call_id"),
            ([{"type": "function_call", "call_id": "c"}], "input.0.name"),
        ],
    )
    def test_what_is_wrong_is_named(self, items: list[Any], name: str) -> None:
        with pytest.raises(InvalidParameter) as caught:
            read(*items)
        assert caught.value.name == name

    @pytest.mark.parametrize(
        ("fields", "feature"),
        [
            ({"conversation": "conv_1"}, "conversation"),
            ({"prompt": {"id": "p"}}, "prompt"),
            ({"moderation": {"model": "m"}}, "moderation"),
            ({"reasoning": {"mode": "pro"}}, "reasoning.mode: pro"),
            ({"tool_choice": {"type": "web_search"}}, "tool_choice: web_search"),
            ({"input": [{"type": "compaction", "encrypted_content": "x"}]}, "compaction"),
            ({"input": [{"type": "local_shell_call"}]}, "local_shell_call"),
            (
                {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
                "images by file_id",
            ),
        ],
    )
    def test_what_only_openai_has_is_refused_by_name(self, fields: dict[str, Any], feature: str) -> None:
        with pytest.raises(UnsupportedFeature) as caught:
            read(**fields)
        assert feature in str(caught.value)

    def test_what_nobody_knows_is_refused_and_what_asks_for_nothing_left_out(self) -> None:
        request = read(of_tomorrow=1)
        with pytest.raises(UnsupportedFeature, match="of_tomorrow"):
            sent("openai_chat", request)
        harmless = read(
            metadata={"a": "b"}, store=True, prompt_cache_key="k", service_tier="auto", max_tool_calls=3
        )
        assert sent("openai_chat", harmless).keys() == {"model", "messages"}

    @pytest.mark.parametrize("name", ["openai_chat", "anthropic", "gemini"])
    def test_a_verbosity_that_others_do_not_know_is_noted(self, name: str) -> None:
        request = read(text={"verbosity": "low"}, service_tier="flex")
        spoken = ConversationDialect(DIALECTS[name], request, lambda: "call_new")
        assert "low" not in json.dumps(spoken.write_request(request, "m"))
        assert {"verbosity", "service_tier"} <= set(spoken.left_out)


class TestSent:
    """What providers of other formats get."""

    def test_openai_chat(self) -> None:
        body = sent("openai_chat", RESPONSES.read_request(RESPONSES_REQUEST))
        assert [message["role"] for message in body["messages"]] == [
            "system",
            "system",
            "user",
            "assistant",
            "tool",
            "tool",
            "tool",
            "user",
            "user",
        ]
        assert [call["function"]["name"] for call in body["messages"][3]["tool_calls"]] == [
            "weather",
            "agents__wait",
            "apply_patch",
        ]
        assert body["messages"][-2]["content"][0]["type"] == "image_url"
        assert [tool["function"]["name"] for tool in body["tools"]] == [
            "weather",
            "apply_patch",
            "agents__wait",
        ]
        assert body["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
        assert body["max_tokens"] == 64
        assert body["response_format"]["json_schema"]["name"] == "weather"
        assert body["stream_options"] == {"include_usage": True}

    def test_anthropic(self) -> None:
        body = sent("anthropic", RESPONSES.read_request(RESPONSES_REQUEST), "claude-sonnet-4-5")
        assert body["system"] == "Be brief.\n\nBe kind."
        turn = body["messages"][1]["content"]
        assert turn[0] == {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
        assert turn[-1]["input"] == {"input": PATCH}
        assert body["metadata"] == {"user_id": "u1"}


def test_prompt_limits_and_images() -> None:
    counted: Counted = RESPONSES.read_prompt(Work.CONVERSE, RESPONSES_REQUEST)
    for text in ("Be brief.", "Be kind.", "Look", "Hm.", "Checking.", PATCH, "3 degrees", "seen"):
        assert text in counted.texts
    assert len(counted.images) == 3
    assert any('"apply_patch"' in text for text in counted.texts)
    assert any('"agents"' in text for text in counted.texts)
    assert RESPONSES.read_limits(RESPONSES_REQUEST) == (64, 1)
    assert RESPONSES.read_limits({}) == (0, 1)


@pytest.mark.parametrize(
    "item",
    [
        1,
        {"role": "user", "content": 1},
        {"role": "user", "content": ["x"]},
        {"role": "user", "content": [{"type": "input_text", "text": 1}]},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text"}]},
    ],
)
def test_content_that_no_provider_could_read(item: Any) -> None:
    with pytest.raises(InvalidParameter):
        RESPONSES.check_content({"input": [HI, item]})
    RESPONSES.check_content({"input": [HI, {"role": "user", "content": []}]})


class TestWritten:
    """For a provider of this format, what clients of others say."""

    def test_a_conversation(self) -> None:
        asked = SURFACES["openai_chat"].read_request(
            {
                "model": "m",
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    HI,
                    {
                        "role": "assistant",
                        "content": "Checking.",
                        "thinking_blocks": [
                            {"type": "thinking", "thinking": "Hm.", "signature": "responses-.rs_1.gAAA"},
                            {"type": "thinking", "thinking": "Ah.", "signature": "c2ln"},
                        ],
                        "tool_calls": [
                            {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                        ],
                    },
                    {"role": "tool", "tool_call_id": "c", "content": "ok"},
                ],
                "tools": [{"type": "function", "function": {"name": "f"}}],
                "max_tokens": 5,
                "reasoning_effort": "low",
                "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
                "seed": 1,
            }
        )
        body = sent("responses", asked)
        assert body["input"] == [
            {
                "type": "message",
                "role": "developer",
                "content": [{"type": "input_text", "text": "Be brief."}],
            },
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "Hm."}],
                "encrypted_content": "gAAA",
            },
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Checking."}],
            },
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "ok"},
        ]
        assert body["tools"][0]["strict"] is False
        assert body["text"]["format"]["type"] == "json_schema"
        assert (body["max_output_tokens"], body["store"], body["reasoning"]) == (16, False, {"effort": "low"})

    @pytest.mark.parametrize("fields", [{"n": 2}, {"stop": "x"}, {"logit_bias": {"1": 1}}])
    def test_what_it_has_no_words_for(self, fields: dict[str, Any]) -> None:
        asked = SURFACES["openai_chat"].read_request({"model": "m", "messages": [HI], **fields})
        with pytest.raises(UnsupportedFeature):
            sent("responses", asked)
