"""The words of 2023 for tools, at channels that do not know them: read as tools, and calls are told in their form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.routing.channels import Channel
from tests.adapters.upstream.gateway_calls import EVENTS, JSON, asked, whole
from tests.support.gateway.gateways import gateway_over

CLAUDE, OPENAI = Channel(7, 14, "key", 1, "c"), Channel(7, 1, "key", 1, "c")
FUNCTION = {"name": "weather", "description": "d", "parameters": {"type": "object", "properties": {}}}
FIELDS: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "functions": [FUNCTION],
    "function_call": {"name": "weather"},
    "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": '{"a":1}'}},
        {"role": "function", "name": "weather", "content": "sunny"},
        {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": "{}"}},
        {"role": "function", "name": "weather", "content": "rain"},
    ],
}
USE = {"type": "tool_use", "id": "t", "name": "weather", "input": {"a": 2}}


async def called(
    transport: MockTransport, fields: dict[str, Any], channel: Channel = CLAUDE, **more: Any
) -> Any:
    gateway = gateway_over(transport, enforce_include_usage=False, limit=10_000, now=lambda: 1.0)
    return await gateway.call(asked(fields=fields, **more), channel, fields["model"])


async def test_functions_whole() -> None:
    transport = MockTransport()
    answer = {"type": "message", "content": [USE], "stop_reason": "tool_use", "usage": {"input_tokens": 1}}
    transport.answer(200, JSON, json.dumps(answer).encode())
    (choice,) = json.loads(await whole(await called(transport, FIELDS)))["choices"]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"] == {
        "role": "assistant",
        "content": None,
        "function_call": {"name": "weather", "arguments": '{"a":2}'},
    }
    sent = json.loads(transport.requests[0].body or b"")
    assert [tool["name"] for tool in sent["tools"]] == ["weather"]
    assert sent["tool_choice"] == {"type": "tool", "name": "weather", "disable_parallel_tool_use": True}
    blocks = [block for message in sent["messages"] for block in message["content"]]
    assert [(block.get("id") or block.get("tool_use_id"), block.get("content")) for block in blocks[1:]] == [
        ("call_1", None),
        ("call_1", "sunny"),
        ("call_2", None),
        ("call_2", "rain"),
    ]


async def test_functions_streamed() -> None:
    transport = MockTransport()
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {**USE, "input": {}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"a":2}'}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]  # fmt: skip
    lines = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]
    transport.answer(200, EVENTS, *lines)
    body = await whole(await called(transport, FIELDS, stream=True))
    chunks = [
        json.loads(line.removeprefix("data: ")) for line in body.decode().split("\n\n") if line[6:7] == "{"
    ]
    calls = [chunk["choices"][0]["delta"].get("function_call") for chunk in chunks]
    assert [call for call in calls if call] == [
        {"name": "weather", "arguments": ""},
        {"arguments": '{"a":2}'},
    ]
    assert chunks[-1]["choices"][0]["finish_reason"] == "function_call"
    assert "tool_calls" not in body.decode()


@pytest.mark.parametrize("word", ["auto", "none"])
async def test_modes(word: str) -> None:
    transport = MockTransport()
    answer = {"type": "message", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
    transport.answer(200, JSON, json.dumps(answer).encode())
    (choice,) = json.loads(await whole(await called(transport, {**FIELDS, "function_call": word})))["choices"]
    assert choice["finish_reason"] == "stop"
    assert json.loads(transport.requests[0].body or b"")["tool_choice"]["type"] == word


async def test_upstreams_of_the_same_format_get_them_as_they_are() -> None:
    transport = MockTransport()
    transport.answer(200, JSON, b'{"choices":[{"message":{"content":"hi"}}]}')
    await called(transport, FIELDS, OPENAI)
    assert json.loads(transport.requests[0].body or b"") == FIELDS
