"""Vectors come in base64 to clients that ask for it and as lists to all others, whatever the provider sends."""

from __future__ import annotations

import base64
import json
import re
import struct
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.dialects.embeddings.vectors import as_asked, coded, vectors_of
from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.transport.mock import MockResponse, MockTransport
from oneapi.domain.errors import UnsupportedFeature, UpstreamError, UpstreamGarbage
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from tests.adapters.upstream.gateway_calls import JSON, asked, call, whole
from tests.support.providers.service_account import service_account

if TYPE_CHECKING:
    from oneapi.domain.requests import RelayRequest

NUMBERS = [0.5, -0.25, 0.125]
CODED = "AAAAPwAAgL4AAAA+"
#: Answers of providers with their own format, by row.
NATIVE: dict[str, Any] = {
    "ali": {
        "output": {"embeddings": [{"text_index": 0, "embedding": NUMBERS}]},
        "usage": {"total_tokens": 3},
    },
    "baidu": {"data": [{"index": 0, "embedding": NUMBERS}], "usage": {"prompt_tokens": 3, "total_tokens": 3}},
    "cohere": {"embeddings": {"float": [NUMBERS]}, "meta": {"billed_units": {"input_tokens": 3}}},
    "gemini": {"embeddings": [{"values": NUMBERS}]},
    "ollama": {"model": "m", "embeddings": [NUMBERS], "prompt_eval_count": 3},
    "tencent": {"Response": {"Data": [{"Index": 0, "Embedding": NUMBERS}], "Usage": {"TotalTokens": 3}}},
    "vertexai": {"predictions": [{"embeddings": {"values": NUMBERS, "statistics": {"token_count": 3}}}]},
}
KEYS = {"baidu": "a|b", "tencent": "a|b|c", "zhipu": "id.secret"}
#: Providers with vectors of one fixed length.
OF_ONE_LENGTH = ("baidu", "tencent")
CONFIG = {
    "user_id": "u",
    "api_version": "2025-01-01",
    "region": "us-central1",
    "vertex_ai_project_id": "p",
    "vertex_ai_adc": service_account(),
}
CHANNEL = Channel(7, 1, "key", 1, "c", base_url="https://h")
EMBEDDING = {spec.id: offer for spec in SPECS.values() for offer in spec.offers if offer.work is Work.EMBED}
SERVING = [spec for spec in SPECS.values() if spec.id in EMBEDDING]


def asking(encoding: str | None) -> RelayRequest:
    fields = {"model": "m", "input": "hello"} | ({"encoding_format": encoding} if encoding else {})
    return asked(Work.EMBED, fields=fields)


def reply(*vectors: Any) -> bytes:
    data = [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(vectors)]
    return json.dumps(
        {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 3}}, indent=1
    ).encode()


async def given_back(body: bytes, encoding: str | None) -> bytes:
    transport = MockTransport()
    transport.answer(200, JSON, body)
    return await whole(await call(transport, asking(encoding)))


@pytest.mark.parametrize("encoding", ["base64", "float", None])
@pytest.mark.parametrize("sent", [NUMBERS, CODED], ids=["list", "base64"])
@pytest.mark.parametrize("spec", SERVING, ids=lambda spec: spec.id)
async def test_every_provider_returns_vectors_in_the_requested_form(
    spec: Any, sent: Any, encoding: str | None
) -> None:
    own = EMBEDDING[spec.id].procedure is not None
    if own and sent is CODED:
        return  # such providers support only lists
    channel = evolve(CHANNEL, type=spec.number, key=KEYS.get(spec.id, "key"), config=CONFIG)
    transport = MockTransport()
    if spec.auth.token is not None:
        token = {"access_token": "t", "expires_in": 3600}
        transport.answers.append(MockResponse(200, JSON, deque([json.dumps(token).encode()])))
    body = json.dumps(NATIVE[spec.id]).encode() if own else reply(sent)
    transport.answer(200, JSON, body)
    answer = await call(transport, asking(encoding), channel)
    found = json.loads(await whole(answer))
    assert [item["embedding"] for item in found["data"]] == [CODED if encoding == "base64" else NUMBERS]
    assert "base64" not in str(transport.requests[-1].body) or not own


