"""Which headers pass, and how requests to upstreams are authenticated."""

from __future__ import annotations

from typing import Any

import pytest

from oneapi.adapters.providers import auth
from oneapi.adapters.upstream.headers import (
    proxied_request_headers,
    proxied_response_headers,
    request_headers,
    response_headers,
)
from oneapi.domain.errors import ChannelMisconfigured
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import text_of


def request(
    headers: dict[str, str], *, stream: bool = False, dialect: str = "openai_chat", form: bool = False
) -> RelayRequest:
    fields = {"model": "m"} if form else {}
    return RelayRequest(Work.CONVERSE, dialect, "m", b"{}", form=fields, stream=stream, headers=headers)


CLIENT = {
    "authorization": "Bearer sk-client",
    "cookie": "session=1",
    "content-type": "application/json",
    "content-length": "2",
    "host": "gateway.example",
    "idempotency-key": "k",
    "openai-organization": "org-client",
    "user-agent": "sdk/1",
    "x-forwarded-for": "10.0.0.1",
    "accept-encoding": "br",
    "connection": "keep-alive, x-hop",
    "x-hop": "1",
    "transfer-encoding": "chunked",
    "x-custom": "abc",
}


def sent(*args: Any, **kwargs: Any) -> dict[str, str]:
    headers = dict(request_headers(request(*args, **kwargs)))
    assert headers.pop("user-agent").startswith("one-api/")
    return headers


def test_an_upstream_sees_type_and_accept_only() -> None:
    assert sent(CLIENT) == {"content-type": "application/json"}
    assert sent({**CLIENT, "accept": "*/*"}, stream=True)["accept"] == "*/*"


def test_a_stream_without_accept_asks_for_events() -> None:
    assert sent(CLIENT, stream=True)["accept"] == "text/event-stream"


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/json; charset=utf-16", "multipart/form-data; boundary=json"]
)
def test_json_is_labelled_as_json(kind: str) -> None:
    assert sent({"content-type": kind}) == {"content-type": "application/json"}


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_right_label_stays(kind: str) -> None:
    assert sent({"content-type": kind}) == {"content-type": kind}


def test_a_forms_boundary_stays() -> None:
    kind = "multipart/form-data; boundary=x"
    assert sent({"content-type": kind}, form=True) == {"content-type": kind}


def test_a_client_sees_what_helps_it_and_nothing_of_the_account() -> None:
    upstream = {
        "content-type": "application/json",
        "openai-processing-ms": "12",
        "x-ratelimit-remaining-tokens": "5",
        "retry-after": "1",
        "set-cookie": "a=b",
        "openai-organization": "org-x",
        "access-control-allow-origin": "*",
        "x-oneapi-request-id": "theirs",
        "content-length": "5",
        "content-encoding": "gzip",
        "transfer-encoding": "chunked",
        "connection": "close",
        "server": "cloudflare",
        "x-internal-host": "10.1.2.3",
    }
    names = {name for name, _ in response_headers(upstream)}
    assert names == {"content-type", "openai-processing-ms", "x-ratelimit-remaining-tokens", "retry-after"}


def test_the_proxy_passes_all_but_the_clients_connection_and_credentials() -> None:
    assert proxied_request_headers(request(CLIENT)) == [
        ("content-type", "application/json"),
        ("idempotency-key", "k"),
        ("openai-organization", "org-client"),
        ("user-agent", "sdk/1"),
        ("x-custom", "abc"),
    ]


def test_the_proxy_shows_all_but_the_upstreams_connection_cookies_and_address() -> None:
    upstream = {
        "x-up": "1",
        "content-type": "text/plain",
        "set-cookie": "a=b",
        "access-control-allow-origin": "*",
        "x-oneapi-request-id": "theirs",
        "content-length": "5",
        "connection": "x-hop",
        "x-hop": "1",
        "openai-organization": "org",
        "location": "https://internal.example/x",
    }
    assert proxied_response_headers(upstream) == [("x-up", "1"), ("content-type", "text/plain")]
    assert proxied_response_headers({"location": "/x"}) == [("location", "/x")]


def channel(key: str = "key-1") -> Channel:
    return Channel(1, 1, key, 1, "c")


def test_signers_put_the_key_where_it_is_expected() -> None:
    asked = request({})
    assert auth.bearer(channel(), asked, "m") == (("authorization", "Bearer key-1"),)
    assert auth.api_key(channel(), asked, "m") == (("api-key", "key-1"),)
    assert auth.verbatim(channel("Token t"), asked, "m") == (("authorization", "Token t"),)


def test_anthropic_takes_version_and_beta_from_clients_of_its_own_format() -> None:
    given = {"anthropic-version": "2024-01-01", "anthropic-beta": "my-beta"}
    native = dict(auth.x_api_key(channel(), request(given, dialect="anthropic"), "claude-x"))
    assert native == {"x-api-key": "key-1", "anthropic-version": "2024-01-01", "anthropic-beta": "my-beta"}
    assert "anthropic-beta" not in dict(
        auth.x_api_key(channel(), request({}, dialect="anthropic"), "claude-x")
    )


@pytest.mark.parametrize(
    ("given", "sent"), [("2024-01-01", "2024-01-01"), ("2026-10-21", "2023-06-01"), ("", "2023-06-01")]
)
def test_of_a_translated_request_anthropic_gets_a_version_that_takes_it(given: str, sent: str) -> None:
    translated = dict(auth.x_api_key(channel(), request({"anthropic-version": given}), "claude-x"))
    assert translated["anthropic-version"] == sent


def test_keys_are_trimmed() -> None:
    assert auth.bearer(channel(" key-1\n"), request({}), "m") == (("authorization", "Bearer key-1"),)
    assert auth.bearer(channel("\ufeffkey-1"), request({}), "m") == (("authorization", "Bearer key-1"),)


@pytest.mark.parametrize("key", ["a\r\nx-evil: 1", "a\x00b", "schlüssel", "a\ud800"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ChannelMisconfigured) as caught:
        auth.bearer(channel(key), request({}), "m")
    assert key not in text_of(caught.value, "en")
