"""Bedrock's models of all vendors: what is sent, and what is received, whole and streamed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import evolve

from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.routing.channels import Channel
from oneapi.domain.usage import Usage
from tests.adapters.upstream.gateway_calls import asked, whole
from tests.fakes.relay.websocket import FakeFetcher
from tests.support.gateway.gateways import gateway_over
from tests.support.providers import eventstream
from tests.support.providers.exchanges import payloads, summary

if TYPE_CHECKING:
    from oneapi.adapters.upstream.gateway import Gateway

CHANNEL = Channel(7, 33, "AK|SECRETSECRET|eu-west-3", 1, "c")
MODEL = "eu.amazon.nova-pro-v1:0"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Oslo"}'},
}
FIELDS: dict[str, Any] = {
    "model": MODEL,
    "max_tokens": 50,
    "stop": ["END"],
    "tools": [TOOL],
    "tool_choice": "required",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "3 degrees"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "And here?"},
                {"type": "image_url", "image_url": {"url": "https://pictures.example/a.png"}},
            ],
        },
    ],
}
WANTED = {
    "system": [{"text": "Be brief."}],
    "inferenceConfig": {"maxTokens": 50, "stopSequences": ["END"]},
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}],
        "toolChoice": {"any": {}},
    },
    "messages": [
        {"role": "user", "content": [{"text": "Weather?"}]},
        {
            "role": "assistant",
            "content": [{"toolUse": {"toolUseId": "call_1", "name": "weather", "input": {"city": "Oslo"}}}],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "call_1", "content": [{"text": "3 degrees"}]}},
                {"text": "And here?"},
                {"image": {"format": "png", "source": {"bytes": "UE5H"}}},
            ],
        },
    ],
}
USAGE = {"inputTokens": 5, "outputTokens": 7, "cacheReadInputTokens": 3}


def gateway(transport: MockTransport) -> Gateway:
    images = FakeFetcher({"https://pictures.example/a.png": ("image/png", b"PNG")})
    return gateway_over(transport, enforce_include_usage=False, limit=10_000, fetcher=images, now=lambda: 1.0)


async def test_whole_answer() -> None:
    transport = MockTransport()
    content = [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}},
        {"text": "Cold."},
        {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"city": "Rome"}}},
    ]
    body = {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "tool_use",
        "usage": USAGE,
    }
    transport.answer(200, {"content-type": "application/json"}, json.dumps(body).encode())
    request = evolve(asked(fields=FIELDS), model=MODEL)
    answer = await gateway(transport).call(request, CHANNEL, MODEL)
    (sent,) = transport.requests
    assert sent.url == (
        "https://bedrock-runtime.eu-west-3.amazonaws.com/model/eu.amazon.nova-pro-v1%3A0/converse"
    )
    assert sent.headers["authorization"].startswith(
        "AWS4-HMAC-SHA256 Credential=AK/19700101/eu-west-3/bedrock/"
    )
    assert json.loads(sent.body or b"") == WANTED
    (choice,) = json.loads(await whole(answer))["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert (choice["message"]["content"], choice["message"]["reasoning_content"]) == ("Cold.", "Hm.")
    assert choice["message"]["tool_calls"][0]["function"] == {
        "name": "weather",
        "arguments": '{"city":"Rome"}',
    }
    assert answer.usage == Usage(8, 7, cached=3)


async def test_stream() -> None:
    transport = MockTransport()
    pieces = [
        eventstream.event("messageStart", {"role": "assistant"}),
        eventstream.event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Co"}}),
        eventstream.event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "ld."}}),
        eventstream.event("contentBlockStop", {"contentBlockIndex": 0}),
        eventstream.event(
            "contentBlockStart",
            {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "t1", "name": "weather"}}},
        ),
        eventstream.event(
            "contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"city":'}}}
        ),
        eventstream.event(
            "contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '"Rome"}'}}}
        ),
        eventstream.event("contentBlockStop", {"contentBlockIndex": 1}),
        eventstream.event(
            "contentBlockStart",
            {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "t2", "name": "now"}}},
        ),
        eventstream.event("contentBlockStop", {"contentBlockIndex": 2}),
        eventstream.event("messageStop", {"stopReason": "tool_use"}),
        eventstream.event("metadata", {"usage": USAGE}),
    ]
    transport.answer(200, {"content-type": "application/vnd.amazon.eventstream"}, *pieces)
    request = evolve(asked(fields=FIELDS), model=MODEL, stream=True, include_usage=True)
    answer = await gateway(transport).call(request, CHANNEL, MODEL)
    assert transport.requests[0].url.endswith("/converse-stream")
    told = summary(payloads(await whole(answer)))
    assert told["content"] == "Cold."
    assert told["finish_reason"] == "tool_calls"
    assert [(call["id"], call["arguments"]) for call in told["tool_calls"]] == [
        ("t1", '{"city":"Rome"}'),
        ("t2", "{}"),
    ]
    assert (told["usage"]["prompt_tokens"], told["usage"]["completion_tokens"]) == (8, 7)
    assert answer.usage == Usage(8, 7, cached=3)
