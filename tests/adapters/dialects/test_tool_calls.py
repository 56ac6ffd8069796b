"""Names of tools and ids of calls: changed on the way to a provider, and turned back in its answers."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.tool_calls import RULES, ConversationDialect, _changes
from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.domain.chat import ToolCall, ToolCallStarted

if TYPE_CHECKING:
    from oneapi.domain.chat import ChatRequest

OPENAI = SURFACES["openai_chat"]
HI = {"role": "user", "content": "Hi"}
TAKEN = {
    "gemini": r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}",
    "anthropic": r"[a-zA-Z0-9_-]{1,64}",
    "bedrock_claude": r"[a-zA-Z0-9_-]{1,64}",
    "vertex_claude": r"[a-zA-Z0-9_-]{1,64}",
    "converse": r"[a-zA-Z0-9_-]{1,64}",
    "openai_chat": r"[a-zA-Z0-9_-]{1,64}",
    "responses": r"[a-zA-Z0-9_-]{1,64}",
}
names = st.text(min_size=1, max_size=80) | st.from_regex(r"[a-z0-9_.:/-]{1,80}", fullmatch=True)


def tool(name: str) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "parameters": {"type": "object", "properties": {}}},
    }


def history(name: str, call_id: str = "c") -> list[dict[str, Any]]:
    call = {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": "done"},
    ]


def chat(*offered: str, called: str = "", choice: Any = None) -> ChatRequest:
    body = {
        "model": "m",
        "messages": [HI, *(history(called) if called else ())],
        "tools": [tool(name) for name in offered],
        "tool_choice": choice,
    }
    return OPENAI.read_request(body)


def spoken(name: str, asked: ChatRequest) -> ConversationDialect:
    numbers = count()
    return ConversationDialect(DIALECTS[name], asked, lambda: f"call_{next(numbers)}")


def test_every_rule_is_tried() -> None:
    assert set(TAKEN) == set(RULES)


@pytest.mark.parametrize("dialect", RULES)
@given(st.lists(names, max_size=5))
def test_any_names_become_names_that_are_taken_and_differ(dialect: str, given_names: list[str]) -> None:
    changes = _changes(RULES[dialect], given_names)
    found = [changes.get(name, name) for name in dict.fromkeys(given_names)]
    assert all(re.fullmatch(TAKEN[dialect], name) for name in found)
    assert len(found) == len(set(found))
    assert not any(re.fullmatch(TAKEN[dialect], name) and ":" not in name for name in changes)


ODD = ("21st_magic", "a.b", "a b", "a_b", "x" * 70, "y" * 70, "工具")


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("dialect", ["gemini", "converse", "anthropic", "bedrock_claude", "vertex_claude"])
def test_a_name_is_the_same_wherever_it_stands(dialect: str, odd: str) -> None:
    asked = chat(*ODD, called=odd, choice={"type": "function", "function": {"name": odd}})
    body = spoken(dialect, asked).write_request(asked, "m")
    found = places(body)
    assert len(set(found["declared"])) == len(ODD)
    assert all(re.fullmatch(TAKEN[dialect], name) for name in found["declared"])
    sent = found["declared"][ODD.index(odd)]
    assert set(found["elsewhere"]) == {sent}


def places(value: Any, found: dict[str, list[str]] | None = None, at: str = "") -> dict[str, list[str]]:
    """The names in a body, of any of the formats."""
    found = {"declared": [], "elsewhere": []} if found is None else found
    if isinstance(value, list):
        for item in value:
            places(item, found, at)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "name":
                declared = at in ("tools", "function_declarations", "toolSpec")
                found["declared" if declared else "elsewhere"].append(inner)
            elif key == "allowed_function_names":
                found["elsewhere"] += inner
            else:
                places(inner, found, key)
    return found


def answers(dialect: str, name: str) -> tuple[bytes, list[ServerSentEvent]]:
    """One call of ``name``, whole and streamed, without an id where the format does without."""
    if dialect == "gemini":
        part: dict[str, Any] = {"functionCall": {"name": name, "args": {}}}
        body: dict[str, Any] = {"candidates": [{"content": {"parts": [part, part]}, "finishReason": "STOP"}]}
        return json.dumps(body).encode(), [ServerSentEvent(b"", json.dumps(body).encode())]
    if dialect == "converse":
        use = {"toolUseId": "t", "name": name, "input": {}}
        body = {"output": {"message": {"content": [{"toolUse": use}]}}, "stopReason": "tool_use"}
        start: dict[str, Any] = {
            "contentBlockIndex": 0,
            "start": {"toolUse": {"toolUseId": "t", "name": name}},
        }
        event = ServerSentEvent(b"contentBlockStart", json.dumps(start).encode())
        return json.dumps(body).encode(), [event]
    block: dict[str, Any] = {"type": "tool_use", "id": "t", "name": name, "input": {}}
    body = {"type": "message", "content": [block], "stop_reason": "tool_use"}
    started = {"type": "content_block_start", "index": 0, "content_block": block}
    return json.dumps(body).encode(), [ServerSentEvent(b"content_block_start", json.dumps(started).encode())]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("dialect", ["gemini", "converse", "anthropic", "bedrock_claude", "vertex_claude"])
def test_names_are_turned_back_in_answers(dialect: str, odd: str) -> None:
    asked = chat(*ODD)
    speaking = spoken(dialect, asked)
    sent = places(speaking.write_request(asked, "m"))["declared"][ODD.index(odd)]
    body, events = answers(dialect, sent)
    calls = [part for part in speaking.read_reply(body).choices[0].parts if isinstance(part, ToolCall)]
    assert {call.name for call in calls} == {odd}
    reader = speaking.event_reader()
    told = [each for event in events for each in reader.feed(event) if isinstance(each, ToolCallStarted)]
    assert {each.name for each in told} == {odd}


def test_a_name_that_the_model_made_up_stays() -> None:
    speaking = spoken("gemini", chat("f"))
    (choice,) = speaking.read_reply(answers("gemini", "g")[0]).choices
    assert {part.name for part in choice.parts if isinstance(part, ToolCall)} == {"g"}


CALLS_WITHOUT_IDS = {
    "gemini": {"candidates": [
        {"content": {"parts": [{"functionCall": {"name": "f", "args": {}}}] * 2}, "finishReason": "STOP"}]},
    "ollama": {"message": {"tool_calls": [{"function": {"name": "f", "arguments": {}}}] * 2}, "done": True},
    "ali": {"output": {"choices": [{"message": {"tool_calls": [
        {"index": 0, "function": {"name": "f", "arguments": "{}"}}, {"index": 1, "function": {"name": "f"}}]}}]}},
    "tencent": {"Choices": [{"Message": {"ToolCalls": [{"Function": {"Name": "f"}}] * 2}}]},
    "converse": {"output": {"message": {"content": [{"toolUse": {"name": "f"}}] * 2}}},
    "openai_chat": {"choices": [{"message": {"tool_calls": [{"function": {"name": "f"}}] * 2}}]},
    "anthropic": {"content": [{"type": "tool_use", "name": "f", "input": {}}] * 2},
}  # fmt: skip


@pytest.mark.parametrize("dialect", CALLS_WITHOUT_IDS)
def test_no_id_is_given_twice(dialect: str) -> None:
    speaking = spoken(dialect, chat("f"))
    body = json.dumps(CALLS_WITHOUT_IDS[dialect]).encode()
    found = [
        part.id
        for _ in range(2)
        for part in speaking.read_reply(body).choices[0].parts
        if isinstance(part, ToolCall)
    ]
    assert found == ["call_0", "call_1", "call_2", "call_3"]


STREAMS = {
    "gemini": CALLS_WITHOUT_IDS["gemini"],
    "ollama": CALLS_WITHOUT_IDS["ollama"],
    "xunfei": {"payload": {"choices": {"text": [{"function_call": {"name": "f", "arguments": "{}"}}] * 2}}},
    "openai_chat": {"choices": [{"delta": {"tool_calls": [
        {"index": 0, "function": {"name": "f"}}, {"index": 1, "function": {"name": "f"}}]}}]},
}  # fmt: skip


@pytest.mark.parametrize("dialect", STREAMS)
def test_no_id_is_given_twice_in_streams(dialect: str) -> None:
    speaking = spoken(dialect, chat("f"))
    event = ServerSentEvent(b"", json.dumps(STREAMS[dialect]).encode())
    found = [
        each.id
        for _ in range(2)
        for each in speaking.event_reader().feed(event)
        if isinstance(each, ToolCallStarted)
    ]
    assert found == ["call_0", "call_1", "call_2", "call_3"]


def test_results_reach_the_nearest_call_of_their_id() -> None:
    asked = OPENAI.read_request(
        {"model": "m", "messages": [HI, *history("f", "call_0"), *history("g", "call_0"), HI]}
    )
    body = spoken("ollama", asked).write_request(asked, "m")
    assert [message["tool_name"] for message in body["messages"] if message["role"] == "tool"] == ["f", "g"]
    sent = spoken("anthropic", asked).write_request(asked, "claude-sonnet-4-5")["messages"]
    assert [block.get("id") or block.get("tool_use_id") for message in sent for block in message["content"]
            if block["type"].startswith("tool")] == ["call_0", "call_0", "call_0_2", "call_0_2"]  # fmt: skip
