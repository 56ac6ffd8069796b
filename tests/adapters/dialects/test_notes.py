"""What is left out of a request is said, and nothing else is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve, fields

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.notes import NO_PLACE, fields_left_out, sampling_left_out
from oneapi.adapters.dialects.tool_calls import ConversationDialect
from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.chat import ChatRequest, Message, MessageRole, Sampling, Text
from oneapi.domain.errors import UnsupportedFeature
from oneapi.domain.routing.channels import Channel
from tests.adapters.upstream.gateway_calls import JSON, asked, whole
from tests.support.gateway.gateways import gateway_over

if TYPE_CHECKING:
    from oneapi.adapters.dialects.interface import UpstreamDialect

FORMATS: dict[str, UpstreamDialect] = {**DIALECTS, "responses": SURFACES["responses"]}
#: Models that take whatever their format has a place for.
MODELS = {
    "anthropic": "claude-3-5-sonnet",
    "bedrock_claude": "claude-3-5-sonnet",
    "vertex_claude": "claude-3-5-sonnet",
}
#: A value of each member that asks for something; the others go together with ``logprobs`` and ``n``.
ASKING: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.5,
    "top_k": 7,
    "seed": 7,
    "frequency_penalty": 0.5,
    "presence_penalty": 0.5,
    "logit_bias": {"1": 1},
    "stop": ("END",),
}
HI = ChatRequest(model="m", messages=(Message(MessageRole.USER, (Text("hi"),)),))


def trace(dialect: UpstreamDialect, model: str, name: str) -> bool:
    """Whether a member of the sampling can be seen in the request, or has it refused."""
    config = {"library_id": "1"}
    plain = dialect.write_request(HI, model, config)
    try:
        return (
            dialect.write_request(evolve(HI, sampling=Sampling(**{name: ASKING[name]})), model, config)
            != plain
        )
    except UnsupportedFeature:
        return True


@pytest.mark.parametrize("name", FORMATS)
def test_the_table_says_what_leaves_no_trace(name: str) -> None:
    dialect, model = FORMATS[name], MODELS.get(name, "m")
    silent = {member for member in ASKING if not trace(dialect, model, member)}
    assert silent == set(NO_PLACE.get(name, ()))


def test_every_member_is_looked_at() -> None:
    assert {field.name for field in fields(Sampling)} - set(ASKING) == {"n", "logprobs", "top_logprobs"}


def test_only_what_was_asked_for_is_said() -> None:
    assert list(sampling_left_out(Sampling(temperature=1, frequency_penalty=0), "coze")) == ["temperature"]
    extra = {"verbosity": "low", "service_tier": "auto", "prediction": None}
    assert list(fields_left_out(evolve(HI, extra=extra), {})) == ["verbosity"]
    assert not list(fields_left_out(evolve(HI, extra={"service_tier": "flex"}), {"service_tier": "flex"}))


def test_each_request_has_notes_of_its_own() -> None:
    chat = evolve(HI, sampling=Sampling(seed=1), left_out=("truncation",))
    dialect = ConversationDialect(DIALECTS["anthropic"], chat, lambda: "id")
    for _ in range(2):
        dialect.write_request(chat, "claude-3-5-sonnet")
        assert dialect.left_out == ("truncation", "seed")


async def test_they_reach_the_answer() -> None:
    transport = MockTransport()
    transport.answer(
        200, JSON, json.dumps({"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}).encode()
    )
    gateway = gateway_over(transport, enforce_include_usage=False, limit=10_000)
    mark = {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": [mark]}]}
    request = asked(fields=body, dialect="anthropic")
    answer = await gateway.call(request, Channel(7, 1, "key", 1, "c"), "m")
    await whole(answer)
    assert answer.left_out == ("cache breakpoints",)
    assert "cache_control" not in (transport.requests[0].body or b"").decode()
