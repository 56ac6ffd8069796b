"""Whose fault a refusal is: the provider's structure, then its phrases, then its status; never a client's own words."""

from __future__ import annotations

import base64
import html
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.providers.registry import SPECS
from oneapi.adapters.upstream.failures.errors import Judge
from oneapi.adapters.upstream.failures.faults import PHRASES, WORDS
from oneapi.domain.errors import Fault, UpstreamRefusal
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import BUSY, CONCEALED, name_of, status_of, text_of

REQUEST, SETUP, ACCOUNT, SERVICE = Fault.REQUEST, Fault.SETUP, Fault.ACCOUNT, Fault.SERVICE
#: A message without known phrases.
ASKED = RelayRequest(Work.CONVERSE, "openai_chat", "m", b"{}", fields={"model": "m"})


def refusal(
    status: int, body: Any, *, headers: Any = None, kind: int = 1, request: RelayRequest = ASKED
) -> UpstreamRefusal:
    spec = SPECS[kind]
    channel = Channel(1, kind, "sk-0123456789abcdef", 1, "c")
    watchful = next((offer.watchful for offer in spec.offers), ())
    judge = Judge(channel, request, watchful, spec.errors.meanings)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge.refused(status, headers or {}, raw)


def error(message: str = "no", **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message} | fields}


def google(code: int, status: str, message: str = "no", reason: str = "", **metadata: str) -> dict[str, Any]:
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": metadata,
    }
    return error(message, code=code, status=status, details=[info] if reason else [])


# --- errors of providers, by channel type -------------------------------------------------------

