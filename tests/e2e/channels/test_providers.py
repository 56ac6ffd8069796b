"""The recorded exchanges of all channel types, through a running gateway and a provider on loopback."""

from __future__ import annotations

import base64
import json
import re
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.providers.urls import AI_GATEWAY
from oneapi.domain.errors import ABOUT_CREDENTIALS
from tests.adapters.upstream.test_gateway_exchanges import (
    assert_equal,
    assert_stream,
    channel_of,
    exchanges_of,
    passes,
    recorded,
    request_of,
)
from tests.support.gateway.gateways import call_of
from tests.support.gateway.server import NO_TLS
from tests.support.providers import eventstream
from tests.support.providers.service_account import filled, service_account, token_steps
from tests.support.providers.upstream import Answer, reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel
    from tests.e2e.conftest import Site


def cases() -> list[Any]:
    """The recorded exchanges over HTTP whose paths do not depend on the provider's host."""
    found = []
    for parameter in recorded():
        _, case = parameter.values
        asked = case.get("upstream_request", {"method": "WS", "url": ""})
        if asked["method"] != "WS" and not asked["url"].startswith(AI_GATEWAY):
            found.append(parameter)
    return found


@pytest.mark.parametrize(("channel", "case"), cases())
def test_exchange(site: Site, channel: dict[str, Any], case: dict[str, Any]) -> None:
    given = {**channel, **case.get("channel_overrides", {})}
    steps, images = exchanges_of(case)
    token_uri = f"{site.upstream.url}/token"
    steps = [*token_steps(channel["config"], token_uri), *steps]
    # Tokens are kept: each case has a key of its own.
    given["config"] = filled(given["config"], service_account(token_uri, secrets.token_hex(8)))
    if images:
        pytest.fail(
            "a gateway on its own fetches nothing from loopback: tests/adapters/upstream/test_fetcher.py"
        )
    hosts = {origin(step["upstream_request"]["url"]) for step in steps}
    for step in steps:
        site.upstream.enqueue(answer_of(step["upstream_response"], hosts, site.upstream.url))
    number = add_channel(site, given)
    # SQLite reuses the id of a deleted channel, and the log keeps the rows of the deleted one.
    earlier = {row["id"] for row in charges_of(site, number)}
    asked = case["client_request"]
    answer = httpx.request(
        asked["method"],
        site.gateway.url + asked["path"].replace("{channel_id}", str(number)),
        content=json.dumps(asked["body"]),
        headers={
            "Content-Type": "application/json",
            **asked.get("headers", {}),
            "Authorization": f"Bearer {site.key}-{number}",
        },
        timeout=20,
        verify=NO_TLS,
    )
    expected = json.loads(local(json.dumps(case["client_response"]), hosts, site.upstream.url))
    spoken = channel_of(given)
    request = request_of(asked, spoken)
    passed = passes(spoken, request)
    if passed and not request.include_usage and "sse" in expected and asks(spoken, request):
        # Recorded before the gateway requested usage on every stream; clients do not see usage that it requested.
        expected["sse"] = [
            event for event in expected["sse"] if event == "[DONE]" or event.get("choices") != []
        ]
    assert_answer(answer, expected, passed=passed, exact=case["level"] == "same")
    assert len(site.upstream.requests) == len(steps)
    for sent, step in zip(site.upstream.requests, steps, strict=True):
        assert sent.path == urlsplit(step["upstream_request"]["url"]).path
    if asked["path"].startswith("/v1/oneapi/proxy/"):
        return
    billed = case.get("billed_usage")
    charge = next((row for row in charges_of(site, number) if row["id"] not in earlier), None)
    if billed == "none":
        assert charge is None
    elif isinstance(billed, dict):
        assert charge is not None
        assert_equal({name: charge[name] for name in billed}, billed, "billed")


def charges_of(site: Site, number: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = site.admin.call("GET", f"/api/log/?type=2&channel={number}")
    return rows


def asks(channel: Channel, request: RelayRequest) -> bool:
    """Whether the gateway asks the provider for the usage of this stream."""
    opinions = [quirk.asks_usage(channel) for quirk in call_of(request, channel).offer.quirks]
    return request.stream and False not in opinions


def add_channel(site: Site, given: Mapping[str, Any]) -> int:
    base = given["base_url"] or SPECS[given["type"]].base_url
    return site.admin.add_channel(
        site.upstream.url + urlsplit(base).path.rstrip("/"),
        "recorded",
        by_number=True,
        type=given["type"],
        key=given["key"],
        other=given.get("other") or "",
        config=json.dumps(given["config"]),
        model_mapping=json.dumps(given.get("model_mapping") or {}),
    )


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def local(text: str, hosts: set[str], here: str) -> str:
    """``text`` with the provider's addresses replaced by those of its stand-in."""
    for host in hosts:
        text = text.replace(host, here)
    return text


def answer_of(given: Mapping[str, Any], hosts: set[str], here: str) -> Answer:
    headers = {name.lower(): value for name, value in given.get("headers", {}).items()}
    kind = headers.pop("content-type", "")
    if "sse" in given:
        kind, body = kind or "text/event-stream", "\n".join([*given["sse"], ""]).encode()
    elif "ndjson" in given:
        kind = kind or "application/x-ndjson"
        body = b"".join(json.dumps(value).encode() + b"\n" for value in given["ndjson"])
    elif "eventstream" in given:
        body = b"".join(eventstream.chunk(value) for value in given["eventstream"])
    elif "body" in given:
        kind, body = kind or "application/json", json.dumps(given["body"]).encode()
    elif "body_base64" in given:
        body = base64.b64decode(given["body_base64"])
    else:
        body = given["body_text"].encode()
    if "body" in given or "sse" in given:
        body = local(body.decode(), hosts, here).encode()
    return reply(body, status=given["status"], headers={"Content-Type": kind or "text/plain", **headers})


def assert_answer(answer: httpx.Response, expected: Mapping[str, Any], *, passed: bool, exact: bool) -> None:
    text = re.sub(r" \(request id: [^)]*\)", "", answer.text)
    if "sse" in expected and answer.status_code != httpx.codes.OK:
        assert_equal(json.loads(text)["error"], expected["sse"][0]["error"], "error")
        return
    if expected["status"] in ABOUT_CREDENTIALS:
        # The original reports these as the client's fault, but they concern the operator.
        assert answer.status_code == httpx.codes.BAD_GATEWAY, text
        assert json.loads(text)["error"]["code"] == "upstream_refused_channel"
        return
    assert answer.status_code == expected["status"], text
    if "sse" in expected:
        if any("error" in event for event in expected["sse"]):
            text += "data: [DONE]\n\n"  # answers that break off have no end marker, unlike in the fixtures
        assert_stream(text.encode(), expected["sse"], passed=passed, exact=exact)
    elif "body" in expected:
        found = json.loads(text)
        if not passed and isinstance(found.get("id"), str) and expected["body"] != "<any>":
            expected["body"]["id"] = found["id"]  # the gateway makes the id
        assert_equal(found, expected["body"], "body")
    else:
        assert text == expected["body_text"]
