"""Routes that the gateway does not serve, browsers of other origins, and what a token may ask about itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx
import pytest

from oneapi.entrypoints.http.relay.unimplemented import ROUTES
from tests.support.server import NO_TLS
from tests.support.upstream import chat_reply, embeddings_reply

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
    assert answer.status_code == 501
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


def granted(answer: httpx.Response) -> bool:
    return "access-control-allow-origin" in answer.headers


def test_embeddings_of_an_engine(site: Site) -> None:
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


def test_billing_dashboard(site: Site) -> None:
    """In dollars, of the token: 500 000 units are one."""
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
