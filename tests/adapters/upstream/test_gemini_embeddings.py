"""Clients of Google's API get embeddings of every provider that offers them, in the requested form."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.dialects.embeddings.gemini import BATCH, PREDICT, SINGLE
from oneapi.adapters.transport.mock import MockResponse, MockTransport
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature, UpstreamGarbage
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.usage import Usage
from oneapi.domain.work import Work
from tests.adapters.upstream.gateway_calls import CHANNEL, JSON, call, whole
from tests.adapters.upstream.test_vectors import CODED, EMBEDDING, KEYS, NATIVE, NUMBERS, SERVING, reply
from tests.support.providers.service_account import service_account

if TYPE_CHECKING:
    from oneapi.adapters.providers.specs import ProviderSpec

MODEL = "text-embedding-x"
TEXT = {"parts": [{"text": "hello"}]}
ASKED: dict[str, dict[str, Any]] = {
    BATCH: {"requests": [{"model": f"models/{MODEL}", "content": TEXT}]},
    SINGLE: {"content": TEXT},
    PREDICT: {"instances": [{"content": "hello"}]},
}
CONFIG = {
    "user_id": "u",
    "api_version": "v1beta",
    "region": "us-central1",
    "vertex_ai_project_id": "p",
    "vertex_ai_adc": service_account(),
}
GEMINI = Channel(7, 24, "key", 1, "c", base_url="https://h", model_mapping={MODEL: "gemini-embedding-001"})
VERTEX = Channel(7, 42, "key", 1, "c", base_url="https://h", config=CONFIG)


def asking(verb: str, fields: dict[str, Any] | None = None) -> RelayRequest:
    fields = fields or ASKED[verb]
    return RelayRequest(
        Work.EMBED,
        "gemini",
        MODEL,
        json.dumps(fields).encode(),
        fields=fields,
        model_in_path=True,
        path=f"/v1beta/models/{MODEL}:{verb}",
    )


def vectors(verb: str, answer: Any) -> list[Any]:
    """The vectors of an answer, where clients look for them."""
    if verb == PREDICT:
        return [each["embeddings"]["values"] for each in answer["predictions"]]
    return [each["values"] for each in (answer["embeddings"] if verb == BATCH else [answer["embedding"]])]


@pytest.mark.parametrize("verb", [BATCH, SINGLE, PREDICT])
@pytest.mark.parametrize("spec", SERVING, ids=lambda spec: spec.id)
async def test_every_provider_embeds_for_clients_of_googles_api(spec: ProviderSpec, verb: str) -> None:
    channel = Channel(7, spec.number, KEYS.get(spec.id, "key"), 1, "c", base_url="https://h", config=CONFIG)
    transport = MockTransport()
    if spec.auth.token is not None:
        token = json.dumps({"access_token": "t", "expires_in": 3600}).encode()
        transport.answers.append(MockResponse(200, JSON, deque([token])))
    answered = NATIVE[spec.id] if EMBEDDING[spec.id].procedure else json.loads(reply(NUMBERS))
    if spec.id == "gemini" and verb == SINGLE:  # its own bytes pass
        answered = {"embedding": {"values": NUMBERS}}
    transport.answer(200, JSON, json.dumps(answered).encode())
    answer = await call(transport, asking(verb), channel)
    assert vectors(verb, json.loads(await whole(answer))) == [NUMBERS]
    sent = transport.requests[-1].body or b""
    assert b"hello" in sent
    assert b"encoding_format" not in sent
    if spec.id != "gemini":
        assert answer.usage == Usage(prompt=3)


async def test_a_batch_becomes_one_request_of_openais() -> None:
    fields = {
        "requests": [
            {"content": TEXT, "taskType": "RETRIEVAL_DOCUMENT", "title": "T", "outputDimensionality": 256},
            {"content": {"parts": [{"text": "bye"}]}, "output_dimensionality": 256},
        ]
    }
    transport = MockTransport()
    body = json.loads(reply(CODED, NUMBERS))
    body["data"].reverse()
    transport.answer(200, JSON, json.dumps(body).encode())
    answer = await call(transport, asking(BATCH, fields), evolve(CHANNEL, model_mapping={MODEL: "mapped"}))
    told = json.loads(await whole(answer))
    assert vectors(BATCH, told) == [NUMBERS, NUMBERS]
    assert told["usageMetadata"]["promptTokenCount"] == 3
    assert json.loads(transport.requests[0].body or b"") == {
        "model": "mapped", "input": ["hello", "bye"], "dimensions": 256,
    }  # fmt: skip
    assert transport.requests[0].url.endswith("/v1/embeddings")
    assert answer.left_out == ("task", "title")


async def test_bytes_pass_to_googles_own_api_with_the_channels_name_of_the_model() -> None:
    fields = {
        "requests": [
            {
                "model": f"models/{MODEL}",
                "content": {
                    "parts": [{"inlineData": {"mimeType": "image/png", "data": "AA=="}}, {"text": "x"}]
                },
                "task_type": "OF_TOMORROW",
            }
        ]
    }
    body = b'{"embeddings": [{"values": [0.50], "shape": [1]}], "usageMetadata": {"promptTokenCount": 7}}'
    transport = MockTransport()
    transport.answer(200, JSON | {"x-request-id": "r"}, body)
    answer = await call(transport, asking(BATCH, fields), GEMINI)
    assert (await whole(answer), answer.usage) == (body, Usage(prompt=7))
    assert dict(answer.headers)["x-request-id"] == "r"
    fields["requests"][0]["model"] = "models/gemini-embedding-001"
    assert json.loads(transport.requests[0].body or b"") == fields
    assert transport.requests[0].url == "https://h/v1beta/models/gemini-embedding-001:batchEmbedContents"


async def test_a_single_content_passes_without_a_model_beside_the_paths() -> None:
    fields = {"model": f"models/{MODEL}", "content": TEXT, "taskType": "CLUSTERING"}
    transport = MockTransport()
    transport.answer(200, JSON, b'{"embedding":{"values":[0.5]}}')
    answer = await call(transport, asking(SINGLE, fields), GEMINI)
    assert answer.usage is None  # and is counted here
    assert json.loads(transport.requests[0].body or b"") == {"content": TEXT, "taskType": "CLUSTERING"}
    assert transport.requests[0].url.endswith("gemini-embedding-001:embedContent")


async def test_tasks_and_titles_go_on_within_googles_cloud() -> None:
    fields = {
        "content": TEXT,
        "embedContentConfig": {"taskType": "RETRIEVAL_QUERY", "outputDimensionality": 8},
    }
    transport = MockTransport()
    transport.answers.append(MockResponse(200, JSON, deque([b'{"access_token":"t","expires_in":3600}'])))
    transport.answer(200, JSON, json.dumps(NATIVE["vertexai"]).encode())
    await whole(await call(transport, asking(SINGLE, fields), VERTEX))
    assert json.loads(transport.requests[-1].body or b"") == {
        "instances": [{"content": "hello", "task_type": "RETRIEVAL_QUERY"}],
        "parameters": {"outputDimensionality": 8},
    }


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"content": {"parts": [{"text": "a"}, {"text": "b"}]}}, UnsupportedFeature),
        (
            {"content": {"parts": [{"inline_data": {"mimeType": "image/png", "data": ""}}]}},
            UnsupportedFeature,
        ),
        ({"content": {}}, UnsupportedFeature),
        ({"content": {"parts": [{"text": ""}]}}, InvalidParameter),
        ({"content": {"parts": [{"text": 1}]}}, InvalidParameter),
        ({"content": {"parts": "hello"}}, InvalidParameter),
        ({"content": TEXT, "taskType": "OF_TOMORROW"}, InvalidParameter),
        ({"content": TEXT, "outputDimensionality": 0}, InvalidParameter),
        ({"requests": [{"content": TEXT, "outputDimensionality": n} for n in (1, 2)]}, InvalidParameter),
        ({"instances": [{"content": ["hello"]}]}, InvalidParameter),
    ],
)
async def test_what_cannot_be_said_in_another_format_is_refused(fields: Any, error: type[Exception]) -> None:
    transport = MockTransport()
    with pytest.raises(error):
        await call(transport, asking(BATCH, fields))
    assert not transport.requests


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"data":[]}',
        b'{"data":[{"embedding":{}}]}',
        b'{"data":[{"embedding":["x"]}]}',
        b'{"data":[{}]}',
    ],
)
async def test_an_answer_without_vectors_is_an_error(body: bytes) -> None:
    transport = MockTransport()
    transport.answer(200, JSON, body)
    with pytest.raises(UpstreamGarbage):
        await call(transport, asking(SINGLE))


@pytest.mark.parametrize("number", [30, 17, 24])
async def test_fewer_vectors_than_inputs_are_an_error(number: int) -> None:
    transport = MockTransport()
    native = {17: "ali", 24: "gemini", 30: "ollama"}[number]
    transport.answer(200, JSON, json.dumps(NATIVE[native]).encode())
    fields = {"instances": [{"content": "a"}, {"content": "b"}]}
    with pytest.raises(UpstreamGarbage, match="1 vectors for 2 inputs"):
        await call(
            transport, asking(PREDICT, fields), Channel(7, number, "key", 1, "c", base_url="https://h")
        )


@pytest.mark.parametrize(
    "spec", [spec for spec in SERVING if EMBEDDING[spec.id].procedure], ids=lambda s: s.id
)
async def test_token_ids_belong_to_one_tokenizer(spec: ProviderSpec) -> None:
    fields = {"model": "m", "input": [[1, 2], [3]]}
    request = RelayRequest(Work.EMBED, "openai_chat", "m", json.dumps(fields).encode(), fields=fields)
    channel = Channel(7, spec.number, KEYS.get(spec.id, "key"), 1, "c", base_url="https://h", config=CONFIG)
    with pytest.raises(UnsupportedFeature, match="token ids"):
        await call(MockTransport(), request, channel)


@pytest.mark.parametrize("number", [15, 23])
async def test_a_length_that_no_vector_can_have_is_refused(number: int) -> None:
    fields = {"model": "m", "input": "a", "dimensions": 8}
    request = RelayRequest(Work.EMBED, "openai_chat", "m", json.dumps(fields).encode(), fields=fields)
    with pytest.raises(UnsupportedFeature, match="dimensions"):
        await call(MockTransport(), request, Channel(7, number, "a|b|c", 1, "c", base_url="https://h"))


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"content": TEXT}, "search_document"),
        ({"content": TEXT, "taskType": "RETRIEVAL_QUERY"}, "search_query"),
        ({"content": TEXT, "taskType": "FACT_VERIFICATION"}, "search_document"),
    ],
)
async def test_cohere_is_told_what_the_vectors_are_for(fields: dict[str, Any], kind: str) -> None:
    transport = MockTransport()
    transport.answer(200, JSON, json.dumps(NATIVE["cohere"]).encode())
    answer = await call(
        transport, asking(SINGLE, fields), Channel(7, 35, "key", 1, "c", base_url="https://h")
    )
    assert json.loads(transport.requests[0].body or b"")["input_type"] == kind
    assert answer.left_out == (("task",) if "FACT" in str(fields) else ())


async def test_many_texts_of_coheres_take_several_requests() -> None:
    fields = {"model": "m", "input": ["a"] * 97, "dimensions": 256, "input_type": "search_query"}
    request = RelayRequest(Work.EMBED, "openai_chat", "m", json.dumps(fields).encode(), fields=fields)
    transport = MockTransport()
    for size in (96, 1):
        told = {"embeddings": {"float": [NUMBERS] * size}, "meta": {"billed_units": {"input_tokens": size}}}
        transport.answer(200, JSON, json.dumps(told).encode())
    answer = await call(transport, request, Channel(7, 35, "key", 1, "c", base_url="https://h"))
    assert len(json.loads(await whole(answer))["data"]) == 97
    assert answer.usage == Usage(prompt=97)
    sent = json.loads(transport.requests[1].body or b"")
    assert (sent["input_type"], sent["output_dimension"], sent["texts"]) == ("search_query", 256, ["a"])
