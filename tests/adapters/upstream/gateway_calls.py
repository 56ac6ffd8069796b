"""Calls through a gateway over a mock transport."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import evolve

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.domain.errors import UpstreamError
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from tests.support.gateway.gateways import gateway_over

if TYPE_CHECKING:
    from oneapi.adapters.transport.mock import MockTransport
    from oneapi.application.ports.relay import UpstreamAnswer

CHANNEL = Channel(7, 1, "sk-channel-secret", 1, "c")
JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream; charset=utf-8"}
REPLY = (
    b'{"id":"x","choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":1,"completion_tokens":2}}'
)


def asked(work: Work = Work.CONVERSE, **changes: Any) -> RelayRequest:
    fields = changes.pop("fields", {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]})
    request = RelayRequest(
        work,
        "openai_chat",
        "gpt-4o",
        json.dumps(fields).encode(),
        fields=fields,
        path=f"/v1{PATHS[work]}",
        headers={"content-type": "application/json"},
    )
    return evolve(request, **changes)


async def call(
    transport: MockTransport,
    request: RelayRequest | None = None,
    channel: Channel = CHANNEL,
    *,
    enforce: bool = False,
) -> UpstreamAnswer:
    gateway = gateway_over(
        transport, enforce_include_usage=enforce, limit=10_000, now=lambda: 1.0, new_id=lambda: "id-1"
    )
    request = request or asked()
    return await gateway.call(request, channel, channel.upstream_model(request.model))


async def whole(answer: UpstreamAnswer) -> bytes:
    return await answer.read()


async def until_failure(answer: UpstreamAnswer) -> tuple[bytes, UpstreamError]:
    """The bytes that passed before the upstream failed, and the error."""
    passed = b""
    try:
        while piece := await answer.next():
            passed += piece
    except UpstreamError as error:
        return passed, error
    raise AssertionError("the upstream did not fail")


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "c", "choices": [choice], **more}).encode() + b"\n\n"


ROLE = chunk({"role": "assistant", "content": ""})
HELLO, WORLD, STOP = chunk({"content": "Hello"}), chunk({"content": " world"}), chunk({}, "stop")
USAGE = b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"
STREAMED = asked(stream=True, fields={"model": "gpt-4o", "messages": [], "stream": True})