@pytest.mark.parametrize("spec", SERVING, ids=lambda spec: spec.id)
async def test_every_provider_gets_the_requested_dimensions_or_the_request_is_refused(
    spec: Any,
) -> None:
    fields = {"model": "m", "input": ["hello"], "dimensions": 8}
    channel = evolve(CHANNEL, type=spec.number, key=KEYS.get(spec.id, "key"), config=CONFIG)
    transport = MockTransport()
    if spec.auth.token is not None:
        token = {"access_token": "t", "expires_in": 3600}
        transport.answers.append(MockResponse(200, JSON, deque([json.dumps(token).encode()])))
    own = EMBEDDING[spec.id].procedure is not None
    transport.answer(200, JSON, json.dumps(NATIVE[spec.id]).encode() if own else reply(NUMBERS))
    if spec.id in OF_ONE_LENGTH:
        with pytest.raises(UnsupportedFeature, match="dimensions"):
            await call(transport, asked(Work.EMBED, fields=fields), channel)
    else:
        await call(transport, asked(Work.EMBED, fields=fields), channel)
        assert re.search(rb'imension[a-z]*": ?8', transport.requests[-1].body or b"")


@pytest.mark.parametrize(
    ("encoding", "vector"), [("base64", CODED), ("float", NUMBERS), (None, NUMBERS), ("int8", CODED)]
)
async def test_a_valid_answer_passes_byte_for_byte(encoding: str | None, vector: Any) -> None:
    body = reply(vector, vector)
    assert await given_back(body, encoding) == body


async def test_only_the_vectors_change() -> None:
    body = b'{"x":1.10, "data":[{"embedding": [1,2.5],"n":1.10 , "index":0}, {"index":1,"embedding":"AACAPw=="}]}'
    made = await given_back(body, "base64")
    assert json.loads(made)["data"][0]["embedding"] == base64.b64encode(struct.pack("<2f", 1, 2.5)).decode()
    assert made.count(b"1.10") == 2
    assert b'{"index":1,"embedding":"AACAPw=="}' in made
    assert json.loads(await given_back(body, None))["data"][1]["embedding"] == [1.0]


@pytest.mark.parametrize(
    ("vector", "encoding"),
    [
        ([1, "x"], "base64"),
        ([None], "base64"),
        ([[1.0]], "base64"),
        ([1e300], "base64"),
        ("AAA", None),
        ("????", None),
    ],
)
async def test_an_invalid_vector_is_an_error(vector: Any, encoding: str | None) -> None:
    with pytest.raises(UpstreamGarbage):
        await given_back(reply(NUMBERS if encoding is None else CODED, vector), encoding)


@pytest.mark.parametrize(
    "number", [spec.number for spec in SERVING if spec.id in ("ali", "gemini", "ollama")]
)
@pytest.mark.parametrize(
    "body", [b"{}", b'{"embeddings":[]}', b'{"output":{"embeddings":[{}]},"embeddings":[{}]}']
)
async def test_no_vectors_of_a_procedure_are_an_error(number: int, body: bytes) -> None:
    transport = MockTransport()
    transport.answer(200, JSON, body)
    with pytest.raises(UpstreamError):
        await call(transport, asking(None), Channel(7, number, "key", 1, "c", base_url="https://h"))


async def test_an_upstream_that_refuses_base64_is_called_without_it() -> None:
    """https://github.com/stevereiner/flexible-graphrag/issues/17."""
    transport = MockTransport()
    transport.answer(400, JSON, b'{"error":{"message":"encoding_format: only float is supported"}}')
    transport.answer(200, JSON, reply(NUMBERS))
    answer = await call(transport, asking("base64"))
    assert json.loads(await whole(answer))["data"][0]["embedding"] == CODED
    assert [b"base64" in (sent.body or b"") for sent in transport.requests] == [True, False]


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_base64_is_converted_and_back_without_loss(numbers: list[float]) -> None:
    body = reply(numbers)
    vectors = vectors_of(body)
    assert vectors is not None
    made = as_asked(body, vectors, "base64")
    assert json.loads(made)["data"][0]["embedding"] == coded(numbers)
    again = vectors_of(made)
    assert again is not None
    assert json.loads(as_asked(made, again, None))["data"][0]["embedding"] == numbers