CASES: dict[str, tuple[int, int, Any, Fault]] = {
    "c1 key not found": (
        24,
        400,
        google(400, "INVALID_ARGUMENT", "API Key not found. Please pass a valid API key.", "API_KEY_INVALID"),
        ACCOUNT,
    ),
    "c1 the reason alone": (24, 400, google(400, "INVALID_ARGUMENT", "x", "API_KEY_INVALID"), ACCOUNT),
    "c1 expired": (
        24,
        400,
        google(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key."),
        ACCOUNT,
    ),
    "c1 service disabled": (24, 403, google(403, "PERMISSION_DENIED", "x", "SERVICE_DISABLED"), ACCOUNT),
    "c1 billing": (24, 403, google(403, "PERMISSION_DENIED", "x", "BILLING_DISABLED"), ACCOUNT),
    "c1 suspended": (24, 403, google(403, "PERMISSION_DENIED", "x", "CONSUMER_SUSPENDED"), ACCOUNT),
    "c1 blocked key": (24, 403, google(403, "PERMISSION_DENIED", "x", "API_KEY_SERVICE_BLOCKED"), ACCOUNT),
    "c1 leaked": (24, 403, google(403, "PERMISSION_DENIED", "Your API key was reported as leaked."), ACCOUNT),
    "c1 a file of somebody else": (
        24,
        403,
        google(403, "PERMISSION_DENIED", "You do not have permission to access the File abc"),
        SETUP,
    ),
    "c1 vertex permission": (
        42,
        403,
        google(
            403, "PERMISSION_DENIED", "no", "IAM_PERMISSION_DENIED", permission="aiplatform.endpoints.predict"
        ),
        ACCOUNT,
    ),
    "c1 vertex quota": (42, 429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded"), SERVICE),
    "c1 the older form of reasons": (
        24,
        400,
        error("Bad Request", code=400, errors=[{"domain": "usageLimits", "reason": "keyInvalid"}]),
        ACCOUNT,
    ),
    "c1 a bad argument": (24, 400, google(400, "INVALID_ARGUMENT", 'Unknown name "foo"'), REQUEST),
    "c1 spending cap": (
        24,
        429,
        google(
            429, "RESOURCE_EXHAUSTED", "Your project has exceeded its spending cap. Please go to AI Studio"
        ),
        ACCOUNT,
    ),
    "c2 key": (
        45,
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Incorrect API key provided: xa***56. You can obtain an API key from https://console.x.ai.",
        },
        ACCOUNT,
    ),
    "c2 a bad argument": (
        45,
        400,
        {"code": "Client specified an invalid argument", "error": "Argument not supported: foo"},
        REQUEST,
    ),
    "c2 credits": (
        45,
        403,
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Your team has either used all available credits or reached its monthly spending limit.",
        },
        ACCOUNT,
    ),
    "c4 location": (
        24,
        400,
        google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
        SETUP,
    ),
    "c4 location elsewhere": (1, 403, error(code="unsupported_country_region_territory"), SETUP),
    "c5 in a list": (51, 400, [google(400, "INVALID_ARGUMENT", "x", "API_KEY_INVALID")], ACCOUNT),
    "c5 a bad argument in a list": (51, 400, [google(400, "INVALID_ARGUMENT", "x")], REQUEST),
    "openai key": (1, 401, error(code="invalid_api_key"), ACCOUNT),
    "openai quota": (1, 429, error(code="insufficient_quota", type="insufficient_quota"), ACCOUNT),
    "openai quota as 400": (1, 400, error(code="billing_hard_limit_reached"), ACCOUNT),
    "openai rate": (1, 429, error(code="rate_limit_exceeded", type="requests"), SERVICE),
    "openai model": (1, 404, error(code="model_not_found"), SETUP),
    "openai model as 400": (
        1,
        400,
        error("The model `x` does not exist or you do not have access to it.", type="invalid_request_error"),
        SETUP,
    ),
    "openai verification": (
        1,
        400,
        error("Your organization must be verified to use the model `gpt-image-1`."),
        SETUP,
    ),
    "openai context": (1, 400, error(code="context_length_exceeded"), REQUEST),
    "openai policy": (1, 400, error("a violation of our policies", code="content_policy_violation"), REQUEST),
    "azure deployment": (3, 404, error(code="DeploymentNotFound"), SETUP),
    "azure operation": (3, 400, error(code="OperationNotSupported"), SETUP),
    "azure filter": (
        3,
        400,
        error(code="content_filter", innererror={"code": "ResponsibleAIPolicyViolation"}),
        REQUEST,
    ),
    "anthropic credit": (
        14,
        400,
        error("Your credit balance is too low to access the Anthropic API.", type="invalid_request_error"),
        ACCOUNT,
    ),
    "anthropic monthly limit": (
        14,
        400,
        error(
            "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.",
            type="invalid_request_error",
        ),
        ACCOUNT,
    ),
    "anthropic spend limit as rate": (
        14,
        429,
        error("This request would exceed your account's monthly spend limit.", type="rate_limit_error"),
        ACCOUNT,
    ),
    "anthropic rate": (
        14,
        429,
        error("This request would exceed your account's rate limit.", type="rate_limit_error"),
        SERVICE,
    ),
    "anthropic disabled": (14, 400, error("This organization has been disabled."), ACCOUNT),
    "anthropic overloaded": (14, 529, error(type="overloaded_error"), SERVICE),
    "anthropic bad request": (
        14,
        400,
        error("max_tokens: Input should be >= 1", type="invalid_request_error"),
        REQUEST,
    ),
    "bedrock on demand": (
        33,
        400,
        {
            "message": "Invocation of model ID anthropic.claude with on-demand throughput isn’t supported. Retry your"
            " request with the ID or ARN of an inference profile that contains this model."
        },
        SETUP,
    ),
    "bedrock model access": (
        33,
        403,
        {"message": "You don't have access to the model with the specified model ID."},
        SETUP,
    ),
    "bedrock identifier": (33, 400, {"message": "The provided model identifier is invalid."}, SETUP),
    "bedrock key": (33, 403, {"message": "The security token included in the request is invalid."}, ACCOUNT),
    "dashscope key": (17, 400, {"code": "InvalidApiKey", "message": "x"}, ACCOUNT),
    "dashscope arrears": (17, 400, {"code": "Arrearage", "message": "x"}, ACCOUNT),
    "dashscope model": (17, 403, {"code": "Model.AccessDenied", "message": "x"}, SETUP),
    "dashscope not bought": (17, 403, {"code": "AccessDenied.Unpurchased", "message": "x"}, ACCOUNT),
    "dashscope free tier": (17, 403, {"code": "AllocationQuota.FreeTierOnly", "message": "x"}, SETUP),
    "dashscope throttling": (17, 429, {"code": "Throttling.RateQuota", "message": "x"}, SERVICE),
    "dashscope inspection": (17, 400, {"code": "DataInspectionFailed", "message": "x"}, REQUEST),
    "dashscope parameter": (17, 400, {"code": "InvalidParameter", "message": "x"}, REQUEST),
    "bailian tokens a minute": (49, 429, error(code="insufficient_quota"), SERVICE),
    "bailian arrears": (49, 400, error(code="Arrearage", type="Arrearage"), ACCOUNT),
    "ark overdue": (40, 403, error(code="AccountOverdueError", type="Forbidden"), ACCOUNT),
    "ark model": (40, 404, error(code="ModelNotOpen", type="NotFound"), SETUP),
    "ark work": (40, 404, error(code="InvalidEndpointOrModel.NotFound"), SETUP),
    "ark closed work": (40, 400, error(code="InvalidEndpoint.ClosedEndpoint"), SETUP),
    "zhipu arrears": (16, 429, error(code="1113"), ACCOUNT),
    "zhipu key": (16, 400, error(code="1002"), ACCOUNT),
    "zhipu model": (16, 400, error(code="1211"), SETUP),
    "zhipu rate": (16, 429, error(code="1302"), SERVICE),
    "zhipu parameter": (16, 400, error(code="1210"), REQUEST),
    "qianfan token": (47, 401, error(code="invalid_iam_token", type="access_denied"), ACCOUNT),
    "groq restricted": (
        29,
        400,
        error("Organization has been restricted.", code="organization_restricted"),
        ACCOUNT,
    ),
    "groq retired model": (29, 400, error(code="model_decommissioned", type="invalid_request_error"), SETUP),
    "mistral model": (
        28,
        400,
        {"object": "error", "message": "Invalid model: x", "type": "invalid_model"},
        SETUP,
    ),
    "mistral key": (28, 401, {"message": "Unauthorized"}, ACCOUNT),
    "moonshot quota": (25, 429, error(type="exceeded_current_quota_error"), ACCOUNT),
    "deepseek balance": (36, 402, error("Insufficient Balance", type="unknown_error"), ACCOUNT),
    "deepseek model": (36, 400, error("Model Not Exist", type="invalid_request_error"), SETUP),
    "openrouter credits": (20, 402, error("Insufficient credits", code=402), ACCOUNT),
    "openrouter what it can afford": (
        20,
        402,
        error("This request requires more credits, or fewer max_tokens. You can only afford 100.", code=402),
        SETUP,
    ),
    "siliconflow balance": (44, 403, {"code": 30001, "message": "x", "data": None}, ACCOUNT),
    "siliconflow model": (44, 400, {"code": 20012, "message": "x", "data": None}, SETUP),
    "cloudflare key": (37, 400, {"success": False, "errors": [{"code": 6003, "message": "x"}]}, ACCOUNT),
    "cloudflare model": (37, 400, {"success": False, "errors": [{"code": 5007, "message": "x"}]}, SETUP),
    "cohere key": (35, 401, {"message": "invalid api token"}, ACCOUNT),
    "deepl key": (38, 403, b"", ACCOUNT),
    "deepl quota": (38, 456, {"message": "Quota exceeded"}, ACCOUNT),
    "replicate credit": (46, 402, {"title": "Insufficient credit", "detail": "x", "status": 402}, ACCOUNT),
    "a gateway's quota": (8, 403, error("用户额度不足", code="insufficient_user_quota"), SETUP),
    "a gateway's model": (8, 503, error("当前分组 default 下对于模型 m 无可用渠道"), SETUP),
    "nothing but 402": (8, 402, b"", ACCOUNT),
    "nothing but 403": (8, 403, b"<html>", SERVICE),
    "nothing but 404": (8, 404, b"", SETUP),
    "nothing but 500": (8, 500, b"", SERVICE),
    "a load balancer": (8, 503, b"the load balancer has no healthy backend", SERVICE),
    "single words": (8, 429, error("credit to the authors; balance your input", type="requests"), SERVICE),
}


