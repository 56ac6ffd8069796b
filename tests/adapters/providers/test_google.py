"""Google's addresses, its cloud's tokens, and what its errors mean."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
from attrs import evolve
from joserfc import jwt

from oneapi.adapters.providers.calls import Heard
from oneapi.adapters.providers.platforms.gemini import model_path
from oneapi.adapters.providers.platforms.vertex import (
    JWT_BEARER,
    SCOPE,
    AccessTokens,
    ServiceAccount,
    host,
    messages_path,
    service_account_of,
)
from oneapi.adapters.providers.provider_tokens import ProviderToken
from oneapi.adapters.transport.mock import MockTransport
from oneapi.adapters.upstream.failures.errors import Judge
from oneapi.domain.errors import ChannelMisconfigured, Fault, UpstreamError, UpstreamGarbage, UpstreamRefusal
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.usage import Usage
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import status_of, text_of
from tests.adapters.upstream.gateway_calls import JSON, asked, whole
from tests.support.gateway.gateways import gateway_over
from tests.support.providers.service_account import TOKEN_URI, private_key, service_account

NOW = 1_700_000_000.5
GEMINI = Channel(7, 24, "AIza-key", 1, "c")


def vertex(adc: str | None = None, region: str = "us-central1") -> Channel:
    return Channel(7, 42, f"{region}|proj-1|{service_account() if adc is None else adc}", 1, "c")


# --- addresses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "config", "path"),
    [
        ("gemini-2.5-pro", {}, "/v1beta/models/gemini-2.5-pro:x"),
        ("gemini-flash-latest", {"GEMINI_VERSION": "v1"}, "/v1beta/models/gemini-flash-latest:x"),
        ("gemini-pro", {"GEMINI_VERSION": "v1alpha"}, "/v1alpha/models/gemini-pro:x"),
        ("gemini-pro", {}, "/v1/models/gemini-pro:x"),
        ("gemini-2.5-pro", {"api_version": " v1 "}, "/v1/models/gemini-2.5-pro:x"),
        ("a/../b?key=1#", {"api_version": "../v9"}, "/..%2Fv9/models/a%2F..%2Fb%3Fkey%3D1%23:x"),
    ],
)
def test_paths(model: str, config: dict[str, str], path: str) -> None:
    assert model_path(Channel(7, 24, "k", 1, "c", config=config), model, "x") == path


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("us-east5", "https://us-east5-aiplatform.googleapis.com"),
        ("global", "https://aiplatform.googleapis.com"),
        ("eu", "https://aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_hosts(region: str, url: str) -> None:
    assert host(vertex(region=region)) == url


def test_a_version_behind_an_at_sign_stands_as_it_is() -> None:
    path = messages_path(vertex(), asked(stream=True), "claude-opus-4@20250514/x")
    assert path.endswith("/publishers/anthropic/models/claude-opus-4@20250514%2Fx:streamRawPredict?alt=sse")


# --- credentials -------------------------------------------------------------------------------


def test_settings_win_over_the_key_and_may_stand_alone() -> None:
    config = {"region": "global", "vertex_ai_project_id": "proj-2", "vertex_ai_adc": "{}"}
    found = ServiceAccount("global", "proj-2", "{}")
    assert service_account_of(Channel(7, 42, "", 1, "c", config=config)) == found
    assert service_account_of(Channel(7, 42, "us-east1|proj-1|{}", 1, "c", config=config)) == found
    assert service_account_of(Channel(7, 42, 'us-east1|proj-1|{"a":"|"}', 1, "c")).adc == '{"a":"|"}'


@pytest.mark.parametrize("key", ["", "us-east1|proj-1", "evil.example/|proj-1|{}", "us-east1||{}"])
def test_credentials_that_lead_nowhere(key: str) -> None:
    with pytest.raises(ChannelMisconfigured):
        service_account_of(Channel(7, 42, key, 1, "c"))


def test_the_assertion_of_a_service_account() -> None:
    outgoing = AccessTokens().ask(vertex(), NOW)
    assert (outgoing.method, outgoing.url) == ("POST", TOKEN_URI)
    form = parse_qs(outgoing.body.decode())
    assert form["grant_type"] == [JWT_BEARER]
    token = jwt.decode(form["assertion"][0], private_key(), algorithms=["RS256"])
    assert token.header == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
    assert token.claims == {
        "iss": "robot@proj-1.iam.example.org",
        "scope": SCOPE,
        "aud": TOKEN_URI,
        "iat": 1_700_000_000,
        "exp": 1_700_003_600,
    }


def test_credentials_of_a_person() -> None:
    adc = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"}
    outgoing = AccessTokens().ask(vertex(json.dumps(adc)), NOW)
    assert outgoing.url == "https://oauth2.googleapis.com/token"
    assert outgoing.body == b"grant_type=refresh_token&client_id=i&client_secret=s&refresh_token=r"


@pytest.mark.parametrize(
    "adc",
    [
        "not JSON",
        "[]",
        "{}",
        '{"private_key": "not a key\\n"}',
        '{"private_key": 5}',
        '{"token_uri": "ftp://x"}',
    ],
)
def test_an_account_that_cannot_sign(adc: str) -> None:
    with pytest.raises(ChannelMisconfigured) as caught:
        AccessTokens().ask(vertex(adc), NOW)
    assert "not a key" not in text_of(caught.value, "en")


def heard(status: int, body: Any) -> Heard:
    return Heard(status, {}, json.dumps(body).encode())


def test_reading_a_token() -> None:
    source = AccessTokens()
    assert source.read(heard(200, {"access_token": "t", "expires_in": 3599}), 1.0) == ProviderToken(
        "t", 3600.0
    )
    with pytest.raises(UpstreamGarbage):
        source.read(heard(200, {}), 1.0)
    with pytest.raises(UpstreamRefusal) as caught:
        source.read(
            heard(400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}), 1.0
        )
    assert (caught.value.said, caught.value.cause) == (401, "invalid_grant: Invalid JWT Signature.")
    with pytest.raises(UpstreamRefusal) as caught:
        source.read(Heard(503, {}, b"<html>"), 1.0)
    assert status_of(caught.value) == 503


ANSWER = {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}


async def test_a_token_is_kept_and_a_refused_one_asked_for_anew() -> None:
    transport = MockTransport()
    gateway = gateway_over(transport, enforce_include_usage=False, limit=10_000, now=lambda: NOW)

    def token(value: str) -> None:
        body = {"access_token": value, "expires_in": 3599}
        transport.answer(200, JSON, json.dumps(body).encode())

    async def call() -> None:
        await whole(await gateway.call(asked(), vertex(), "gemini-2.5-pro"))

    token("one")
    transport.answer(200, JSON, json.dumps(ANSWER).encode())
    await call()
    transport.answer(401, JSON, b'{"error":{"code":401,"message":"expired","status":"UNAUTHENTICATED"}}')
    with pytest.raises(UpstreamRefusal):
        await call()
    token("two")
    transport.answer(200, JSON, json.dumps(ANSWER).encode())
    await call()
    shown = [request.headers.get("authorization") for request in transport.requests]
    assert shown == [None, "Bearer one", "Bearer one", None, "Bearer two"]


async def test_an_account_that_is_refused_gives_the_channel_up() -> None:
    transport = MockTransport()
    transport.answer(400, JSON, b'{"error":"invalid_grant","error_description":"account not found"}')
    gateway = gateway_over(transport, enforce_include_usage=False, limit=10_000, now=lambda: NOW)
    with pytest.raises(UpstreamError) as caught:
        await gateway.call(asked(), vertex(), "gemini-2.5-pro")
    assert isinstance(caught.value, UpstreamRefusal)
    assert (caught.value.said, caught.value.fault) == (401, Fault.ACCOUNT)


# --- errors ------------------------------------------------------------------------------------

JUDGE = Judge(Channel(1, 24, "k", 1, "c"), RelayRequest(Work.CONVERSE, "openai_chat", "m", b"{}"))


@pytest.mark.parametrize(
    ("status", "message", "retries", "fatal"),
    [
        # https://ai.google.dev/gemini-api/docs/troubleshooting
        (400, 'Invalid JSON payload received. Unknown name "x": Cannot find field.', False, False),
        (400, "API key not valid. Please pass a valid API key.", True, True),
        (400, "API key expired. Please renew the API key.", True, True),
        (400, "User location is not supported for the API use.", True, False),
        (403, "Permission denied: Consumer 'api_key:AIzaSyA1234567890' has been suspended.", True, True),
        (403, "Your API key was reported as leaked. Please use another API key.", True, True),
        (403, "Generative Language API has not been used in project 1 before or it is disabled.", True, True),
        (403, "Permission 'aiplatform.endpoints.predict' denied on resource '//x' (or it may not exist).", True, True),
        (404, "models/x is not found for API version v1beta", True, False),
        (429, "Resource has been exhausted (e.g. check quota).", True, False),
        (500, "An internal error has occurred.", True, False),
        (503, "The model is overloaded. Please try again later.", True, False),
    ],
)  # fmt: skip
def test_errors(status: int, message: str, *, retries: bool, fatal: bool) -> None:
    body = {"error": {"code": status, "message": message, "status": "WORD"}}
    for form in (body, [body]):  # a stream that was refused comes as a list
        refusal = JUDGE.refused(status, {}, json.dumps(form).encode())
        assert (refusal.said, refusal.told.code) == (status, status)
        assert (refusal.retry, refusal.fault is Fault.ACCOUNT) == (retries, fatal)
        assert "AIza" not in refusal.cause


@pytest.mark.parametrize(
    ("details", "seconds"),
    [
        ([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}], 34.5),
        ([{"@type": "type.googleapis.com/google.rpc.QuotaFailure"}], None),
        ([{"retryDelay": "soon"}], None),
        (["retryDelay"], None),
        ("retryDelay", None),
    ],
)
def test_how_long_to_wait(details: Any, seconds: float | None) -> None:
    body = {"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED", "details": details}}
    assert JUDGE.refused(429, {}, json.dumps(body).encode()).retry_after == seconds
    assert JUDGE.refused(429, {"retry-after": "7"}, json.dumps(body).encode()).retry_after == 7


async def test_embeddings_whose_cost_nobody_tells_are_counted_here() -> None:
    class Counter:
        async def count_prompt(self, *_: object) -> int:
            return 5

        async def count_text(self, *_: object) -> int:
            raise AssertionError

    transport = MockTransport()
    transport.answer(200, JSON, b'{"embeddings":[{"values":[0.5]}]}')
    gateway = gateway_over(transport, enforce_include_usage=False, limit=10_000, counter=Counter())
    request = asked(Work.EMBED, fields={"model": "m", "input": "a"})
    answer = await gateway.call(request, GEMINI, "text-embedding-004")
    assert json.loads(await whole(answer))["usage"]["prompt_tokens"] == 5
    assert answer.usage == Usage(prompt=5)


async def test_many_texts_take_several_requests() -> None:
    transport = MockTransport()
    for size in (100, 1):
        vectors = [{"values": [0.5]}] * size
        transport.answer(200, JSON, json.dumps({"embeddings": vectors}).encode())
    gateway = gateway_over(transport, enforce_include_usage=False, limit=100_000)
    request = asked(Work.EMBED, fields={"model": "m", "input": ["a"] * 101})
    answer = await gateway.call(request, GEMINI, "text-embedding-004")
    assert [item["index"] for item in json.loads(await whole(answer))["data"]] == list(range(101))


# --- counts ------------------------------------------------------------------------------------


async def test_a_count_goes_out_without_the_prompt_of_the_channel() -> None:
    transport = MockTransport()
    transport.answer(200, JSON, b'{"totalTokens":3}')
    fields = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    names: Any = {"dialect": "gemini", "model": "gemini-2.5-pro", "model_in_path": True}
    request = evolve(asked(fields=fields, **names), work=Work.COUNT)
    channel = evolve(GEMINI, system_prompt="Be brief.")
    await whole(await gateway_over(transport).call(request, channel, "gemini-2.5-pro"))
    assert json.loads(transport.requests[0].body or b"") == fields
    assert transport.requests[0].url.endswith("/models/gemini-2.5-pro:countTokens")
