"""Recorded exchanges of every channel type, replayed: what is sent on the wire, and what the client gets."""

from __future__ import annotations

import base64
import json
import re
from collections import deque
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.transport.mock import MockResponse, MockTransport, SentRequest
from oneapi.domain.errors import ChannelMisconfigured, GatewayError, UpstreamError, UpstreamRefusal
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import ChannelRecord, parse_record
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import name_of, status_of, text_of
from oneapi.entrypoints.http.surfaces import OPENAI
from oneapi.entrypoints.http.surfaces.rerank import DIALECTS as RERANK_DIALECTS
from tests.fakes.relay.websocket import FakeFetcher, FakeWebSocket
from tests.support.gateway.gateways import call_of, gateway_over
from tests.support.providers import eventstream
from tests.support.providers.service_account import filled, token_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.domain.routing.channels import Channel

#: The operator's settings by default.
SETTINGS = {"GEMINI_VERSION": "v1", "GEMINI_SAFETY_SETTING": "BLOCK_NONE"}
#: The status of an accepted handshake.
SWITCHING = 101
RECORDED = Path(__file__).parents[2] / "exchanges"
#: The relay replaces this text for clients; these tests see the upstream's own.


def recorded() -> Iterator[Any]:
    for path in sorted(RECORDED.glob("*.json")):
        content = json.loads(path.read_text())
        for case in content["cases"]:
            yield pytest.param(content["channel"], case, id=f"{path.stem}: {case['name']}")


@pytest.mark.parametrize(("channel", "case"), list(recorded()))
async def test_exchange(channel: dict[str, Any], case: dict[str, Any]) -> None:
    spoken = channel_of({**channel, **case.get("channel_overrides", {})})
    request = request_of(case["client_request"], spoken)
    transport = MockTransport()
    steps, images = exchanges_of(case)
    made = [step for step in steps if is_picture(step)]
    images |= dict(map(picture_of, made))
    steps = [*token_steps(channel["config"]), *(step for step in steps if step not in made)]
    transport.answers.extend(response_of(step["upstream_response"]) for step in steps)
    expected = case["client_response"]
    gateway = gateway_over(
        transport,
        enforce_include_usage=False,
        limit=1 << 20,
        websocket=FakeWebSocket(transport),
        fetcher=FakeFetcher(images),
        counter=LengthCounter(),
        settings=SETTINGS,
        sleep=no_sleep,
    )
    try:
        answer = await gateway.call(request, spoken, spoken.upstream_model(request.model))
    except GatewayError as error:
        assert_refused(error, expected)
        assert_sent(transport, steps)
        return
    assert_sent(transport, steps)
    body = b""
    failure = b""
    try:
        while piece := await answer.next():
            body += piece
    except UpstreamError as error:
        failure = OPENAI.error_event(error, "")
    await answer.close()
    assert answer.status == expected["status"]
    shown = {name.lower(): value for name, value in answer.headers}
    for name, value in expected.get("headers", {}).items():
        assert shown[name.lower()] == value
    if "sse" in expected:
        assert answer.streaming
        exact = case["level"] == "same"
        assert_stream(
            body + failure + answer.end_marker, expected["sse"], passed=passes(spoken, request), exact=exact
        )
    elif "body" in expected:
        found = json.loads(body)
        if not passes(spoken, request) and isinstance(found.get("id"), str):
            found["id"] = "<any>"  # the gateway makes ids
            expected["body"] = "<any>" if expected["body"] == "<any>" else {**expected["body"], "id": "<any>"}
        assert_equal(found, expected["body"], "body")
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


def passes(channel: Channel, request: RelayRequest) -> bool:
    """Whether answers pass unchanged."""
    offer = call_of(request, channel).offer
    return offer.dialect == request.dialect and offer.procedure is None


def channel_of(given: Mapping[str, Any]) -> Channel:
    return parse_record(
        ChannelRecord(
            id=7,
            type=given["type"],
            key=given["key"],
            name="c",
            base_url=given["base_url"],
            other=given.get("other"),
            config=json.dumps(filled(given["config"])),
            model_mapping=json.dumps(given.get("model_mapping", {})),
        )
    )


WORKS = {path: work for work, path in PATHS.items()}


def request_of(given: Mapping[str, Any], channel: Channel) -> RelayRequest:
    path, _, query = given["path"].replace("{channel_id}", str(channel.id)).partition("?")
    headers = {"content-type": "application/json"}
    headers |= {name.lower(): value for name, value in given.get("headers", {}).items()}
    body = json.dumps(given["body"]).encode()
    if path.startswith("/v1/oneapi/proxy/"):
        target = path.removeprefix(f"/v1/oneapi/proxy/{channel.id}")
        headers["authorization"] = "Bearer sk-client"
        return RelayRequest(
            Work.PROXY, "raw", "", body, method=given["method"], path=target, query=query, headers=headers
        )
    fields = given["body"]
    reranking = RERANK_DIALECTS.get(path)
    return RelayRequest(
        Work.RERANK if reranking else WORKS[path.removeprefix("/v1")],
        reranking or "openai_chat",
        fields["model"],
        body,
        fields=fields,
        stream=bool(fields.get("stream")),
        include_usage=bool(fields.get("stream_options", {}).get("include_usage")),
        path=path,
        query=query,
        headers=headers,
    )


