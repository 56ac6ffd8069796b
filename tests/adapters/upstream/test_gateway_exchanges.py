"""Recorded exchanges of every channel type, replayed: what leaves on the wire, and what the client reads."""

from __future__ import annotations

import json
import re
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.adapters.upstream.catalog import NOT_SPOKEN_YET, SPECS
from oneapi.adapters.upstream.gateway import Gateway
from oneapi.domain.channels import ChannelRecord, parse_record
from oneapi.domain.errors import GatewayError, UpstreamError
from oneapi.domain.requests import Endpoint, RelayRequest
from tests.fakes.transport import FakeResponse, FakeTransport, SentRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.domain.channels import Channel

RECORDED = Path(__file__).parents[2] / "exchanges"
#: The relay replaces this text for its callers; here the upstream's own is seen.


def recorded() -> Iterator[Any]:
    for path in sorted(RECORDED.glob("*.json")):
        content = json.loads(path.read_text())
        if content["channel"]["type"] in NOT_SPOKEN_YET:
            continue
        for case in content["cases"]:
            yield pytest.param(content["channel"], case, id=f"{path.stem}: {case['name']}")


@pytest.mark.parametrize(("channel", "case"), list(recorded()))
async def test_exchange(channel: dict[str, Any], case: dict[str, Any]) -> None:
    spoken = channel_of({**channel, **case.get("channel_overrides", {})})
    request = request_of(case["client_request"], spoken)
    transport = FakeTransport()
    if "upstream_response" in case:
        transport.answers.append(response_of(case["upstream_response"]))
    expected = case["client_response"]
    gateway = Gateway(transport, enforce_include_usage=False, limit=1 << 20)
    try:
        answer = await gateway.call(request, spoken, spoken.upstream_model(request.model))
    except GatewayError as error:
        assert error.status == expected["status"]
        assert_equal(error_of(error), {**expected["body"]["error"]}, "error")
        assert_sent(transport, case)
        return
    assert_sent(transport, case)
    body = b""
    failure = b""
    try:
        while piece := await answer.next():
            body += piece
    except UpstreamError as error:
        failure = answer.render_error(error, "")
    await answer.close()
    assert answer.status == expected["status"]
    shown = {name.lower(): value for name, value in answer.headers}
    for name, value in expected.get("headers", {}).items():
        assert shown[name.lower()] == value
    if "sse" in expected:
        assert answer.streaming
        read = events_of(body + failure + answer.end_marker)
        if case["level"] == "same":
            assert_equal(read, expected["sse"], "stream")
        else:
            assert_equal(fold(read), fold(expected["sse"]), "summary")
    elif "body" in expected:
        assert_equal(json.loads(body), expected["body"], "body")
    else:
        assert body.decode() == expected["body_text"]
    billed = case.get("billed_usage")
    if isinstance(billed, dict) and any(isinstance(count, int) and count for count in billed.values()):
        usage = answer.usage
        assert usage is not None
        assert (usage.prompt, usage.completion) == (billed["prompt_tokens"], billed["completion_tokens"])
    assert answer.produced


def test_every_row_has_a_recorded_exchange() -> None:
    types = {json.loads(path.read_text())["channel"]["type"] for path in RECORDED.glob("*.json")}
    assert set(SPECS) <= types


# --- reading the files --------------------------------------------------------------------------


def channel_of(given: Mapping[str, Any]) -> Channel:
    return parse_record(
        ChannelRecord(
            id=7,
            type=given["type"],
            key=given["key"],
            name="c",
            base_url=given["base_url"],
            other=given.get("other"),
            config=json.dumps(given["config"]),
            model_mapping=json.dumps(given.get("model_mapping", {})),
        )
    )


