"""The surface of a request, and the form of its errors."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from sanic.compat import Header
from sanic.request import RequestParameters

from oneapi.domain import errors
from oneapi.domain.errors import (
    BodyTooLarge,
    GatewayError,
    InternalError,
    NoChannel,
    Overloaded,
    TokenMissing,
    TokenQuotaExhausted,
    TokenSpent,
    TooManyRequests,
    UnknownModel,
    UnpricedModel,
    UpstreamGarbage,
    UpstreamRefusal,
    UpstreamTimeout,
    UserBanned,
    UserQuotaExhausted,
)
from oneapi.entrypoints.errors.answers import text_of
from oneapi.entrypoints.http.surfaces import ANTHROPIC, GEMINI, OPENAI, RESPONSES, surface_of

if TYPE_CHECKING:
    from oneapi.entrypoints.http.surfaces.interface import Surface

VERSION, KEY = {"anthropic-version": "2023-06-01"}, {"x-api-key": "sk-1"}
GOOGLES = {"x-goog-api-key": "sk-1"}


def request(
    path: str, headers: dict[str, str] | None = None, *, routed: bool = True, method: str = "GET"
) -> Any:
    url, _, query = path.partition("?")
    return SimpleNamespace(
        path=url,
        method=method,
        args=RequestParameters(parse_qs(query)),
        headers=Header(headers or {}),
        route=object() if routed else None,
    )


@pytest.mark.parametrize(
    ("asked", "surface"),
    [
        (request("/v1/messages"), ANTHROPIC),
        (request("/v1/messages/count_tokens"), ANTHROPIC),
        (request("/v1/messages/batches", routed=False), ANTHROPIC),
        (request("/anthropic/v1/messages"), ANTHROPIC),
        (request("/claude/v1/models"), ANTHROPIC),
        (request("/v1/v1/messages", routed=False), ANTHROPIC),
        (request("/messages", routed=False), ANTHROPIC),
        (request("/v1/models", VERSION), ANTHROPIC),
        (request("/v1/models/x", KEY), ANTHROPIC),
        (request("/v1/files", VERSION), ANTHROPIC),
        (request("/v1/of_tomorrow", VERSION, routed=False), ANTHROPIC),
        (request("/v1/responses"), RESPONSES),
        (request("/v1/responses/input_tokens"), RESPONSES),
        (request("/v1/responses/resp_1", VERSION, routed=False), RESPONSES),
        (request("/v1/v1/responses", routed=False), RESPONSES),
        (request("/v1beta/models/x:generateContent"), GEMINI),
        (request("/gemini/v1/models/x:generateContent"), GEMINI),
        (request("/v1/models/x:generateContent", method="POST"), GEMINI),
        (request("/v1/models", GOOGLES), GEMINI),
        (request("/v1/models?key=sk-1"), GEMINI),
        (request("/v1/models"), OPENAI),
        (request("/v1/chat/completions", VERSION | KEY), OPENAI),
        (request("/v1/threads/t/messages"), OPENAI),
        (request("/v1/oneapi/proxy/1/v1/messages", KEY), OPENAI),
        (request("/of_tomorrow", KEY, routed=False), OPENAI),
    ],
)
def test_the_surface_is_chosen_by_path_and_else_by_headers(asked: Any, surface: Surface) -> None:
    assert surface_of(asked) is surface


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({"authorization": "Bearer sk-1"}, "Bearer sk-1"),
        ({"authorization": "bearer sk-1", "x-api-key": "sk-2"}, "bearer sk-1"),
        ({"authorization": "Basic eDp5", "x-api-key": "sk-2"}, "sk-2"),
        ({"x-api-key": "sk-2"}, "sk-2"),
        ({"authorization": "sk-1"}, "sk-1"),
        ({}, ""),
    ],
)
def test_the_key_may_be_in_either_header(headers: dict[str, str], shown: str) -> None:
    assert ANTHROPIC.credential(request("/v1/messages", headers)) == shown


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (TokenMissing(), 401, "authentication_error"),
        (TokenSpent(), 402, "billing_error"),
        (UserBanned(), 403, "permission_error"),
        (UnknownModel(model="m"), 404, "not_found_error"),
        (NoChannel(group="g", model="m", known=False), 404, "not_found_error"),
        (NoChannel(group="g", model="m", known=True), 529, "overloaded_error"),
        (UnpricedModel(model="m"), 404, "not_found_error"),
        (BodyTooLarge(limit="1 MB"), 413, "request_too_large"),
        (TooManyRequests(1), 429, "rate_limit_error"),
        (UpstreamRefusal(422, "no", fault=errors.Fault.REQUEST), 422, "invalid_request_error"),
        (UpstreamRefusal(429, "busy", type="requests"), 429, "rate_limit_error"),
        (UpstreamRefusal(529, "busy", type="overloaded_error"), 529, "overloaded_error"),
        (UpstreamRefusal(404, "no", type="invalid_request_error"), 404, "not_found_error"),
        (UpstreamGarbage(), 500, "api_error"),
        (UpstreamTimeout(), 504, "timeout_error"),
        (Overloaded(), 529, "overloaded_error"),
        (InternalError(), 500, "api_error"),
    ],
)
def test_errors_in_anthropics_form(error: GatewayError, status: int, kind: str) -> None:
    told_status, body = ANTHROPIC.error(error, "en", "r-1")
    told = json.loads(body)
    assert (told_status, told["error"]["type"]) == (status, kind)
    assert (told["type"], told["request_id"]) == ("error", "r-1")
    assert told["error"]["message"] == f"{text_of(error, 'en')} (request id: r-1)"


@pytest.mark.parametrize("error", [UserQuotaExhausted(), TokenQuotaExhausted()])
def test_a_spent_quota_is_told_to_a_person(error: GatewayError) -> None:
    for language, word in (("en", "quota"), ("zh", "max_tokens")):
        status, body = ANTHROPIC.error(error, language, "r-1")
        told = json.loads(body)["error"]
        assert (status, told["type"]) == (402, "billing_error")
        assert word in told["message"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (TokenMissing(), 401),
        (TokenSpent(), 402),
        (UserQuotaExhausted(), 402),
        (TokenQuotaExhausted(), 402),
        (NoChannel(group="g", model="m", known=False), 404),
        (NoChannel(group="g", model="m", known=True), 503),
        (UnpricedModel(model="m"), 404),
        (UpstreamGarbage(), 502),
    ],
)
def test_errors_of_responses_are_final_if_retrying_is_useless(error: GatewayError, status: int) -> None:
    told_status, body = RESPONSES.error(error, "en", "r-1")
    assert told_status == status
    assert json.loads(body)["error"]["message"] == f"{text_of(error, 'en')} (request id: r-1)"


@pytest.mark.parametrize(
    ("path", "headers", "shown"),
    [
        ("/v1beta/models", {"x-goog-api-key": "sk-1"}, "sk-1"),
        ("/v1beta/models?key=sk-2", {"x-goog-api-key": "sk-1"}, "sk-1"),
        ("/v1beta/models?key=sk-2", {"authorization": "Bearer sk-3"}, "sk-2"),
        ("/v1beta/models", {"authorization": "Bearer sk-3"}, "Bearer sk-3"),
        ("/v1beta/models", {}, ""),
    ],
)
def test_keys_of_googles_clients(path: str, headers: dict[str, str], shown: str) -> None:
    assert GEMINI.credential(request(path, headers)) == shown


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (TokenMissing(), 401, "UNAUTHENTICATED"),
        (TokenSpent(), 403, "PERMISSION_DENIED"),
        (UserQuotaExhausted(), 403, "PERMISSION_DENIED"),
        (UnknownModel(model="m"), 404, "NOT_FOUND"),
        (NoChannel(group="g", model="m", known=False), 404, "NOT_FOUND"),
        (NoChannel(group="g", model="m", known=True), 503, "UNAVAILABLE"),
        (BodyTooLarge(limit="1 MB"), 400, "INVALID_ARGUMENT"),
        (TooManyRequests(1), 429, "RESOURCE_EXHAUSTED"),
        (UpstreamGarbage(), 503, "UNAVAILABLE"),
        (UpstreamTimeout(), 504, "DEADLINE_EXCEEDED"),
        (InternalError(), 500, "INTERNAL"),
    ],
)
def test_errors_in_googles_form(error: GatewayError, status: int, name: str) -> None:
    told_status, body = GEMINI.error(error, "en", "r-1")
    told = json.loads(body)
    assert list(told) == ["error"]
    assert (told_status, told["error"]["code"], told["error"]["status"]) == (status, status, name)
    assert told["error"]["message"] == f"{text_of(error, 'en')} (request id: r-1)"
    event = json.loads(GEMINI.error_event(error, "r-1").removeprefix(b"data: "))
    assert (list(event), event["error"]["code"]) == (["error"], status)


def test_googles_clients_are_told_when_to_retry() -> None:
    [detail] = json.loads(GEMINI.error(TooManyRequests(2.5), "en", "r-1")[1])["error"]["details"]
    assert detail == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3s"}
