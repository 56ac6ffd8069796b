"""Every reranking provider serves clients of both formats; what its own format cannot express is refused."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.dialects.reranking.clients import RERANK_V1, RERANK_V2
from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.transport.mock import MockResponse, MockTransport
from oneapi.domain.errors import (
    ChannelMisconfigured,
    InvalidParameter,
    UnsupportedEndpoint,
    UnsupportedFeature,
    UpstreamError,
    UpstreamGarbage,
)
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.usage import MOST_SEARCHES, Usage
from oneapi.domain.work import Work
from tests.adapters.upstream.gateway_calls import JSON, call, whole
from tests.adapters.upstream.test_vectors import KEYS
from tests.support.gateway.gateways import gateway_over
from tests.support.providers.service_account import service_account

if TYPE_CHECKING:
    from oneapi.adapters.providers.specs import ProviderSpec
    from oneapi.application.ports.relay import UpstreamAnswer

MODEL = "reranker"
DOCUMENTS = ["one", "two", "three"]
ASKED: dict[str, Any] = {"model": MODEL, "query": "which?", "documents": DOCUMENTS, "top_n": 2}
#: A provider's answer: the third document is the best, the first is second.
RESULTS = [{"index": 0, "relevance_score": 0.25}, {"index": 2, "relevance_score": 0.5}]
TOKENS = {"usage": {"total_tokens": 30}}
USUAL = {"results": RESULTS, **TOKENS}
NATIVE: dict[str, Any] = {
    "ali": {"output": {"results": RESULTS}, **TOKENS},
    "alibailian": {"output": {"results": RESULTS}, **TOKENS},
    "aws": {"results": RESULTS},
    "cloudflare": {
        "success": True,
        "result": {"response": [{"id": 0, "score": 0.25}, {"id": 2, "score": 0.5}]},
    },
    "vertexai": {"records": [{"id": "0", "score": 0.25}, {"id": "2", "score": 0.5}]},
}
SEARCHING = ("aws", "vertexai")
#: The formats of servers that operators name, by the channel's setting.
SET: dict[str, Any] = {
    "": USUAL,
    "jina": USUAL,
    "Cohere ": {"results": RESULTS, "meta": {"billed_units": {"search_units": 1}}},
    "voyage": {"data": RESULTS, **TOKENS},
    "tei": [{"index": 0, "score": 0.25}, {"index": 2, "score": 0.5}, {"index": 1, "score": 0.125}],
}
RERANKING = [spec for spec in SPECS.values() if Work.RERANK in spec.works]
CONFIG = {
    "user_id": "u",
    "region": "us-central1",
    "vertex_ai_project_id": "p",
    "vertex_ai_adc": service_account(),
}
CUSTOM, COHERE, BEDROCK, VERTEX = 8, 35, 33, 42


def asking(dialect: str = RERANK_V1, **changes: Any) -> RelayRequest:
    fields = {name: value for name, value in (ASKED | changes).items() if value is not None}
    return RelayRequest(Work.RERANK, dialect, MODEL, json.dumps(fields).encode(), fields=fields)


def channel(number: int = CUSTOM, **config: Any) -> Channel:
    spec = SPECS[number]
    key = "AK|SK|us-east-1" if number == BEDROCK else KEYS.get(spec.id, "key")
    config = (
        config if number in (CUSTOM, 50) else CONFIG | ({"region": "us-east-1"} if number == BEDROCK else {})
    )
    return Channel(7, number, key, 1, "c", base_url="https://h", config=config)


async def answered(
    request: RelayRequest, to: Channel, answer: Any
) -> tuple[UpstreamAnswer, Any, MockTransport]:
    transport = MockTransport()
    if SPECS[to.type].auth.token is not None:
        token = json.dumps({"access_token": "t", "expires_in": 3600}).encode()
        transport.answers.append(MockResponse(200, JSON, deque([token])))
    transport.answer(200, JSON, json.dumps(answer).encode())
    told = await call(transport, request, to)
    return told, json.loads(await whole(told)), transport


def in_order(answer: Any) -> list[tuple[int, float]]:
    return sorted(
        ((each["index"], each["relevance_score"]) for each in answer["results"]), key=lambda each: -each[1]
    )


@pytest.mark.parametrize("dialect", [RERANK_V1, RERANK_V2])
@pytest.mark.parametrize("spec", RERANKING, ids=lambda spec: spec.id)
async def test_every_row_that_reranks_serves_both_formats(spec: ProviderSpec, dialect: str) -> None:
    answer, told, transport = await answered(
        asking(dialect), channel(spec.number), NATIVE.get(spec.id, USUAL)
    )
    assert in_order(told) == [(2, 0.5), (0, 0.25)]
    sent = transport.requests[-1]
    assert b"which?" in (sent.body or b"")
    expected = Usage(searches=1) if spec.id in SEARCHING else Usage(prompt=30)
    assert answer.usage == (None if spec.id == "cloudflare" else expected)


@pytest.mark.parametrize("dialect", [RERANK_V1, RERANK_V2])
@pytest.mark.parametrize("number", [CUSTOM, 50])
@pytest.mark.parametrize("value", SET)
async def test_servers_that_operators_name_speak_what_the_setting_says(
    value: str, number: int, dialect: str
) -> None:
    _, told, transport = await answered(asking(dialect), channel(number, rerank_format=value), SET[value])
    assert in_order(told) == [(2, 0.5), (0, 0.25)]
    ends = {"Cohere ": "/v2/rerank", "tei": "/rerank"}
    below = ends.get(value, "/v1/rerank") if number == CUSTOM else "/rerank"
    assert transport.requests[0].url == "https://h" + below
    fields = json.loads(transport.requests[0].body or b"")
    assert ("texts" in fields) == (value == "tei")
    assert ("top_k" in fields) == (value == "voyage")


async def test_a_setting_that_nobody_knows_is_the_channels_fault() -> None:
    with pytest.raises(ChannelMisconfigured, match="rerank_format is not one of jina, cohere, voyage, tei"):
        await call(MockTransport(), asking(), channel(rerank_format="mine"))


async def test_nobody_else_is_asked() -> None:
    with pytest.raises(UnsupportedEndpoint, match="rerank"):
        await call(MockTransport(), asking(), Channel(7, 14, "key", 1, "c"))


@pytest.mark.parametrize(
    ("number", "path"), [(CUSTOM, "/v1/rerank"), (COHERE, "/v1/rerank"), (39, "/v1/rerank")]
)
async def test_bytes_pass_in_the_clients_own_format(number: int, path: str) -> None:
    body = b'{"id":"x", "results": [{"index":1,"relevance_score":0.50, "of": "tomorrow"}],"usage":{"total_tokens":7}}'
    transport = MockTransport()
    transport.answer(200, JSON | {"x-request-id": "r"}, body)
    asked = asking(of_tomorrow=1.50, documents=[{"image": "https://i"}, {"text": "two"}])
    to = evolve(channel(number), model_mapping={MODEL: "mapped"})
    answer = await call(transport, asked, to)
    assert (await whole(answer), answer.usage) == (body, Usage(prompt=7))
    assert dict(answer.headers)["x-request-id"] == "r"
    assert transport.requests[0].url == "https://h" + path
    assert json.loads(transport.requests[0].body or b"") == {**asked.fields, "model": "mapped"}


@pytest.mark.parametrize(
    ("number", "setting", "base", "url"),
    [
        (1, "", "https://h/v1", "https://h/v1/rerank"),
        (CUSTOM, "cohere", "https://h/v1", "https://h/v2/rerank"),
        (COHERE, "", "https://h/v2", "https://h/v1/rerank"),
        (50, "", "https://h/v1", "https://h/v1/rerank"),
        (50, "tei", "https://h", "https://h/rerank"),
        (16, "", "https://h", "https://h/api/paas/v4/rerank"),
    ],
)
async def test_a_base_url_may_hold_the_version(number: int, setting: str, base: str, url: str) -> None:
    to = Channel(7, number, "id.key", 1, "c", base_url=base, config={"rerank_format": setting})
    _, _, transport = await answered(asking(), to, SET["tei"] if setting == "tei" else USUAL)
    assert transport.requests[0].url == url


async def test_an_empty_text_is_a_text() -> None:
    _, _, transport = await answered(
        asking(documents=["one", "", {"text": "three"}]), channel(17), NATIVE["ali"]
    )
    assert json.loads(transport.requests[0].body or b"")["input"]["documents"] == ["one", "", "three"]


async def test_unmapped_requests_keep_every_byte() -> None:
    transport = MockTransport()
    transport.answer(200, JSON, json.dumps(USUAL).encode())
    body = b'{"model": "reranker",  "query":"q", "documents":["a"]}'
    await call(transport, evolve(asking(), body=body), channel())
    assert transport.requests[0].body == body


async def test_the_second_version_reaches_coheres_own() -> None:
    answer = {"id": "x", "results": RESULTS, "meta": {"billed_units": {"search_units": 2}}}
    asked = asking(RERANK_V2, max_tokens_per_doc=512, priority=1)
    told, body, transport = await answered(asked, channel(COHERE), answer)
    assert (body, told.usage) == (answer, Usage(searches=2))
    assert transport.requests[0].url == "https://h/v2/rerank"
    assert json.loads(transport.requests[0].body or b"") == asked.fields


async def test_the_first_version_as_it_is_answered_by_others() -> None:
    documents = ["one", {"text": "two", "title": "T"}, "three"]
    asked = asking(documents=documents, return_documents=True, top_n=None, max_chunks_per_doc=3)
    answer = {"data": [*RESULTS, {"index": 1, "relevance_score": 0.375}], **TOKENS}
    told, body, transport = await answered(asked, channel(rerank_format="voyage"), answer)
    assert [each["document"] for each in body["results"]] == [
        {"text": "three"}, {"text": "two", "title": "T"}, {"text": "one"},
    ]  # fmt: skip
    assert (body["object"], body["model"]) == ("list", MODEL)
    assert body["usage"] == {"prompt_tokens": 30, "total_tokens": 30}
    assert body["meta"] == {
        "api_version": {"version": "1"},
        "billed_units": {"input_tokens": 30},
        "tokens": {"input_tokens": 30},
    }
    assert told.left_out == ("max_chunks_per_doc",)
    assert json.loads(transport.requests[0].body or b"") == {
        "model": MODEL, "query": "which?", "documents": DOCUMENTS,
    }  # fmt: skip


async def test_the_second_version_as_it_is_answered_by_others() -> None:
    told, body, transport = await answered(asking(RERANK_V2, max_tokens_per_doc=512), channel(), USUAL)
    assert body == {
        "results": [RESULTS[1], RESULTS[0]],
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 30}},
    }
    assert told.left_out == ("max_tokens_per_doc",)
    sent = json.loads(transport.requests[0].body or b"")
    assert sent == ASKED | {"return_documents": False}


async def test_searches_are_told_to_clients_of_either_version() -> None:
    for dialect in (RERANK_V1, RERANK_V2):
        documents = [str(number) for number in range(101)]
        _, body, _ = await answered(asking(dialect, documents=documents), channel(VERTEX), NATIVE["vertexai"])
        assert body["meta"]["billed_units"] == {"search_units": 2}


async def test_bedrocks_models_are_asked_where_the_others_are() -> None:
    for model, version in (("cohere.rerank-v3-5:0", {"api_version": 2}), ("amazon.rerank-v1:0", {})):
        to = evolve(channel(BEDROCK), model_mapping={MODEL: model})
        _, _, transport = await answered(asking(), to, NATIVE["aws"])
        assert transport.requests[0].url == f"https://h/model/{model.replace(':', '%3A')}/invoke"
        fields = json.loads(transport.requests[0].body or b"")
        assert fields == {"query": "which?", "documents": DOCUMENTS, "top_n": 2, **version}
        assert "AWS4-HMAC-SHA256" in dict(transport.requests[0].headers)["authorization"]


async def test_googles_ranking_has_a_host_of_its_own() -> None:
    to = evolve(channel(VERTEX), base_url="")
    _, _, transport = await answered(asking(), to, NATIVE["vertexai"])
    assert transport.requests[1].url == (
        "https://discoveryengine.googleapis.com/v1/projects/p/locations/global/rankingConfigs"
        "/default_ranking_config:rank"
    )
    fields = json.loads(transport.requests[1].body or b"")
    assert fields["records"][2] == {"id": "2", "content": "three"}
    assert (fields["topN"], fields["ignoreRecordDetailsInResponse"]) == (2, True)


async def test_what_nobody_counted_is_counted_here_and_told() -> None:
    class Counter:
        async def count_prompt(self, *_: object) -> int:
            return 5

        async def count_text(self, *_: object) -> int:
            raise AssertionError

    transport = MockTransport()
    transport.answer(200, JSON, json.dumps(SET["tei"]).encode())
    gateway = gateway_over(transport, counter=Counter())
    answer = await gateway.call(asking(), channel(rerank_format="tei"), MODEL)
    assert json.loads(await whole(answer))["usage"]["total_tokens"] == 5
    assert answer.usage == Usage(prompt=5)


@pytest.mark.parametrize(
    ("changes", "number", "feature"),
    [
        ({"rank_fields": ["title"], "documents": [{"title": "t"}]}, CUSTOM, "rank_fields"),
        ({"rank_fields": ["title"], "documents": [{"title": "t"}]}, 17, "rank_fields"),
        ({"documents": [{"image": "https://i"}]}, 17, "anything but texts"),
        ({"query": {"image": "https://i"}}, 17, "anything but texts"),
    ],
)
async def test_what_would_rank_something_else_is_refused(changes: Any, number: int, feature: str) -> None:
    transport = MockTransport()
    with pytest.raises(UnsupportedFeature, match=feature):
        await call(transport, asking(**changes), channel(number))
    assert not transport.requests


@pytest.mark.parametrize("number", [COHERE, 39])
async def test_fields_are_ranked_where_the_provider_can(number: int) -> None:
    asked = asking(rank_fields=["title"], documents=[{"title": "t"}] * 3)
    _, _, transport = await answered(asked, channel(number), USUAL)
    assert json.loads(transport.requests[0].body or b"")["rank_fields"] == ["title"]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>", b"{}", b"[]", b'{"data":[]}', b'{"data":{}}', b'{"data":[{}]}', b'{"data":[1]}',
        b'{"data":[{"index":3,"relevance_score":1}]}', b'{"data":[{"index":-1,"relevance_score":1}]}',
        b'{"data":[{"index":true,"relevance_score":1}]}', b'{"data":[{"index":0,"relevance_score":"1"}]}',
        b'{"data":[{"index":0,"relevance_score":null}]}',
    ],
)  # fmt: skip
async def test_results_that_are_none_are_an_error(body: bytes) -> None:
    transport = MockTransport()
    transport.answer(200, JSON, body)
    with pytest.raises(UpstreamError):
        await call(transport, asking(), channel(rerank_format="voyage"))


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"results":{}}', b"[]"])
async def test_what_passes_must_be_an_answer(body: bytes) -> None:
    transport = MockTransport()
    transport.answer(200, JSON, body)
    with pytest.raises(UpstreamGarbage):
        await call(transport, asking(), channel())


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ({"usage": {"prompt_tokens": 3, "total_tokens": 4}}, Usage(prompt=4)),
        ({"usage": {"search_units": 2, "total_tokens": 4}}, Usage(searches=2)),
        ({"tokens": {"input_tokens": 3, "output_tokens": 1}}, Usage(prompt=3)),
        ({"meta": {"billed_units": {"input_tokens": 3, "search_units": 0}}}, Usage(prompt=3)),
        ({"meta": {"billed_units": {"search_units": 1.0}, "tokens": {"input_tokens": 9}}}, Usage(searches=1)),
        ({"meta": {"tokens": {"input_tokens": 9}}}, Usage(prompt=9)),
        ({"meta": {"billed_units": {"search_units": -1}}}, None),
        ({"meta": [], "usage": "free", "tokens": 3}, None),
        ({"usage": {"total_tokens": 10**30}}, None),
        ({"meta": {"billed_units": {"search_units": MOST_SEARCHES + 1}}}, None),
    ],
)
async def test_what_an_answer_cost_stands_in_many_places(told: Any, usage: Usage | None) -> None:
    """Impossible counts are replaced by counts made here."""
    answer, _, _ = await answered(asking(), channel(), {"results": RESULTS, **told})
    assert answer.usage == usage


async def test_documents_are_bounded() -> None:
    with pytest.raises(InvalidParameter, match="more than 10000"):
        await call(MockTransport(), asking(documents=["x"] * 10_001), channel(17))