def response_of(given: Mapping[str, Any]) -> MockResponse:
    headers = {name.lower(): value for name, value in given.get("headers", {}).items()}
    if "sse" in given:
        headers.setdefault("content-type", "text/event-stream")
        pieces = ["\n".join([*given["sse"], ""]).encode()]
    elif "ndjson" in given or "ws" in given:
        headers.setdefault("content-type", "application/x-ndjson")
        pieces = [json.dumps(value).encode() + b"\n" for value in given.get("ndjson") or given["ws"]]
    elif "eventstream" in given:
        pieces = [eventstream.chunk(value) for value in given["eventstream"]]
    elif "body" in given:
        headers.setdefault("content-type", "application/json")
        pieces = [json.dumps(given["body"]).encode()]
    elif "body_base64" in given:
        pieces = [base64.b64decode(given["body_base64"])]
    else:
        pieces = [given["body_text"].encode()]
    status = 200 if given["status"] == SWITCHING else given["status"]
    return MockResponse(status, headers, deque(pieces))


# --- comparing ----------------------------------------------------------------------------------


def exchanges_of(case: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, tuple[str, bytes]]]:
    """The requests to the provider, in order, and the images that are fetched first."""
    before: list[dict[str, Any]] = []
    images = {}
    extra = case.get("extra_exchanges", ())
    for step in extra:
        asked = step["upstream_request"]
        if step["when"] == "before" and asked["method"] == "GET":
            url, image = picture_of(step)
            images[url] = image
        elif step["when"] == "before" and asked["method"] != "HEAD":
            before.append(step)
    main = [case] if "upstream_request" in case else []
    return [*before, *main, *(step for step in extra if step["when"] == "after")], images


def is_picture(step: Mapping[str, Any]) -> bool:
    """Whether the step fetches an image that a provider has made, from the provider's link."""
    headers = step["upstream_response"].get("headers", {})
    return any(value.startswith("image/") for value in headers.values())


def picture_of(step: Mapping[str, Any]) -> tuple[str, tuple[str, bytes]]:
    """The URL of the image, and its media type and bytes."""
    answered = step["upstream_response"]
    kind = next(value for name, value in answered["headers"].items() if name.lower() == "content-type")
    content = base64.b64decode(answered.get("body_base64", "")) or answered["body_text"].encode()
    return step["upstream_request"]["url"], (kind, content)


def assert_refused(error: GatewayError, expected: Mapping[str, Any]) -> None:
    if isinstance(error, ChannelMisconfigured):
        # concerns the operator; the original shows it to the client
        assert expected["body"]["error"]["type"] == "one_api_error"
    elif "sse" in expected:
        # nothing was sent yet, so the error has its status, and another channel may be tried
        assert_equal(error_of(error), expected["sse"][0]["error"], "error")
    elif isinstance(error, UpstreamRefusal) and error.concealed:
        # the original reports this as the client's fault, but it concerns the operator
        assert status_of(error) == HTTPStatus.BAD_GATEWAY
        assert (error.said, error.cause) == (expected["status"], expected["body"]["error"]["message"])
    else:
        assert status_of(error) == expected["status"]
        assert_equal(error_of(error), expected["body"]["error"], "error")


def assert_stream(stream: bytes, expected: list[Any], *, passed: bool, exact: bool) -> None:
    """Translations may divide chunks as they like; bytes that ``passed`` must be unchanged."""
    read = events_of(stream)
    if exact and passed:
        assert_equal(read, expected, "stream")
        return
    found, wanted = fold(read), fold(expected)
    if passed:  # a report of usage within another chunk goes through with it
        found["usage"] = wanted["usage"] or []
    assert_equal(found, wanted, "summary")


def assert_sent(transport: MockTransport, steps: list[dict[str, Any]]) -> None:
    assert len(transport.requests) == len(steps), [request.url for request in transport.requests]
    for sent, step in zip(transport.requests, steps, strict=True):
        expected = step["upstream_request"]
        assert sent.method == expected["method"]
        assert_text(sent.url, expected["url"], "url")
        assert_headers(sent, expected.get("headers", {}))
        of_form = "form" in sent.headers.get("content-type", "")
        body = None if sent.body is None else sent.body if of_form else json.loads(sent.body)
        assert_equal(body, expected["body"], "upstream body")


def assert_headers(sent: SentRequest, expected: Mapping[str, str]) -> None:
    for name, value in expected.items():
        if value == "<absent>":
            assert name.lower() not in sent.headers
        else:
            assert_text(sent.headers[name.lower()], value, name)
    assert "sk-client" not in str(sent.headers)


def assert_text(found: str, expected: str, where: str) -> None:
    """Equality; ``<any>`` within the text matches a run of characters."""
    pattern = ".+".join(map(re.escape, expected.split("<any>")))
    assert re.fullmatch(pattern, found), f"{where}: {found!r} is not {expected!r}"


class LengthCounter:
    """Implements ``TokenCounter``: as many tokens as there are characters."""

    async def count_prompt(self, request: RelayRequest, model: str) -> int:
        del model
        return len(request.body)

    async def count_text(self, text: str, model: str) -> int:
        del model
        return len(text)


async def no_sleep(_: float) -> None:
    """Do not wait."""


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
    return {
        "message": text_of(error, "zh"),
        "type": name_of(error).type,
        "param": name_of(error).param or "",
        "code": name_of(error).code,
    }


def events_of(stream: bytes) -> list[Any]:
    events = []
    for block in stream.decode().removesuffix("\n\n").split("\n\n"):
        data = block.removeprefix("data: ")
        events.append(data if data == "[DONE]" else json.loads(re.sub(r" \(request id: \)", "", data)))
    return events


def fold(events: list[Any]) -> dict[str, Any]:
    """Everything that a client has received at the end of a stream."""
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
