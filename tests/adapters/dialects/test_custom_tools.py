"""Tools that take a text, and tools of which only some may be called, at providers that know functions only."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.openai_chat import OpenAIChat
from oneapi.adapters.dialects.tool_calls import ConversationDialect
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.domain.chat import (
    ChatEvent,
    CustomTool,
    Finished,
    FinishReason,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    ToolChoice,
    ToolMode,
)
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature

OPENAI = SURFACES["openai_chat"]
GRAMMAR = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: WORD"}}
CUSTOM = {"type": "custom", "custom": {"name": "patch", "description": "Patches.", "format": GRAMMAR}}
FUNCTION = {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}
CALL = {"id": "c", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
FIELDS: dict[str, Any] = {
    "model": "m",
    "tools": [CUSTOM, FUNCTION],
    "messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c", "content": "done"},
    ],
}


def upstream(fields: dict[str, Any], name: str) -> tuple[ConversationDialect, dict[str, Any]]:
    chat = OPENAI.read_request(fields)
    dialect = ConversationDialect(DIALECTS[name], chat, lambda: "id")
    return dialect, dialect.write_request(chat, "m")


class TestCustomTools:
    def test_they_are_read_and_written_again(self) -> None:
        chat = OPENAI.read_request(FIELDS)
        assert chat.tools[0] == CustomTool("patch", "Patches.", "lark", "start: WORD")
        assert chat.messages[1].parts == (ToolCall("c", "patch", "*** Begin", is_custom=True),)
        body = OPENAI.write_request(chat, "m")
        assert body["tools"][0] == CUSTOM
        assert body["messages"][1]["tool_calls"] == [CALL]
        plain = {"type": "custom", "custom": {"name": "say"}}
        assert OPENAI.write_request(OPENAI.read_request({**FIELDS, "tools": [plain]}), "m")["tools"] == [
            plain
        ]

    def test_others_know_them_as_functions(self) -> None:
        _, body = upstream(FIELDS, "anthropic")
        told = body["tools"][0]["input_schema"]["properties"]["input"]["description"]
        assert "start: WORD" in told
        assert body["messages"][1]["content"][0]["input"] == {"input": "*** Begin"}

    def test_a_whole_call_comes_back_as_theirs(self) -> None:
        dialect, _ = upstream(FIELDS, "anthropic")
        blocks = [
            {"type": "tool_use", "id": "1", "name": "patch", "input": {"input": "text"}},
            {"type": "tool_use", "id": "2", "name": "read", "input": {"input": "text"}},
        ]
        body = json.dumps({"content": blocks, "stop_reason": "tool_use"}).encode()
        custom, function = dialect.read_reply(body).choices[0].parts
        assert custom == ToolCall("1", "patch", "text", is_custom=True)
        assert function == ToolCall("2", "read", '{"input":"text"}')
        message = json.loads(OPENAI.write_reply(dialect.read_reply(body)))["choices"][0]["message"]
        assert message["tool_calls"][0] == {
            "id": "1",
            "type": "custom",
            "custom": {"name": "patch", "input": "text"},
        }

    def test_a_streamed_call_comes_back_as_theirs(self) -> None:
        dialect, _ = upstream(FIELDS, "ollama")
        reader = dialect.event_reader()
        calls = [
            {"function": {"name": "patch", "arguments": {"input": "text"}}},
            {"function": {"name": "read", "arguments": {}}},
        ]
        told: list[ChatEvent] = []
        for line in (
            {"message": {"tool_calls": calls}},
            {"message": {}, "done": True, "done_reason": "stop"},
        ):
            told += reader.feed(ServerSentEvent(b"", json.dumps({"model": "m", **line}).encode()))
        told = [event for event in told if isinstance(event, ToolCallStarted | ToolCallDelta | Finished)]
        assert told == [
            ToolCallStarted(0, "id", "patch", is_custom=True),
            ToolCallStarted(1, "id", "read"),
            ToolCallDelta(1, "{}"),
            ToolCallDelta(0, "text"),
            Finished(FinishReason.TOOL_CALLS),
        ]
        writer = OPENAI.event_writer(reply_id="x", model="m", created=1, include_usage=False)
        lines = b"".join(map(writer.feed, told)).decode().split("\n\n")
        deltas = [json.loads(line[6:])["choices"][0]["delta"] for line in lines if line]
        pieces = [call for delta in deltas for call in delta.get("tool_calls", ())]
        assert pieces[0] == {
            "index": 0,
            "id": "id",
            "type": "custom",
            "custom": {"name": "patch", "input": ""},
        }
        assert pieces[3] == {"index": 0, "custom": {"input": "text"}}

    def test_their_input_is_counted_where_bytes_pass(self) -> None:
        tap = OpenAIChat().tap(include_usage=False)
        piece = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
        chunk = {"choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]}
        data = json.dumps(chunk).encode()
        assert tap.feed(ServerSentEvent(b"", data)) == b"data: %b\n\n" % data
        assert tap.tally.text == ["patch", "*** Begin"]
        assert tap.tally.produced

    @pytest.mark.parametrize("name", ["ollama", "ali", "tencent", "converse", "gemini", "anthropic"])
    def test_tools_that_nobody_knows_are_refused(self, name: str) -> None:
        with pytest.raises(UnsupportedFeature, match="retrieval"):
            upstream({**FIELDS, "tools": [{"type": "retrieval"}]}, name)


ALLOWED = {"mode": "required", "tools": [{"type": "custom", "custom": {"name": "patch"}}, FUNCTION]}


def asked(choice: Any, tools: list[Any]) -> dict[str, Any]:
    return {"model": "m", "messages": FIELDS["messages"][:1], "tools": tools, "tool_choice": choice}


class TestAllowedTools:
    def test_they_are_read(self) -> None:
        fields = asked({"type": "allowed_tools", "allowed_tools": ALLOWED}, [CUSTOM, FUNCTION])
        chat = OPENAI.read_request(fields)
        assert chat.tool_choice == ToolChoice(ToolMode.REQUIRED, allowed=("patch", "read"))
        named = asked({"type": "custom", "custom": {"name": "patch"}}, [CUSTOM])
        assert OPENAI.read_request(named).tool_choice == ToolChoice(ToolMode.NAMED, "patch")

    @pytest.mark.parametrize("mode", ["auto", "required"])
    def test_others_are_offered_these_alone(self, mode: str) -> None:
        other = {"type": "function", "function": {"name": "write"}}
        choice = {"type": "allowed_tools", "allowed_tools": {**ALLOWED, "mode": mode}}
        _, body = upstream(asked(choice, [other, CUSTOM, FUNCTION]), "anthropic")
        assert [tool["name"] for tool in body["tools"]] == ["patch", "read"]
        assert body["tool_choice"] == {"type": "any" if mode == "required" else "auto"}

    def test_gemini_is_told_their_names(self) -> None:
        odd = {"type": "function", "function": {"name": "1 odd"}}
        allowed = {"mode": "required", "tools": [odd, FUNCTION]}
        choice = {"type": "allowed_tools", "allowed_tools": allowed}
        _, body = upstream(asked(choice, [odd, CUSTOM, FUNCTION]), "gemini")
        [declared] = body["tools"]
        assert [each["name"] for each in declared["function_declarations"]] == ["_1_odd", "patch", "read"]
        calling = {"mode": "ANY", "allowed_function_names": ["_1_odd", "read"]}
        assert body["tool_config"] == {"function_calling_config": calling}

    def test_none_such_is_an_error(self) -> None:
        choice = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [FUNCTION]}}
        with pytest.raises(InvalidParameter, match="tool_choice"):
            upstream(asked(choice, [CUSTOM]), "anthropic")

    @pytest.mark.parametrize(
        ("choice", "named"),
        [
            ({"type": "allowed_tools", "allowed_tools": {"mode": "none"}}, "tool_choice.allowed_tools.mode"),
            (
                {"type": "allowed_tools", "allowed_tools": {"tools": [{"type": "mcp"}]}},
                "tool_choice.allowed_tools.tools.0",
            ),
            ({"type": "allowed_tools", "allowed_tools": {}}, "tool_choice.allowed_tools.tools"),
            ({"type": "mcp"}, "tool_choice"),
        ],
    )
    def test_broken_ones_are_refused_by_name(self, choice: Any, named: str) -> None:
        with pytest.raises(InvalidParameter, match=re.escape(named)):
            OPENAI.read_request(asked(choice, [FUNCTION]))
