"""Routes that the gateway does not serve, browsers of other origins, and what tokens can read about themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from oneapi.entrypoints.http.relay.unimplemented import ROUTES
from tests.support.gateway.server import NO_TLS
from tests.support.providers.upstream import chat_reply, embeddings_reply, json_reply

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

FOREIGN = "https://elsewhere.example"


def call(site: Site, method: str, path: str, key: str | None = None, **headers: str) -> httpx.Response:
    named = {"Authorization": site.key if key is None else key}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, site.gateway.url + path, headers=named, timeout=20, verify=NO_TLS)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/no/such"),
        ("POST", "/v1/no/such"),
        ("GET", "/v1/chat/completions"),
        ("PUT", "/v1/embeddings"),
        ("POST", "/v1/models"),
        ("GET", "/v1"),
        ("GET", "/api/no/such"),
        ("DELETE", "/api/status"),
        ("POST", "/v1/chat/completions/more"),
    ],
)
def test_unknown_routes(site: Site, method: str, path: str) -> None:
    answer = call(site, method, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["x-oneapi-request-id"]
    assert answer.json() == {
        "error": {
            "message": f"Invalid URL ({method} {path})",
            "type": "invalid_request_error",
            "param": "",
            "code": "",
        }
    }


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for methods, path in ROUTES for method in methods.split()]
)
def test_unimplemented_routes(site: Site, method: str, path: str) -> None:
    path = re.sub(r"<[^>]+>", "x", path)
    answer = call(site, method, path)
    assert (answer.status_code, answer.headers["x-should-retry"]) == (501, "false")
    assert answer.json() == {
        "error": {
            "message": "API not implemented",
            "type": "one_api_error",
            "param": "",
            "code": "api_not_implemented",
        }
    }
    assert call(site, method, path, key="sk-wrong").status_code == 401


def test_preflight(site: Site) -> None:
    asked = {"Origin": FOREIGN, "Access_Control_Request_Method": "POST"}
    answer = call(
        site, "OPTIONS", "/v1/chat/completions", "", Access_Control_Request_Headers="authorization", **asked
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-allow-headers"] == "authorization"
    assert {"HEAD", "PATCH"} <= set(answer.headers["access-control-allow-methods"].split(", "))
    assert "access-control-allow-private-network" not in answer.headers
    private = call(
        site, "OPTIONS", "/v1beta/models", "", Access_Control_Request_Private_Network="true", **asked
    )
    assert private.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-credentials" not in answer.headers
    assert not granted(call(site, "OPTIONS", "/api/user/self", "", **asked))
    assert not granted(call(site, "OPTIONS", "/v1/models", "", Origin=site.gateway.url))


@pytest.mark.parametrize(
    ("path", "open_to_all"),
    [
        ("/v1/models", True),
        ("/v1/no/such", True),
        ("/dashboard/billing/usage", True),
        ("/api/status", False),
        ("/api/user/self", False),
    ],
)
def test_cors(site: Site, path: str, *, open_to_all: bool) -> None:
    assert granted(call(site, "GET", path, Origin=FOREIGN)) == open_to_all
    assert not granted(call(site, "GET", path, Origin=site.gateway.url))
    assert granted(call(site, "GET", path, "sk-wrong", Origin=FOREIGN)) == open_to_all


def test_scripts_may_read_headers_about_limits_and_ids(site: Site) -> None:
    exposed = call(site, "GET", "/v1/models", Origin=FOREIGN).headers["access-control-expose-headers"].lower()
    assert {"x-oneapi-request-id", "retry-after", "x-should-retry", "x-ratelimit-remaining-tokens"} <= set(
        exposed.split(", ")
    )


def granted(answer: httpx.Response) -> bool:
    return "access-control-allow-origin" in answer.headers


def test_embeddings_on_the_path_of_an_engine(site: Site) -> None:
    site.upstream.always("/v1/embeddings", embeddings_reply(prompt_tokens=5))
    answer = httpx.post(
        site.gateway.url + "/v1/engines/text-embedding-3-small/embeddings",
        json={"input": "hello"},
        headers={"Authorization": site.key},
        verify=NO_TLS,
    )
    assert answer.status_code == 200
    assert site.last.json() == {"input": "hello", "model": "text-embedding-3-small"}
    assert site.newest_charge()["prompt_tokens"] == 5


@pytest.mark.parametrize("prefix", ["/v1/engines/gpt-4o", "/openai/deployments/gpt-4o"])
@pytest.mark.parametrize("body", [{}, {"model": "gpt-4o"}, {"model": "another"}])
def test_the_model_of_the_path_is_billed_and_sent(site: Site, prefix: str, body: dict[str, str]) -> None:
    site.upstream.always("/v1/chat/completions", chat_reply("hello", prompt_tokens=3, completion_tokens=1))
    answer = httpx.post(
        f"{site.gateway.url}{prefix}/chat/completions",
        params={"api-version": "2024-06-01"},
        json=body | {"messages": [{"role": "user", "content": "hi"}]},
        headers={"api-key": site.key},
        verify=NO_TLS,
    )
    assert answer.status_code == 200, answer.text
    assert site.last.json()["model"] == "gpt-4o"
    assert site.newest_charge()["model_name"] == "gpt-4o"
    if "deployments" in prefix:
        assert site.last.query == ""


def test_a_deployment_transcribes(site: Site) -> None:
    site.upstream.always("/v1/audio/transcriptions", json_reply({"text": "hello"}))
    answer = httpx.post(
        site.gateway.url + "/openai/deployments/whisper-1/audio/transcriptions?api-version=2024-06-01",
        files={"file": ("a.mp3", b"sound", "audio/mpeg")},
        headers={"api-key": site.key},
        verify=NO_TLS,
    )
    assert answer.status_code == 200, answer.text
    assert b'name="model"\r\n\r\nwhisper-1' in site.last.body


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer", "bEaReR"])
def test_the_authorization_scheme_is_not_case_sensitive(site: Site, scheme: str) -> None:
    assert call(site, "GET", "/v1/models", key=f"{scheme} {site.key}").status_code == 200


def test_head_is_get_without_its_body(site: Site) -> None:
    for path in ("/v1/models", "/v1/models/gpt-4o", "/healthz", "/api/status"):
        answer = call(site, "HEAD", path)
        assert (answer.status_code, answer.content) == (200, b""), path


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("POST", "/chat/completions", "/v1/chat/completions"),
        ("POST", "//v1/chat/completions", "/v1/chat/completions"),
        ("POST", "/v1//chat/completions", "/v1/chat/completions"),
        ("POST", "/v1/v1/chat/completions", "/v1/chat/completions"),
        ("POST", "/api/v1/chat/completions", "/v1/chat/completions"),
        ("POST", "/v1/chat/completions/chat/completions", "/v1/chat/completions"),
        ("POST", "/embeddings", "/v1/embeddings"),
        ("GET", "/models", "/v1/models"),
        ("GET", "//v1/models", "/v1/models"),
    ],
)
def test_an_error_for_a_mistaken_base_url_names_the_right_path(
    site: Site, method: str, path: str, right: str
) -> None:
    answer = call(site, method, path, Accept="application/json", Accept_Language="en")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert f"call {right};" in error["message"]
    chinese = call(site, method, path, Accept_Language="zh-CN").json()["error"]["message"]
    assert f"请改用 {right}" in chinese


def test_clients_are_told_to_retry_after_an_outage_but_not_after_a_typo(site: Site) -> None:
    asked = {"messages": [{"role": "user", "content": "hi"}]}
    typo = httpx.post(
        site.gateway.url + "/v1/chat/completions",
        json=asked | {"model": "gpt-4oo"},
        headers={"Authorization": site.key},
        verify=NO_TLS,
    )
    assert (typo.status_code, typo.headers["x-should-retry"]) == (503, "false")
    channel = site.admin.add_channel(site.upstream.url, "only-here", group="vip")
    try:
        elsewhere = httpx.post(
            site.gateway.url + "/v1/chat/completions",
            json=asked | {"model": "only-here"},
            headers={"Authorization": site.key},
            verify=NO_TLS,
        )
    finally:
        site.admin.call("DELETE", f"/api/channel/{channel}")
    assert elsewhere.status_code == 503
    assert "x-should-retry" not in elsewhere.headers


def test_clients_are_told_not_to_retry_with_a_spent_quota(site: Site) -> None:
    key = site.admin.add_token(unlimited_quota=False, remain_quota=1)
    answer = httpx.post(
        site.gateway.url + "/v1/chat/completions",
        json={"model": "gpt-4o", "max_tokens": 1000, "messages": [{"role": "user", "content": "hi"}]},
        headers={"Authorization": key},
        verify=NO_TLS,
    )
    assert (answer.status_code, answer.headers["x-should-retry"]) == (403, "false")


def test_billing_dashboard(site: Site) -> None:
    """It shows the token's quota in dollars of 500 000 units."""
    key = site.admin.add_token(unlimited_quota=False, remain_quota=1_000_000)
    site.upstream.always("/v1/chat/completions", chat_reply("x", prompt_tokens=2000, completion_tokens=0))
    client = site.client.with_options(api_key=key)
    client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hello"}])
    for prefix in ("/dashboard", "/v1/dashboard"):
        shown = call(site, "GET", f"{prefix}/billing/subscription", key).json()
        assert shown == {
            "object": "billing_subscription",
            "has_payment_method": True,
            "soft_limit_usd": 2.0,
            "hard_limit_usd": 2.0,
            "system_hard_limit_usd": 2.0,
            "access_until": 0,
        }
        usage = call(site, "GET", f"{prefix}/billing/usage", key).json()
        assert usage == {"object": "list", "total_usage": 1.0}  # cents
        assert call(site, "GET", f"{prefix}/billing/usage", "sk-wrong").status_code == 401
    unlimited = call(site, "GET", "/dashboard/billing/subscription").json()
    assert unlimited["hard_limit_usd"] == 100_000_000