@pytest.mark.parametrize("case", CASES)
def test_faults_of_key_and_account_are_told_by_the_providers_own_words(case: str) -> None:
    kind, status, body, fault = CASES[case]
    told = refusal(status, body, kind=kind)
    assert told.fault is fault
    assert told.retry is (fault is not REQUEST)


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("UnrecognizedClientException", ACCOUNT),
        ("ExpiredTokenException:http://internal.amazon.com/", ACCOUNT),
        ("AccessDeniedException", SETUP),
        ("ResourceNotFoundException", SETUP),
        ("ThrottlingException", SERVICE),
        ("ValidationException", REQUEST),
    ],
)
def test_types_of_exceptions_in_a_header(kind: str, fault: Fault) -> None:
    assert refusal(400, {"message": "x"}, headers={"x-amzn-errortype": kind}, kind=33).fault is fault
    told = refusal(400, {"message": "x", "__type": f"com.amazon.coral.service#{kind}"}, kind=33)
    assert told.fault in {fault, REQUEST}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("place", ["type", "code", "status"])
def test_every_word_counts_in_every_case_and_status(word: str, place: str) -> None:
    for spelling in (word, word.upper()):
        assert refusal(418, error(**{place: spelling})).fault is WORDS[word]


@pytest.mark.parametrize("phrase", PHRASES)
def test_every_phrase_counts_in_a_sentence(phrase: str) -> None:
    told = refusal(400, error(f"Sorry: {phrase.capitalize()}."))
    assert told.fault is PHRASES[phrase]


def test_odd_structures_do_no_harm() -> None:
    odd: Any
    for odd in (3, "x", [1, None, "y", []], [{"reason": ["API_KEY_INVALID"]}]):
        assert refusal(400, error(details=odd, errors=odd, innererror=odd)).fault is REQUEST
    assert refusal(400, error(code="." * 100_000)).fault is REQUEST
    for odd in ({"reason": "API_KEY_INVALID"}, [{"reason": "API_KEY_INVALID"}] * 5000):
        assert refusal(400, error(details=odd)).fault is ACCOUNT