def request_of(given: Mapping[str, Any], channel: Channel) -> RelayRequest:
    path, _, query = given["path"].replace("{channel_id}", str(channel.id)).partition("?")
    headers = {"content-type": "application/json"}
    headers |= {name.lower(): value for name, value in given.get("headers", {}).items()}
    body = json.dumps(given["body"]).encode()
    if path.startswith("/v1/oneapi/proxy/"):
        target = path.removeprefix(f"/v1/oneapi/proxy/{channel.id}")
        headers["authorization"] = "Bearer sk-client"
        return RelayRequest(
            Endpoint.PROXY, "raw", "", body, method=given["method"], path=target, query=query, headers=headers
        )
    fields = given["body"]
    return RelayRequest(
        Endpoint(path.removeprefix("/v1/")),
        "openai_chat",
        fields["model"],
        body,
        fields=fields,
        stream=bool(fields.get("stream")),
        include_usage=bool(fields.get("stream_options", {}).get("include_usage")),
        path=path,
        query=query,
        headers=headers,
    )


def response_of(given: Mapping[str, Any]) -> FakeResponse:
    headers = {name.lower(): value for name, value in given.get("headers", {}).items()}
    if "sse" in given:
        headers.setdefault("content-type", "text/event-stream")
        pieces = ["\n".join([*given["sse"], ""]).encode()]
    elif "body" in given:
        headers.setdefault("content-type", "application/json")
        pieces = [json.dumps(given["body"]).encode()]
    else:
        pieces = [given["body_text"].encode()]
    return FakeResponse(given["status"], headers, deque(pieces))


# --- comparing ----------------------------------------------------------------------------------


def assert_sent(transport: FakeTransport, case: Mapping[str, Any]) -> None:
    if "upstream_request" not in case:
        assert transport.requests == []
        return
    (sent,) = transport.requests
    expected = case["upstream_request"]
    assert (sent.method, sent.url) == (expected["method"], expected["url"])
    assert_headers(sent, expected["headers"])
    assert sent.body is not None
    assert_equal(json.loads(sent.body), expected["body"], "upstream body")


def assert_headers(sent: SentRequest, expected: Mapping[str, str]) -> None:
    for name, value in expected.items():
        if value == "<absent>":
            assert name.lower() not in sent.headers
        else:
            assert sent.headers[name.lower()] == value
    assert "sk-client" not in str(sent.headers)


def assert_equal(found: Any, expected: Any, where: str) -> None:
    """JSON equality; ``<any>`` and ``<local>`` match everything."""
    if expected in ("<any>", "<local>"):
        return
    if isinstance(expected, dict) and isinstance(found, dict):
        assert set(found) == set(expected), where
        for name, value in expected.items():
            assert_equal(found[name], value, f"{where}.{name}")
    elif isinstance(expected, list) and isinstance(found, list):
        assert len(found) == len(expected), where
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert_equal(one, other, f"{where}[{number}]")
    else:
        assert found == expected, where


def error_of(error: GatewayError) -> dict[str, Any]:
    return {"message": error.text("zh"), "type": error.type, "param": error.param or "", "code": error.code}


def events_of(stream: bytes) -> list[Any]:
    events = []
    for block in stream.decode().removesuffix("\n\n").split("\n\n"):
        data = block.removeprefix("data: ")
        events.append(data if data == "[DONE]" else json.loads(re.sub(r" \(request id: \)", "", data)))
    return events


def fold(events: list[Any]) -> dict[str, Any]:
    """What a client has when a stream is over."""
    chunks = [event for event in events if isinstance(event, dict) and event.get("choices")]
    deltas = [chunk["choices"][0] for chunk in chunks]
    calls: dict[int, dict[str, str]] = {}
    for choice in deltas:
        for call in choice["delta"].get("tool_calls") or ():
            known = calls.setdefault(call["index"], {"id": "", "name": "", "arguments": ""})
            known["id"] += call.get("id") or ""
            for part in ("name", "arguments"):
                known[part] += call["function"].get(part) or ""
    return {
        "content": "".join(choice["delta"].get("content") or "" for choice in deltas),
        "reasoning": "".join(choice["delta"].get("reasoning_content") or "" for choice in deltas),
        "tool_calls": calls,
        "finish_reasons": [choice["finish_reason"] for choice in deltas if choice.get("finish_reason")],
        "usage": [event["usage"] for event in events if isinstance(event, dict) and event.get("usage")],
        "errors": [event["error"] for event in events if isinstance(event, dict) and "error" in event],
        "done": events[-1] == "[DONE]",
    }
