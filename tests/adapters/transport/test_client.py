"""What httpx sends over our transport, and what it cannot be brought to do."""

from __future__ import annotations

import asyncio
import json
import ssl
import traceback
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import httpx
import pytest

from oneapi.adapters.transport.client import client_over
from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.adapters.transport.interface import Timeouts
from oneapi.adapters.transport.mock import MockTransport
from oneapi.domain.errors import InvalidParameter, UpstreamBroken, UpstreamGarbage, UpstreamUnreachable
from tests.support.providers.upstream import Answer, Ending, ProgrammableUpstream, raw, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMIT = 1000
SECRET = "the-secret-key"
URL = "http://provider.example/v1"
HALF = reply(b"half")


@pytest.fixture
async def upstream() -> AsyncIterator[ProgrammableUpstream]:
    async with ProgrammableUpstream() as upstream:
        yield upstream


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = Http1Transport(Timeouts(), verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    yield client_over(transport, largest_answer=LIMIT)
    await transport.close()


async def test_form_with_basic_authentication(
    client: httpx.AsyncClient, upstream: ProgrammableUpstream
) -> None:
    upstream.always(None, reply(b"taken"))
    answer = await client.post(upstream.url + "/token?a=b%20c", data={"code": "1&2"}, auth=("us", "er"))
    assert (answer.status_code, answer.content) == (200, b"taken")
    (request,) = upstream.requests
    assert (request.method, request.target) == ("POST", "/token?a=b%20c")
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    assert request.header("authorization") == "Basic dXM6ZXI="
    assert parse_qs(request.body.decode()) == {"code": ["1&2"]}


async def test_json(client: httpx.AsyncClient, upstream: ProgrammableUpstream) -> None:
    upstream.always(None, reply(b"{}"))
    await client.post(upstream.url, json={"code": "渠道"})
    (request,) = upstream.requests
    assert request.header("content-type") == "application/json"
    assert request.header("accept-encoding") == "identity"
    assert json.loads(request.body) == {"code": "渠道"}


async def test_compressed_answer_is_decoded_once(
    client: httpx.AsyncClient, upstream: ProgrammableUpstream
) -> None:
    upstream.always(None, reply(b"plain", gzipped=True))
    assert (await client.get(upstream.url)).content == b"plain"


async def test_header_arrives_in_the_bytes_that_were_given() -> None:
    transport = MockTransport()
    transport.answer(200, {})
    headers = [(b"X-Text", "渠道".encode()), (b"X-Bytes", b"\xff\xfe")]
    await client_over(transport, largest_answer=LIMIT).get(URL, headers=headers)
    (request,) = transport.requests
    sent = {name: value.encode("utf-8", "surrogateescape") for name, value in request.headers.items()}
    assert (sent["x-text"], sent["x-bytes"]) == ("渠道".encode(), b"\xff\xfe")


async def test_password_in_the_url_does_not_replace_a_given_authorization(
    client: httpx.AsyncClient, upstream: ProgrammableUpstream
) -> None:
    upstream.always(None, reply(b""))
    url = upstream.url.replace("://", "://us:er@")
    await client.get(url, headers={"Authorization": "token"})
    await client.get(url)
    assert [each.header("authorization") for each in upstream.requests] == ["token", "Basic dXM6ZXI="]


async def test_answer_as_large_as_the_limit_is_read() -> None:
    transport = MockTransport()
    told = transport.answer(200, {}, b"x", b"y" * (LIMIT - 1))
    answer = await client_over(transport, largest_answer=LIMIT).get(URL)
    assert len(answer.content) == LIMIT
    assert told.released


async def test_answer_beyond_the_limit_is_read_no_further() -> None:
    transport = MockTransport()
    told = transport.answer(200, {}, b"x" * LIMIT, b"y", b"z" * LIMIT)
    with pytest.raises(UpstreamGarbage):
        await client_over(transport, largest_answer=LIMIT).get(URL)
    assert told.reads == 2
    assert told.released


async def test_status_of_an_answer_that_is_too_large_can_be_read() -> None:
    transport = MockTransport()
    told = transport.answer(403, {}, b"x" * (LIMIT + 1))
    async with client_over(transport, largest_answer=LIMIT).stream("GET", URL) as answer:
        assert answer.status_code == 403
    assert told.reads == 0
    assert told.released


@pytest.mark.parametrize("location", ["http://other.example/", "/there", "http://[", "//\x00"])
async def test_no_redirect_is_followed_and_no_cookie_kept(location: str) -> None:
    transport = MockTransport()
    transport.answer(307, {"Location": location, "Set-Cookie": "a=b"})
    transport.answer(200, {})
    client = client_over(transport, largest_answer=LIMIT)
    answer = await client.get(URL, follow_redirects=True)
    assert answer.status_code == 307
    assert len(transport.requests) == 1
    await client.get(URL)
    assert "cookie" not in transport.requests[1].headers


async def test_no_error_holds_the_url(client: httpx.AsyncClient, upstream: ProgrammableUpstream) -> None:
    upstream.enqueue(HALF.stopped(Ending.CLOSE, at_byte=len(HALF.wire) - 1))
    url = f"{upstream.url}/{SECRET}?key={SECRET}"
    with pytest.raises(UpstreamBroken) as broken:
        await client.get(url)
    await upstream.stop()
    with pytest.raises(UpstreamUnreachable) as unreachable:
        await client.get(url)
    with pytest.raises(InvalidParameter) as unknown:
        await client.get(f"ftp://provider.example/{SECRET}")
    with pytest.raises(httpx.InvalidURL) as unreadable:
        await client.get(f"http://provider.example:port/{SECRET}")
    for caught in (broken, unreachable, unknown, unreadable):
        assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "answer", [raw(Ending.STALL), HALF.stopped(Ending.STALL, at_byte=len(HALF.wire) - 1)]
)
async def test_call_that_is_given_up_cuts_its_connection(
    client: httpx.AsyncClient, upstream: ProgrammableUpstream, answer: Answer
) -> None:
    upstream.always(None, answer)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await client.get(upstream.url)
    await upstream.requests[0].abandoned()
