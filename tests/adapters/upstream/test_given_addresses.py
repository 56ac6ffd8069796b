"""Providers' links are fetched like users' links, and never with the channel's key."""

from __future__ import annotations

import base64
import json
from collections import deque
from typing import Any

import pytest

from oneapi.adapters.transport.mock import MockResponse, MockTransport
from oneapi.adapters.upstream.conductor import same_origin
from oneapi.domain.errors import UpstreamGarbage
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel, ChannelStatus
from oneapi.domain.work import Work
from tests.fakes.relay.websocket import FakeFetcher
from tests.support.gateway.gateways import gateway_over

REPLICATE, ALI = 46, 17
FIELDS = {"model": "m", "prompt": "x", "response_format": "b64_json"}
INTERNAL = "http://127.0.0.1:9/internal/secret"
PUBLIC = "https://pictures.example/1.png"


def json_answer(value: Any) -> MockResponse:
    return MockResponse(200, {"content-type": "application/json"}, deque([json.dumps(value).encode()]))


def channel(kind: int) -> Channel:
    return Channel(
        id=1,
        type=kind,
        status=ChannelStatus.ENABLED,
        name="c",
        models=("m",),
        groups=("default",),
        priority=0,
        weight=0,
        base_url="https://api.example",
        key="sk-upstream-0123456789",
    )


def made_by(kind: int, url: str) -> list[MockResponse]:
    if kind == REPLICATE:
        urls = {"get": "https://api.replicate.com/v1/predictions/1"}
        return [
            json_answer({"id": "1", "status": "starting", "urls": urls}),
            json_answer({"id": "1", "status": "succeeded", "urls": urls, "output": [url]}),
        ]
    return [
        json_answer({"output": {"task_id": "1", "task_status": "RUNNING"}}),
        json_answer({"output": {"task_id": "1", "task_status": "SUCCEEDED", "results": [{"url": url}]}}),
    ]


async def draw(kind: int, url: str) -> tuple[bytes, MockTransport]:
    transport = MockTransport()
    transport.answers.extend(made_by(kind, url))
    transport.answers.append(json_answer({"secret": "of the operator's own network"}))
    gateway = gateway_over(
        transport,
        enforce_include_usage=False,
        limit=1 << 20,
        fetcher=FakeFetcher({PUBLIC: ("image/png", b"PNG")}),
        sleep=_at_once,
    )
    request = RelayRequest(Work.DRAW, "openai_chat", "m", b"{}", fields=FIELDS)
    answer = await gateway.call(request, channel(kind), "m")
    return await answer.read(), transport


async def _at_once(_seconds: float) -> None:
    return


@pytest.mark.parametrize("kind", [REPLICATE, ALI])
async def test_an_address_of_an_internal_network_is_not_fetched(kind: int) -> None:
    with pytest.raises(UpstreamGarbage):
        await draw(kind, INTERNAL)


@pytest.mark.parametrize("kind", [REPLICATE, ALI])
async def test_a_public_one_is(kind: int) -> None:
    body, transport = await draw(kind, PUBLIC)
    assert base64.b64encode(b"PNG") in body
    assert len(transport.requests) == 2


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://api.example/files/1", True),
        ("https://API.example/files/1", True),
        ("http://api.example/files/1", False),
        ("https://api.example:8443/files/1", False),
        ("https://api.example.evil/1", False),
        ("https://user@evil/?https://api.example/", False),
        ("https://[::1/", False),
    ],
)
def test_only_the_operators_server_is_the_operators(url: str, *, same: bool) -> None:
    assert same_origin(url, "https://api.example/v1") == same
