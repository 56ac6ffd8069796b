"""OpenAI's newer parameters, by row: translated if the provider documents an older one, otherwise passed on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.providers.rows.openai import UNKNOWN
from oneapi.adapters.upstream.bodies import same_dialect
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from tests.support.gateway.gateways import call_of

HI = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}

#: OpenAI, its resellers and unknown servers receive every parameter as the client sends it.
AS_IT_IS = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 20, 45, 50}
#: Rows that document ``max_completion_tokens``, or no limit at all.
NEWER_LIMIT = {*AS_IT_IS, 22, 25, 27, 29, 40, 42, 47, 51}
DISABLED: dict[str, Any] = {"thinking": {"type": "disabled"}}
OFF: dict[str, Any] = {"enable_thinking": False}
#: What ``reasoning_effort: none`` becomes if another parameter switches thinking off.
UNTHINKING: dict[int, dict[str, Any]] = {
    **dict.fromkeys((16, 25, 36, 40, 48), DISABLED),
    **dict.fromkeys((41, 44, 47, 49), OFF),
    39: {"reasoning": {"enabled": False}},
}
JSON_OBJECT_ONLY = {16, 36}
NEVER_FORCED = {16, 25, 49}

MODELS = {42: "meta/llama-4"}
ROWS = sorted(
    number
    for number in SPECS
    if any(offer.dialect == "openai_chat" and not offer.procedure for offer in SPECS[number].offers)
)


def sent(number: int, model: str = "", deployment: str = "", **fields: Any) -> dict[str, Any]:
    body = {"model": model or MODELS.get(number, "m"), "messages": [HI], **fields}
    base_url = "https://llm.example" if number in SPECS and SPECS[number].base_url_required else ""
    config = {"api_version": "2025-01-01", "user_id": "u"}
    channel = Channel(1, number, "k", 1, "c", base_url=base_url, config=config)
    request = RelayRequest(
        Work.CONVERSE, "openai_chat", body["model"], json.dumps(body).encode(), fields=body
    )
    call = call_of(request, channel, deployment or body["model"])
    found: dict[str, Any] = json.loads(same_dialect(call, SURFACES["openai_chat"], enforce_usage=False))
    return found


def test_every_row_that_speaks_openai_is_tried() -> None:
    assert set(ROWS) >= AS_IT_IS | set(UNTHINKING) | JSON_OBJECT_ONLY | NEVER_FORCED
    assert not any(offer.quirks for offer in UNKNOWN.offers)


@pytest.mark.parametrize("number", ROWS)
def test_developer(number: int) -> None:
    said = [{"role": "developer", "content": "Be brief"}, HI]
    role = "developer" if number in AS_IT_IS else "system"
    assert sent(number, messages=said)["messages"] == [{"role": role, "content": "Be brief"}, HI]


@pytest.mark.parametrize("number", ROWS)
def test_system_stays(number: int) -> None:
    said = [{"role": "system", "content": "Be brief"}, HI]
    assert sent(number, messages=said)["messages"] == said


@pytest.mark.parametrize("number", ROWS)
def test_max_completion_tokens(number: int) -> None:
    name = "max_completion_tokens" if number in NEWER_LIMIT else "max_tokens"
    body = sent(number, max_completion_tokens=50)
    assert {key: value for key, value in body.items() if key.startswith("max_")} == {name: 50}


@pytest.mark.parametrize("number", ROWS)
@pytest.mark.parametrize(
    "model", ["gpt-5.2", "o3-mini", "chat-latest", "ft:o4-mini-2025-04-16:us::1", "gpt-4o"]
)
def test_max_tokens_where_the_model_knows_the_newer_word_only(number: int, model: str) -> None:
    newer = number in {1, 3} and model != "gpt-4o"
    body = sent(number, model, max_tokens=50)
    assert {key: value for key, value in body.items() if key.startswith("max_")} == {
        "max_completion_tokens" if newer else "max_tokens": 50
    }


@pytest.mark.parametrize(("asked", "deployment"), [("gpt-5", "ours"), ("ours", "gpt-5-mini")])
def test_a_deployment_is_known_by_the_name_that_the_client_used(asked: str, deployment: str) -> None:
    sent_body = sent(3, asked, deployment, max_tokens=50)
    assert sent_body == {"model": deployment, "messages": [HI], "max_completion_tokens": 50}


@pytest.mark.parametrize("number", ROWS)
def test_thinking_is_switched_off(number: int) -> None:
    body = sent(number, reasoning_effort="none")
    extra = {key: value for key, value in body.items() if key not in ("model", "messages")}
    assert extra == UNTHINKING.get(number, {"reasoning_effort": "none"})
    own = UNTHINKING.get(number)
    if own:  # the client's own parameter wins
        said = dict.fromkeys(own, "own")
        assert {key: sent(number, reasoning_effort="none", **said)[key] for key in own} == said
    assert sent(number, reasoning_effort="high")["reasoning_effort"] == "high"


@pytest.mark.parametrize("number", ROWS)
def test_a_schema(number: int) -> None:
    body = sent(number, response_format=SCHEMA)
    if number in JSON_OBJECT_ONLY:
        assert body["response_format"] == {"type": "json_object"}
        assert '{"type":"object"}' in body["messages"][0]["content"]
        assert body["messages"][1:] == [HI]
    else:
        assert body["response_format"] == SCHEMA
        assert body["messages"] == [HI]


@pytest.mark.parametrize("number", ROWS)
def test_a_forced_tool(number: int) -> None:
    body = sent(number, tools=[TOOL], tool_choice="required")
    assert body["tool_choice"] == ("auto" if number in NEVER_FORCED else "required")
    assert len(body["messages"]) == (2 if number in NEVER_FORCED else 1)
    assert sent(number, tools=[TOOL], tool_choice="auto")["messages"] == [HI]


NAMED = {"type": "function", "function": {"name": "f"}}


@pytest.mark.parametrize("number", ROWS)
def test_a_named_tool(number: int) -> None:
    body = sent(number, tools=[TOOL], tool_choice=NAMED)
    asked_in_words = number in {16, 25}
    assert body["tool_choice"] == ("auto" if asked_in_words else NAMED)
    assert ("the tool f" in body["messages"][0]["content"]) == asked_in_words


@pytest.mark.parametrize("number", ROWS)
def test_ids_of_calls(number: int) -> None:
    ids = ["call_aaaaaaaaaaaaaaaa", "call_b", "abcDEF123"]
    calls = [
        {"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}"}} for call_id in ids
    ]
    results = [{"role": "tool", "tool_call_id": call_id, "content": "1"} for call_id in ids]
    _, turn, *answers = sent(number, messages=[HI, {"role": "assistant", "tool_calls": calls}, *results])[
        "messages"
    ]
    found = [call["id"] for call in turn["tool_calls"]]
    assert found == [answer["tool_call_id"] for answer in answers]
    assert len(set(found)) == len(ids)
    assert found[2] == "abcDEF123"
    if number == 28:
        assert all(len(call_id) == 9 and call_id.isalnum() for call_id in found)
    else:
        assert found == ids


@pytest.mark.parametrize("number", ROWS)
def test_what_is_broken_is_the_upstreams_to_refuse(number: int) -> None:
    broken: tuple[Any, ...] = (None, "x", [1], [{"role": 1}], {})
    for messages in broken:
        body = sent(number, messages=messages, response_format=SCHEMA, tool_choice="required", tools=[TOOL])
        assert body["messages"] == messages or number in JSON_OBJECT_ONLY | NEVER_FORCED


USUAL: dict[str, Any] = {"user": "u", "store": False, "service_tier": "auto", "prompt_cache_key": "k",
                         "verbosity": "low", "safety_identifier": "s"}  # fmt: skip


def test_mistral_refuses_what_it_does_not_know() -> None:
    assert sent(28, **USUAL, seed=1) == {"model": "m", "messages": [HI], "random_seed": 1}


def test_googles_openai_format_gets_schemas_that_it_takes() -> None:
    bad = {
        "type": "object",
        "properties": {"a": {"type": "string", "properties": {}, "enum": ["", "x"]}},
        "required": ["b"],
    }
    good = {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}}
    body = sent(
        51,
        tools=[{"type": "function", "function": {"name": "f", "parameters": bad}}],
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": bad}},
    )
    assert body["tools"][0]["function"] == {"name": "f", "parameters": good}
    assert body["response_format"]["json_schema"] == {"name": "n", "schema": good}
    assert sent(51, tools=[TOOL], response_format=SCHEMA) == {
        "model": "m",
        "messages": [HI],
        "tools": [TOOL],
        "response_format": SCHEMA,
    }