# --- what the client is told ---------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 402, 403, 407, 429, 200])
@pytest.mark.parametrize("code", ["invalid_api_key", "insufficient_quota", "account_deactivated"])
def test_a_channels_key_is_never_taken_for_the_clients(status: int, code: str) -> None:
    told = refusal(status, error("Incorrect API key provided", code=code, type="authentication_error"))
    assert status_of(told) == (429 if told.said == 429 else 502)
    assert (name_of(told).type, name_of(told).code, name_of(told).param) == (
        "upstream_error",
        "upstream_refused_channel",
        "",
    )
    for language in ("zh", "en"):
        assert text_of(told, language) in {getattr(CONCEALED, language), getattr(BUSY, language)}
    assert "Incorrect API key" in told.cause  # for the operator


@pytest.mark.parametrize("status", [401, 402, 403, 407])
def test_statuses_about_who_asks_and_who_pays_are_the_gateways(status: int) -> None:
    told = refusal(status, error("no", code="its_code", type="its_type"))
    assert (told.said, status_of(told), name_of(told).type) == (status, 502, "upstream_error")


def test_what_is_the_clients_fault_is_told_in_the_providers_words() -> None:
    told = refusal(403, error("flagged", code="content_filter", type="moderation"))
    assert (status_of(told), name_of(told).code, name_of(told).type, text_of(told, "en")) == (
        403,
        "content_filter",
        "moderation",
        "flagged",
    )
    assert status_of(refusal(401, error(code="context_length_exceeded"))) == 400


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_the_channel_cannot_serve_is_no_bad_request(status: int) -> None:
    told = refusal(status, google(status, "FAILED_PRECONDITION", "User location is not supported"))
    assert (status_of(told), text_of(told, "en")) == (502, "User location is not supported")
    assert status_of(refusal(404, error(code="model_not_found"))) == 404


# --- phrases that only repeat the client's words ------------------------------------------------


def asked(place: str, text: str) -> RelayRequest:
    bodies: dict[str, dict[str, Any]] = {
        "role": {"messages": [{"role": text, "content": "x"}]},
        "content": {"messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]},
        "name of a member": {"metadata": {text: 1}},
        "arguments": {"messages": [{"tool_calls": [{"function": {"arguments": json.dumps({"q": text})}}]}]},
        "escaped arguments": {"tools": [json.dumps(json.dumps(text, ensure_ascii=True))]},
        "address": {"image_url": "https://example.org/?" + quote(text)},
        "html": {"prompt": html.escape(text)},
        "base64": {"file_data": "data:text/plain;base64," + base64.b64encode(text.encode()).decode()},
    }
    return RelayRequest(
        Work.CONVERSE,
        "openai_chat",
        text if place == "model" else "m",
        b"{}",
        fields=bodies.get(place, {}),
        form={"prompt": text} if place == "form" else {},
        query=f"x={quote(text)}" if place == "query" else "",
    )


PLACES = (
    "model", "role", "content", "name of a member", "arguments", "escaped arguments", "address", "html", "base64",
    "form", "query",
)  # fmt: skip


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("place", PLACES)
def test_nobody_switches_a_channel_off_by_words(place: str, phrase: str) -> None:
    for said in (
        phrase,
        phrase.upper(),
        f'x" {phrase} "x',
        phrase.replace(" ", "  "),
        phrase.replace("'", "’"),
    ):
        told = refusal(400, error(f"Invalid value: {said}."), request=asked(place, said))
        assert told.fault is REQUEST, said


@pytest.mark.parametrize("place", PLACES)
def test_pieces_that_the_upstream_puts_together_do_not_either(place: str) -> None:
    own = asked(place, "too low, credit balance, your is")
    told = refusal(400, error("Your credit balance is too low"), request=own)
    assert told.fault is SETUP  # another channel may answer, and this one stays on


def test_what_the_upstream_says_beside_the_echo_counts() -> None:
    own = asked("content", "api key expired")
    assert refusal(400, error("api key expired: your access was terminated"), request=own).fault is ACCOUNT


def test_a_long_request_is_not_compared_and_switches_nothing_off() -> None:
    own = asked("content", "x" * 1_000_000)
    assert refusal(400, error("Incorrect API key provided"), request=own).fault is SETUP
    assert refusal(401, error("Incorrect API key provided"), request=own).fault is ACCOUNT


@given(st.sampled_from(sorted(PHRASES)), st.text(max_size=20), st.text(max_size=20))
def test_no_echo_of_a_request_is_an_account_fault(phrase: str, before: str, behind: str) -> None:
    text = before + phrase + behind
    told = refusal(400, error(f"'{text}' is not one of the roles"), request=asked("role", text))
    assert told.fault is not ACCOUNT
