"""Every recorded conversation: what goes up, what comes back, and what is billed, without a socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.dialects.openai_chat.tally import reply_tally
from oneapi.adapters.dialects.translation import Translation, tally_of
from oneapi.adapters.framing.sse import Framer
from oneapi.domain.errors import UpstreamRefusal
from oneapi.entrypoints.errors.answers import name_of, text_of
from tests.support.providers.exchanges import (
    Case,
    chat_cases,
    matches,
    payloads,
    same_summary,
    stream_bytes,
    summary,
)

if TYPE_CHECKING:
    from oneapi.adapters.dialects.interface import StreamTranslator, Tally

CLIENT = SURFACES["openai_chat"]
CREATED = 1_700_000_000


def named(provider: str, *, stream: bool) -> list[Any]:
    return [
        pytest.param(case, id=case["name"])
        for case in chat_cases(provider)
        if ("sse" in case["upstream_response"]) is stream
    ]


def model_of(case: Case) -> str:
    model: str = case["client_request"]["body"]["model"]
    mapped: str = case.get("channel_overrides", {}).get("model_mapping", {}).get(model, model)
    return mapped


def billed(tally: Tally) -> dict[str, Any]:
    assert tally.usage is not None
    return {"prompt_tokens": tally.usage.prompt, "completion_tokens": tally.usage.completion}


def streamed(translator: StreamTranslator, lines: list[str]) -> list[Any]:
    """What the client reads; an error of the upstream as the gateway writes it."""
    framer = Framer()
    out = b""
    try:
        for event in framer.feed(stream_bytes(lines)) + framer.finish():
            out += translator.feed(event)
        out += translator.finish()
    except UpstreamRefusal as refusal:
        error = {
            "message": text_of(refusal, "en"),
            "type": name_of(refusal).type,
            "param": name_of(refusal).param,
            "code": name_of(refusal).code,
        }
        out += CLIENT.render_error(error)
    return payloads(out + CLIENT.end_marker)


@pytest.mark.parametrize("case", named("anthropic", stream=False) + named("anthropic", stream=True))
def test_a_request_reaches_anthropic_as_recorded(case: Case) -> None:
    request = CLIENT.read_request(case["client_request"]["body"])
    sent = DIALECTS["anthropic"].write_request(request, model_of(case))
    assert matches(case["upstream_request"]["body"], sent), sent


@pytest.mark.parametrize("case", named("anthropic", stream=False))
def test_an_answer_of_anthropic_reaches_the_client_as_recorded(case: Case) -> None:
    reply = DIALECTS["anthropic"].read_reply(json.dumps(case["upstream_response"]["body"]).encode())
    written = CLIENT.write_reply(
        evolve(reply, created=CREATED, model=case["client_request"]["body"]["model"])
    )
    assert matches(case["client_response"]["body"], json.loads(written)), written
    assert matches(case["billed_usage"], billed(tally_of(reply)))


@pytest.mark.parametrize("case", named("anthropic", stream=True))
def test_a_stream_of_anthropic_reaches_the_client_as_recorded(case: Case) -> None:
    asked = CLIENT.read_request(case["client_request"]["body"])
    writer = CLIENT.event_writer(
        reply_id="chatcmpl-0", model=asked.model, created=CREATED, include_usage=asked.include_usage
    )
    translation = Translation(DIALECTS["anthropic"].event_reader(), writer)
    got = streamed(translation, case["upstream_response"]["sse"])
    wanted = case["client_response"]
    assert same_summary(wanted["summary"], summary(got)), got
    assert [chunk for chunk in got if "error" in chunk] == [c for c in wanted["sse"] if "error" in c]
    assert {chunk["id"] for chunk in got if "id" in chunk} == {
        chunk["id"] for chunk in wanted["sse"] if "id" in chunk
    }
    assert got[0]["choices"][0]["delta"]["role"] == "assistant"
    assert got[-1] == "[DONE]"
    if "billed_usage" in case:
        assert matches(case["billed_usage"], billed(translation.tally))


@pytest.mark.parametrize("case", named("openai", stream=True))
def test_a_stream_of_openai_passes_as_recorded(case: Case) -> None:
    asked = CLIENT.read_request(case["client_request"]["body"])
    tap = CLIENT.tap(include_usage=asked.include_usage)
    assert streamed(tap, case["upstream_response"]["sse"]) == case["client_response"]["sse"]
    if case["billed_usage"]["prompt_tokens"] == "<local>":
        assert tap.tally.usage is None
        assert "".join(tap.tally.text) == summary(case["client_response"]["sse"])["content"]
    else:
        assert billed(tap.tally) == case["billed_usage"]


@pytest.mark.parametrize("case", named("openai", stream=False))
def test_an_answer_of_openai_is_billed_as_recorded(case: Case) -> None:
    assert billed(reply_tally(json.dumps(case["upstream_response"]["body"]).encode())) == case["billed_usage"]


@pytest.mark.parametrize("case", named("openai", stream=False))
def test_reading_and_writing_an_answer_of_openai_keeps_what_was_read(case: Case) -> None:
    body = case["upstream_response"]["body"]
    rewritten = json.loads(CLIENT.write_reply(CLIENT.read_reply(json.dumps(body).encode())))
    assert rewritten == {name: value for name, value in body.items() if name != "system_fingerprint"}


@pytest.mark.parametrize("case", named("openai", stream=True))
def test_a_translated_stream_of_openai_says_the_same(case: Case) -> None:
    writer = CLIENT.event_writer(reply_id="chatcmpl-0", model="m", created=CREATED, include_usage=True)
    translation = Translation(CLIENT.event_reader(), writer)
    got = streamed(translation, case["upstream_response"]["sse"])
    assert summary(got) == summary(
        [json.loads(line[6:]) for line in case["upstream_response"]["sse"] if line.startswith("data: {")]
    )
