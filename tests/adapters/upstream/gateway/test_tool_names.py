"""Tool names at an upstream that speaks the client's format but accepts fewer names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.routing.channels import Channel
from tests.adapters.upstream.gateway_calls import DONE, EVENTS, JSON, asked, call, chunk, whole

GOOGLE = Channel(7, 51, "key", 1, "c")
ODD = "21st_magic"


def fields(name: str) -> dict[str, Any]:
    used = {"id": "c", "type": "function", "function": {"name": name, "arguments": "{}"}}
    return {
        "model": "gpt-4o",
        "tools": [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}],
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": None, "tool_calls": [used]},
            {"role": "tool", "tool_call_id": "c", "content": "1"},
        ],
        "extra_body": {"google": {"thinking_config": {"thinking_budget": 0}}},
    }


def answer(name: str) -> dict[str, Any]:
    used = {"index": 0, "id": "c", "type": "function", "function": {"name": name, "arguments": "{}"}}
    return {"role": "assistant", "tool_calls": [used]}


@pytest.mark.parametrize(("name", "sent"), [(ODD, "_21st_magic"), ("plain", "plain")])
async def test_a_name_is_changed_and_restored(name: str, sent: str) -> None:
    transport = MockTransport()
    body = {"choices": [{"message": answer(sent), "finish_reason": "tool_calls"}]}
    transport.answer(200, JSON, json.dumps(body).encode())
    told = json.loads(await whole(await call(transport, asked(fields=fields(name)), GOOGLE)))
    assert told["choices"][0]["message"]["tool_calls"][0]["function"]["name"] == name
    asked_for = json.loads(transport.requests[0].body or b"")
    assert asked_for["tools"][0]["function"]["name"] == sent
    assert asked_for["messages"][1]["tool_calls"][0]["function"]["name"] == sent
    assert asked_for["extra_body"] == fields(name)["extra_body"]


@pytest.mark.parametrize(("name", "sent"), [(ODD, "_21st_magic"), ("plain", "plain")])
async def test_in_a_stream(name: str, sent: str) -> None:
    transport = MockTransport()
    transport.answer(200, EVENTS, chunk(answer(sent)), chunk({}, "tool_calls"), DONE)
    request = asked(fields={**fields(name), "stream": True}, stream=True)
    told = (await whole(await call(transport, request, GOOGLE))).decode()
    assert f'"name":"{name}"' in told.replace(": ", ":")
    assert sent == name or sent not in told
