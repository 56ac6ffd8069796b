"""URLs of requests go where the rows say, and nowhere else, whatever model names and paths contain."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.providers.urls import kept_query, target_url
from oneapi.domain.errors import CallerError, ChannelMisconfigured, MalformedRequest, UnsupportedEndpoint
from oneapi.domain.requests import RelayRequest
from oneapi.domain.routing.channels import Channel
from oneapi.domain.work import Work
from oneapi.entrypoints.errors.answers import name_of, status_of, text_of
from tests.support.gateway.gateways import call_of

AZURE: dict[str, Any] = {"base_url": "https://res.openai.azure.com", "config": {"api_version": "2024-06-01"}}


def url_of(request: RelayRequest, channel: Channel, model: str = "") -> str:
    call = call_of(request, channel, model)
    return target_url(call.spec, call.offer, channel, request, call.model)


def url(
    number: int,
    work: Work = Work.CONVERSE,
    model: str = "m",
    *,
    query: str = "",
    path: str = "",
    **channel: Any,
) -> str:
    found = Channel(7, number, "key", 1, "c", **channel)
    request = RelayRequest(work, "openai_chat", model, b"", query=query, path=path)
    return url_of(request, found, model)


def test_a_plain_row_is_base_path_and_query() -> None:
    assert url(1, query="a=1&b=%20") == "https://api.openai.com/v1/chat/completions?a=1&b=%20"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://h.example", "https://h.example/v1/chat/completions"),
        ("https://h.example/", "https://h.example/v1/chat/completions"),
        (" https://h.example/a/ ", "https://h.example/a/v1/chat/completions"),
        ("https://h.example/v1", "https://h.example/v1/chat/completions"),
        ("HTTP://h.example:8080", "http://h.example:8080/v1/chat/completions"),
        ("https://user:secret@h.example", "https://user:secret@h.example/v1/chat/completions"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4/v1/chat/completions"),
        ("http://[::1]:8000", "http://[::1]:8000/v1/chat/completions"),
    ],
)
def test_base_urls_are_made_uniform(base: str, expected: str) -> None:
    assert url(8, base_url=base) == expected


@pytest.mark.parametrize(
    "base",
    [
        "",
        "  ",
        "h.example",
        "http//h.example",
        "ftp://h.example",
        "https://",
        "https://h/?key=1",
        "https://h/#a",
        "https://h/a b",
        "https://h\r\nx: y",
        "https:///v1",
        "file:///etc/passwd",
    ],
)
def test_a_base_url_that_is_none_is_refused_with_the_reason(base: str) -> None:
    with pytest.raises(ChannelMisconfigured, match="base URL"):
        url(8, base_url=base)


def test_azure_drops_the_clients_query() -> None:
    expected = "https://res.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-06-01"
    assert url(3, query="api-version=2099-01-01", **AZURE) == expected


@pytest.mark.parametrize("work", PATHS)
@pytest.mark.parametrize(
    ("model", "deployment"),
    [
        ("gpt-4.1", "gpt-4.1"),
        ("gpt-4.1-mini", "gpt-4.1-mini"),
        ("gpt-5.2", "gpt-5.2"),
        ("tts-1.5", "tts-1.5"),
        ("gpt-3.5-turbo", "gpt-35-turbo"),
        ("gpt-3.5-turbo-16k", "gpt-35-turbo-16k"),
        ("gpt-3.5-turbo-instruct-0914.x", "gpt-35-turbo-instruct-0914.x"),
        ("gpt-35-turbo", "gpt-35-turbo"),
        ("my-gpt-3.5", "my-gpt-3.5"),
        ("a b/c", "a%20b%2Fc"),
    ],
)
def test_azure_calls_a_deployment_as_its_operator_did(work: Work, model: str, deployment: str) -> None:
    assert urlsplit(url(3, work, model, **AZURE)).path == f"/openai/deployments/{deployment}{PATHS[work]}"


@pytest.mark.parametrize("work", PATHS)
@pytest.mark.parametrize("name", ["gpt-3.5-turbo", "our.gpt-3.5", "gpt-4.1"])
def test_a_mapped_name_is_the_deployments(work: Work, name: str) -> None:
    channel = Channel(7, 3, "key", 1, "c", model_mapping={"gpt-3.5-turbo": name}, **AZURE)
    request = RelayRequest(work, "openai_chat", "gpt-3.5-turbo", b"")
    found = url_of(request, channel)
    assert urlsplit(found).path == f"/openai/deployments/{name}{PATHS[work]}"


def test_azure_without_a_version_says_what_is_missing() -> None:
    with pytest.raises(ChannelMisconfigured, match="api_version"):
        url(3, base_url="https://res.openai.azure.com")


def test_the_engines_route_goes_to_embeddings() -> None:
    path = "/v1/engines/ada/embeddings"
    assert url(1, Work.EMBED, path=path) == "https://api.openai.com/v1/embeddings"
    assert "/deployments/m/embeddings?" in url(3, Work.EMBED, path=path, **AZURE)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, "https://gateway.ai.cloudflare.com/v1/A/G/openai/chat/completions"),
        (3, "https://gateway.ai.cloudflare.com/v1/A/G/openai/m/chat/completions?api-version=2024-06-01"),
        (8, "https://gateway.ai.cloudflare.com/v1/A/G/openai/v1/chat/completions"),
    ],
)
def test_on_the_ai_gateway_the_usual_prefix_is_left_out(number: int, expected: str) -> None:
    channel = {**AZURE, "base_url": "https://gateway.ai.cloudflare.com/v1/A/G/openai"}
    assert url(number, **channel) == expected


@pytest.mark.parametrize(
    ("number", "work"),
    [
        (27, Work.COMPLETE),
        (27, Work.EMBED),
        (40, Work.MODERATE),
        (41, Work.EMBED),
        (47, Work.COMPLETE),
        (49, Work.EDIT),
        (14, Work.EMBED),
        (43, Work.CONVERSE),
        (1, Work.PROXY),
    ],
)
def test_what_a_row_does_not_have_is_refused_before_anything_is_sent(number: int, work: Work) -> None:
    with pytest.raises(UnsupportedEndpoint) as caught:
        url(number, work, base_url="https://h.example")
    assert text_of(caught.value, "en") == f"{PATHS.get(work, '/proxy')[1:]} is not supported by this channel"
    assert (status_of(caught.value), name_of(caught.value).code) == (400, "unsupported_mode")


HOSTILE = [
    "../../x",
    "a?key=1",
    "%2f",
    "a/b",
    "a#b",
    "a b",
    "..%2f",
    "é",
    "\r\nHost: evil",
    "{api_version}",
    "%2e%2e",
]


@pytest.mark.parametrize("model", HOSTILE)
@pytest.mark.parametrize("work", [Work.CONVERSE, Work.DRAW])
def test_a_model_name_is_one_segment(model: str, work: Work) -> None:
    parts = urlsplit(url(3, work, model, **AZURE))
    assert (parts.netloc, parts.query, parts.fragment) == (
        "res.openai.azure.com",
        "api-version=2024-06-01",
        "",
    )
    before, deployment, after = (
        parts.path.split("/", 4)[1:3],
        parts.path.split("/")[3],
        parts.path.split("/", 4)[4],
    )
    assert before == ["openai", "deployments"]
    assert after == PATHS[work][1:]
    assert unquote(deployment) == model


@pytest.mark.parametrize("model", ["", ".", "..", "\ud800"])
@pytest.mark.parametrize("work", [Work.CONVERSE, Work.DRAW])
def test_a_model_name_that_cannot_be_a_segment_is_refused(model: str, work: Work) -> None:
    with pytest.raises(CallerError):
        url(3, work, model, **AZURE)


def proxied(target: str, query: str = "", base: str = "https://h.example/base") -> str:
    return url(43, Work.PROXY, "", path=target, query=query, base_url=base)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/v2/items", "https://h.example/base/v2/items"),
        ("v2/items", "https://h.example/base/v2/items"),
        ("", "https://h.example/base"),
        ("/", "https://h.example/base/"),
        ("/a%2Fb/%C3%A9", "https://h.example/base/a%2Fb/%C3%A9"),
        ("//evil.example/x", "https://h.example/base//evil.example/x"),
        ("/@evil.example", "https://h.example/base/@evil.example"),
        ("/a/./b/...", "https://h.example/base/a/./b/..."),
        ("/v1/embeddings", "https://h.example/base/v1/embeddings"),
        ("/é x", "https://h.example/base/%C3%A9%20x"),
        ("/a\r\nHost: evil", "https://h.example/base/a%0D%0AHost:%20evil"),
    ],
)
def test_a_proxied_path_stays_below_the_base_url(target: str, expected: str) -> None:
    assert proxied(target) == expected


@pytest.mark.parametrize(
    "target",
    ["/..", "/a/../../x", "/%2e%2e/x", "/%2E./x", "/..%2fx", "/a\\..\\x", "/%252e%252e/x", "/a/%2e%2e%5cx"],
)
def test_a_proxied_path_may_not_climb(target: str) -> None:
    with pytest.raises(MalformedRequest):
        proxied(target)


@pytest.mark.parametrize(
    "target",
    [
        "/..;/x",
        "/..;a=b/x",
        "/x/..%3b/y",
        "/%25252e%25252e/x",
        "/%2525252e%2525252e/x",
        "/%c0%ae%c0%ae/x",
        "/%25c0%25ae./x",
        "/%ef%bc%8e%ef%bc%8e/x",
        "/\u2025/x",
        "/.%00./x",
        "/.%09./x",
        "/..%20/x",
        "/%20../x",
        "/a%5c..%5cx",
        "/" + "%" + "25" * 20 + "2e",
    ],
)
def test_no_spelling_of_a_path_climbs(target: str) -> None:
    with pytest.raises(MalformedRequest):
        proxied(target)


@pytest.mark.parametrize(
    "query",
    [
        "a=1&b=%20",
        "a=1;b=2",
        "a",
        "=",
        "",
        "&&",
        "modelling=1",
        "keyword=x",
        "tokens=1",
        "c[]=1&c[]=2",
        "next=%2Fmodel",
        "user=me",
    ],
)
def test_the_query_as_such_is_kept(query: str) -> None:
    assert url(1, query=query) == "https://api.openai.com/v1/chat/completions" + (
        f"?{query}" if query else ""
    )


@pytest.mark.parametrize(
    "piece",
    [
        "model=DEAR",
        "MODEL=DEAR",
        "%6Dodel=DEAR",
        "%256Dodel=DEAR",
        "model[]=DEAR",
        "model%5B0%5D=DEAR",
        "+model=DEAR",
        "model",
        "engine=x",
        "deployment-id=x",
        "api-version=evil",
        "api_version=evil",
        "key=x",
        "access_token=x",
        "X-Goog-Api-Key=x",
        "$alt=sse",
        "n=10",
        "quality=hd",
        "stream=true",
    ],
)
@pytest.mark.parametrize("place", ["{}", "a=1&{}", "{}&a=1", "a=1;{}", "a=1&{}&{}"])
@pytest.mark.parametrize("number", [1, 8, 20, 50])
def test_no_parameter_of_the_query_decides(piece: str, place: str, number: int) -> None:
    found = urlsplit(url(number, Work.EMBED, query=place.format(piece, piece), base_url="https://h"))
    assert found.query == ("a=1" if "a=1" in place else "")


@given(st.text(alphabet="amodel=&;%6D+[]0"))
def test_what_is_left_names_no_model(query: str) -> None:
    for piece in kept_query(query).replace(";", "&").split("&"):
        name = unquote(unquote(piece.partition("=")[0])).replace("+", "").partition("[")[0]
        assert name.strip().lower() != "model"


def test_a_proxied_query_passes_raw_and_only_as_a_query() -> None:
    assert proxied("/x", "a=1&b=%2F&c[]=2") == "https://h.example/base/x?a=1&b=%2F&c[]=2"
    assert proxied("/x", "a#b c\r\n") == "https://h.example/base/x?a%23b%20c%0D%0A"


@given(st.text(alphabet=st.characters(codec="utf-8")), st.text(alphabet=st.characters(codec="utf-8")))
def test_no_path_or_query_changes_host_or_prefix(target: str, query: str) -> None:
    try:
        parts = urlsplit(proxied(target, query))
    except MalformedRequest:
        return
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "h.example", "")
    assert parts.path == "/base" or parts.path.startswith("/base/")
