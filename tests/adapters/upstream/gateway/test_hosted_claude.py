"""Requests of the Messages API to clouds that serve Claude: bytes pass."""

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

if TYPE_CHECKING:
    from oneapi.adapters.upstream.gateway import Gateway
    from oneapi.domain.requests import RelayRequest

MODEL = "claude-3-5-sonnet-20241022"
CHANNEL = Channel(7, 33, "AK|SK|eu-west-3", 1, "c")
FIELDS = {
    "model": MODEL,
    "max_tokens": 9,
    "stream": False,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "hi", "of_tomorrow": 1}]}],
    "tools": [{"name": "f", "input_schema": {}, "eager_input_streaming": True}],
    "of_tomorrow": True,
}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "content": [{"type": "text", "text": "hi", "of_tomorrow": 1}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}
JSON = {"content-type": "application/json"}


def messages_request(**changes: Any) -> RelayRequest:
    fields = {**FIELDS, **changes}
    headers = {"content-type": "application/json", "anthropic-beta": "a-1, b-2"}
    request = asked(fields=fields, headers=headers, stream=bool(fields["stream"]), include_usage=True)
    return evolve(request, dialect="anthropic", model=MODEL)


def gateway(transport: MockTransport) -> Gateway:
    images = FakeFetcher({"https://pictures.example/a.png": ("image/png", b"PNG")})
    return gateway_over(transport, enforce_include_usage=True, limit=10_000, fetcher=images, now=lambda: 1.0)


async def test_whole() -> None:
    transport = MockTransport()
    transport.answer(200, JSON, json.dumps(MESSAGE).encode())
    answer = await gateway(transport).call(messages_request(), CHANNEL, MODEL)
    sent = json.loads(transport.requests[0].body or b"")
    wanted = {name: value for name, value in FIELDS.items() if name not in ("model", "stream")}
    betas = ["a-1", "b-2"]
    assert sent == {**wanted, "anthropic_version": "bedrock-2023-05-31", "anthropic_beta": betas}
    assert json.loads(await whole(answer)) == MESSAGE
    assert answer.usage == Usage(3, 2)


async def test_stream() -> None:
    transport = MockTransport()
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi", "x": 1}},
        {"type": "of_tomorrow"},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 3}},
    ]
    transport.answer(
        200,
        {"content-type": "application/vnd.amazon.eventstream"},
        *(eventstream.chunk(event) for event in events),
    )
    answer = await gateway(transport).call(messages_request(stream=True), CHANNEL, MODEL)
    assert "stream" not in json.loads(transport.requests[0].body or b"")
    passed = (await whole(answer) + answer.end_marker).decode()
    names = [line.removeprefix("event: ") for line in passed.splitlines() if line.startswith("event: ")]
    assert names == [event["type"] for event in events]
    assert '"x":1' in passed.replace(" ", "")
    assert "amazon" not in passed
    assert answer.usage == Usage(3, 2)


async def test_pictures_by_link_are_fetched() -> None:
    source = {"type": "url", "url": "https://pictures.example/a.png"}
    messages = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    transport = MockTransport()
    transport.answer(200, JSON, json.dumps(MESSAGE).encode())
    await gateway(transport).call(messages_request(messages=messages), CHANNEL, MODEL)
    (message,) = json.loads(transport.requests[0].body or b"")["messages"]
    assert message["content"][0]["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": "UE5H",
    }
