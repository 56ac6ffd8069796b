"""Codex's request in the third turn of a task, for each kind of tools, over providers of other formats."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import CLAUDE
from tests.support.clients.agent_requests import agent_request
from tests.support.providers.messages import events_of
from tests.support.providers.upstream import chat_chunk, sse

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

#: Kind of tools -> request.
SENT = {
    "functions": agent_request("codex").body,
    "custom tools": agent_request("codex-gpt-5.5").body,
    "one script": agent_request("codex-gpt-6.2-sol").body,
}
GPT, CHAT, MESSAGES, RESPONSES = "gpt-4o", "/v1/chat/completions", "/v1/messages", "/v1/responses"
SCRIPT = "text(1);\n"
#: Kind of tools -> the provider's name for one of them, the arguments with which its model calls it, and the call that
#: Codex reads.
CALLS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "functions": (
        "exec_command",
        {"cmd": "ls"},
        {"type": "function_call", "name": "exec_command", "arguments": '{"cmd":"ls"}'},
    ),
    "custom tools": (
        "apply_patch",
        {"input": SCRIPT},
        {"type": "custom_tool_call", "name": "apply_patch", "input": SCRIPT},
    ),
    "one script": (
        "functions__exec",
        {"input": SCRIPT},
        {"type": "custom_tool_call", "name": "exec", "namespace": "functions", "input": SCRIPT},
    ),
}


def answered(site: Site, kind: str, model: str) -> list[dict[str, Any]]:
    """The items that Codex reads, each from its last event."""
    with site.client.responses.with_streaming_response.create(
        model=model,
        stream=True,
        extra_body={**(SENT[kind] or {}), "model": model},
        extra_headers={"originator": "codex_exec"},
    ) as answer:
        lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
    events = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert events[-1]["type"] == "response.completed"
    assert events[-1]["response"]["usage"]["total_tokens"] > 0
    return [event["item"] for event in events if event["type"] == "response.output_item.done"]


@pytest.mark.parametrize("kind", CALLS)
def test_over_openais_chat(site: Site, kind: str) -> None:
    name, given, expected = CALLS[kind]
    arguments = json.dumps(given, separators=(",", ":"))
    call = {
        "index": 0,
        "id": "call_9",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }
    usage = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 4}}
    site.upstream.always(
        CHAT,
        sse(
            [
                chat_chunk({"tool_calls": [call]}),
                chat_chunk({}, finish_reason="tool_calls"),
                chat_chunk({}) | usage,
            ]
        ),
    )
    (item,) = answered(site, kind, GPT)
    assert expected | {"call_id": "call_9"} == {name: item[name] for name in (*expected, "call_id")}
    sent = site.last.json()
    assert name in [tool["function"]["name"] for tool in sent["tools"]]
    calls = [made["function"]["name"] for said in sent["messages"] for made in said.get("tool_calls", ())]
    assert name in calls
    assert [said["role"] for said in sent["messages"]][-4:] == ["assistant", "tool"] * 2


@pytest.mark.parametrize("kind", CALLS)
def test_over_anthropics_messages(claude: Site, kind: str) -> None:
    name, given, expected = CALLS[kind]
    use = {"type": "tool_use", "id": "toolu_9", "name": name, "input": {}}
    delta = {"type": "input_json_delta", "partial_json": json.dumps(given, separators=(",", ":"))}
    claude.upstream.always(MESSAGES, sse(events_of([(use, [delta])], stop_reason="tool_use"), done=False))
    (item,) = answered(claude, kind, CLAUDE)
    assert expected | {"call_id": "toolu_9"} == {name: item[name] for name in (*expected, "call_id")}
    sent = claude.last.json()
    assert name in [tool["name"] for tool in sent["tools"]]
    blocks = [block for said in sent["messages"] for block in said["content"]]
    assert name in [block["name"] for block in blocks if block["type"] == "tool_use"]
