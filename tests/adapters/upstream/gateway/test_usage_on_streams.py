"""Usage is requested on every stream if the upstream can report it, and hidden from clients that did not request it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.dialects.patch import add
from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.errors import UpstreamRefusal
from oneapi.domain.routing.channels import Channel
from oneapi.domain.usage import Usage
from oneapi.domain.work import Work
from tests.adapters.upstream.gateway_calls import (
    CHANNEL,
    DONE,
    EVENTS,
    HELLO,
    JSON,
    STOP,
    STREAMED,
    USAGE,
    asked,
    call,
    chunk,
    whole,
)

if TYPE_CHECKING:
    from oneapi.adapters.transport.mock import SentRequest

ASKED = {"include_usage": True}
#: Rows whose provider refuses the parameter, or always reports usage and does not document it; each has a quirk.
REFUSING = {"mistral", "zhipu"}
SAME_FORMAT = [
    spec
    for spec in SPECS.values()
    if any(
        offer.work is Work.CONVERSE and offer.dialect == "openai_chat" and not offer.procedure
        for offer in spec.offers
    )
    and spec.id != "vertexai"
]


def options_of(sent: SentRequest) -> Any:
    return json.loads(sent.body or b"").get("stream_options")


@pytest.mark.parametrize("spec", SAME_FORMAT, ids=lambda spec: spec.id)
async def test_usage_is_requested_for_every_row_of_openais_format_unless_it_refuses(spec: Any) -> None:
    channel = Channel(
        7,
        spec.number,
        "id.secret",
        1,
        "c",
        base_url="https://h",
        config={"user_id": "u", "api_version": "2025-01-01"},
    )
    transport = MockTransport()
    transport.answer(200, EVENTS, HELLO, STOP, USAGE, DONE)
    answer = await call(transport, STREAMED, channel, enforce=True)
    refuses = spec.id in REFUSING
    assert options_of(transport.requests[0]) == (None if refuses else ASKED)
    assert await whole(answer) == HELLO + STOP + (USAGE if refuses else b"")
    assert answer.usage == Usage(7, 2)


async def test_hidden_reasoning_is_billed_on_a_stream_without_requested_usage() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 10_005,
        "completion_tokens_details": {"reasoning_tokens": 10_000},
    }
    last = b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"
    transport = MockTransport()
    transport.answer(200, EVENTS, HELLO, STOP, last, DONE)
    answer = await call(transport, STREAMED, enforce=True)
    assert await whole(answer) == HELLO + STOP
    assert answer.usage == Usage(10, 10_005, reasoning=10_000)


async def test_usage_is_requested_on_legacy_completions_too() -> None:
    event = b'data: {"choices":[{"text":"x","finish_reason":"stop"}]}\n\n'
    request = asked(Work.COMPLETE, stream=True, fields={"model": "m", "prompt": "x", "stream": True})
    transport = MockTransport()
    transport.answer(200, EVENTS, event, USAGE, DONE)
    answer = await call(transport, request, enforce=True)
    assert options_of(transport.requests[0]) == ASKED
    assert await whole(answer) == event
    assert answer.usage == Usage(7, 2)


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}, {"chunk_size": 3}])
async def test_other_options_of_the_client_are_kept(options: Any) -> None:
    request = asked(
        stream=True, fields={"model": "gpt-4o", "messages": [], "stream": True, "stream_options": options}
    )
    transport = MockTransport()
    transport.answer(200, EVENTS, HELLO, STOP, USAGE, DONE)
    answer = await call(transport, request, enforce=True)
    assert options_of(transport.requests[0]) == {**(options or {}), **ASKED}
    assert USAGE not in await whole(answer)


async def test_usage_inside_a_chunk_with_content_passes_with_it() -> None:
    """Only the chunk that the gateway requested is removed; no other byte changes."""
    last = chunk({}, "stop", usage={"prompt_tokens": 7, "completion_tokens": 2})
    transport = MockTransport()
    transport.answer(200, EVENTS, HELLO, last, DONE)
    answer = await call(transport, STREAMED, enforce=True)
    assert await whole(answer) == HELLO + last
    assert answer.usage == Usage(7, 2)


@pytest.mark.parametrize("status", [400, 422])
async def test_an_upstream_that_refuses_the_parameter_is_called_without_it(status: int) -> None:
    error = {"error": {"message": "Extra inputs are not permitted, field: 'stream_options'"}}
    transport = MockTransport()
    transport.answer(status, JSON, json.dumps(error).encode())
    transport.answer(200, EVENTS, HELLO, STOP, DONE)
    answer = await call(transport, STREAMED, enforce=True)
    assert await whole(answer) == HELLO + STOP
    assert [options_of(sent) for sent in transport.requests] == [ASKED, None]


async def test_a_refused_option_of_the_client_is_the_clients_fault() -> None:
    error = {"error": {"message": "stream_options is not supported"}}
    own = {"model": "gpt-4o", "messages": [], "stream": True, "stream_options": ASKED}
    for request in (asked(stream=True, include_usage=True, fields=own), asked()):
        transport = MockTransport()
        transport.answer(400, JSON, json.dumps(error).encode())
        with pytest.raises(UpstreamRefusal):
            await call(transport, request, enforce=True)
        assert len(transport.requests) == 1


async def test_an_upstream_that_keeps_refusing_is_called_only_twice() -> None:
    error = json.dumps({"error": {"message": "stream_options: not permitted"}}).encode()
    transport = MockTransport()
    for _ in range(3):
        transport.answer(400, JSON, error)
    with pytest.raises(UpstreamRefusal):
        await call(transport, STREAMED, enforce=True)
    assert len(transport.requests) == 2


async def test_the_operator_can_turn_requested_usage_off() -> None:
    transport = MockTransport()
    transport.answer(200, EVENTS, HELLO, STOP, USAGE, DONE)
    answer = await call(transport, evolve(STREAMED), CHANNEL, enforce=False)
    assert transport.requests[0].body == STREAMED.body
    assert await whole(answer) == HELLO + STOP + USAGE


@given(
    st.dictionaries(st.text(), st.recursive(st.none() | st.integers() | st.text(), st.lists), min_size=1),
    st.sampled_from(["", " ", "\n\t "]),
)
def test_a_member_is_added_without_a_byte_of_the_others_changing(fields: dict[str, Any], blank: str) -> None:
    fields.pop("new", None)
    if not fields:
        return
    body = (json.dumps(fields) + blank).encode()
    made = add(body, "new", {"a": True})
    assert json.loads(made) == {**fields, "new": {"a": True}}
    assert made.startswith(body.rstrip()[:-1])
