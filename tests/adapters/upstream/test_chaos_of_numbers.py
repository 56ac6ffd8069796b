"""Every recorded answer with odd numbers in place of its counts: nothing fails, and all usage is within bounds."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from oneapi.adapters.transport.mock import MockTransport
from oneapi.application.money.metering import Tariff
from oneapi.domain.errors import GatewayError
from oneapi.domain.money.pricing import Price
from oneapi.domain.usage import MOST_TOKENS, NOTHING
from oneapi.domain.work import Work
from tests.adapters.upstream.test_gateway_exchanges import (
    SETTINGS,
    LengthCounter,
    channel_of,
    exchanges_of,
    no_sleep,
    recorded,
    request_of,
    response_of,
)
from tests.fakes.relay.websocket import FakeFetcher, FakeWebSocket
from tests.support.gateway.gateways import gateway_over
from tests.support.providers.service_account import token_steps

WILD: tuple[Any, ...] = (
    2**53,
    2**63,
    10**30,
    1e30,
    -5,
    -(2**63),
    1.5,
    float("nan"),
    "7",
    True,
    None,
    [1],
    {"a": 1},
)
COUNTS = re.compile(r"token|usage|count", re.IGNORECASE)
WRITTEN = re.compile(r'("\w*(?:[Tt]oken|[Uu]sage|[Cc]ount)\w*"\s*:\s*)-?\d+(?:\.\d+)?')
PRICE = Price(Decimal(30), Decimal(4), Decimal(1), known=True)
DEAREST = PRICE.hold(MOST_TOKENS, MOST_TOKENS)


def disturbed(value: Any, wild: Any, *, counted: bool = False) -> Any:
    """``value`` with ``wild`` in place of every number under a name of a count, also within events."""
    if isinstance(value, dict):
        return {
            key: disturbed(
                inner, wild, counted=bool(COUNTS.search(str(key))) or (counted and key != "status")
            )
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [disturbed(inner, wild, counted=counted) for inner in value]
    if isinstance(value, str):
        return WRITTEN.sub(lambda found: found[1] + json.dumps(wild), value)
    return wild if counted and isinstance(value, int | float) else value


@pytest.fixture(autouse=True)
def signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip signing, because reading the key for each of thousands of answers would take most of the time."""
    monkeypatch.setattr("oneapi.adapters.providers.platforms.vertex._assertion", lambda *_: "signed")


@pytest.mark.parametrize("wild", WILD, ids=repr)
async def test_wild_numbers_of_every_provider(wild: Any) -> None:
    answered = 0
    for parameter in recorded():
        given, case = parameter.values
        channel = channel_of({**given, **case.get("channel_overrides", {})})
        request = request_of(case["client_request"], channel)
        if request.work is Work.PROXY:
            continue
        steps, images = exchanges_of(case)
        transport = MockTransport()
        transport.answers.extend(
            response_of(step["upstream_response"]) for step in token_steps(given["config"])
        )
        transport.answers.extend(response_of(disturbed(step["upstream_response"], wild)) for step in steps)
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
            answer = await gateway.call(request, channel, channel.upstream_model(request.model))
            while await answer.next():
                pass
        except GatewayError:
            continue
        await answer.close()
        answered += 1
        usage = answer.usage or NOTHING
        assert 0 <= usage.prompt <= MOST_TOKENS, parameter.id
        assert 0 <= usage.completion <= MOST_TOKENS, parameter.id
        assert min(usage.cached, usage.reasoning, usage.audio_in, usage.audio_out) >= 0
        assert 0 <= Tariff(PRICE, request.work, 0, 0).bill(usage).amount <= DEAREST
    assert answered > 50, "hardly any answer was read"
