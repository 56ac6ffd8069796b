"""The HTTP/1.1 transport: what leaves on the wire, what comes back, which connection carries it."""

from __future__ import annotations

import asyncio

import pytest

from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.adapters.transport.interface import Response, Timeouts, Transport
from oneapi.domain.errors import InvalidParameter, UpstreamUnreachable
from tests.adapters.transport.conftest import NO_AUTHORITIES
from tests.support.providers.upstream import (
    Ending,
    ProgrammableUpstream,
    chat_reply,
    chat_stream,
    echo,
    raw,
    reply,
    sse,
)

LIMIT = 1 << 20
PATH = "/v1/chat/completions"


async def post(transport: Http1Transport, url: str, body: bytes | None = b"{}") -> Response:
    return await transport.send("POST", url, [("Content-Type", "application/json")], body)


async def fetch(transport: Http1Transport, url: str, body: bytes | None = b"{}") -> tuple[int, bytes]:
    response = await post(transport, url, body)
    content = await response.read(LIMIT)
    response.release()
    return response.status, content


def test_it_is_a_transport() -> None:
    transport: Transport = Http1Transport(Timeouts(), verify=NO_AUTHORITIES)
    assert transport


async def test_a_request_leaves_as_it_was_given(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, echo)
    url = f"{upstream.url}/v1/x%2Fy?api-version=1&q=a%20b#fragment"
    response = await transport.send(
        "PATCH", url, [("Authorization", "Bearer sk"), ("X-Name", "käse \udcff")], b'{"a":1}'
    )
    assert response.status == 200
    assert response.headers["content-type"] == "application/json"
    (request,) = upstream.requests
    assert (request.method, request.target) == ("PATCH", "/v1/x%2Fy?api-version=1&q=a%20b")
    assert request.body == b'{"a":1}'
    assert request.headers == [
        ("Host", f"127.0.0.1:{upstream.port}"),
        ("Authorization", "Bearer sk"),
        ("X-Name", "käse ".encode().decode("latin-1") + "\xff"),
        ("Accept-Encoding", "identity"),
        ("Content-Length", "7"),
    ]
    response.release()


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [("GET", None, None), ("POST", None, "0"), ("POST", b"", "0"), ("DELETE", None, None)],
)
async def test_a_body_always_has_its_length(
    upstream: ProgrammableUpstream,
    transport: Http1Transport,
    method: str,
    body: bytes | None,
    length: str | None,
) -> None:
    upstream.always(None, echo)
    (await transport.send(method, upstream.url, [], body)).release()
    assert upstream.requests[0].header("content-length") == length
    assert upstream.requests[0].target == "/"


async def test_framing_is_not_the_callers_business(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, echo)
    given = [
        ("Content-Length", "99"),
        ("transfer-encoding", "chunked"),
        ("HOST", "elsewhere"),
        ("Connection", "close"),
        ("Expect", "100-continue"),
        ("Proxy-Authorization", "Basic x"),
        ("Accept-Encoding", "gzip"),
    ]
    await fetch_with(transport, upstream.url, given)
    assert upstream.requests[0].headers == [
        ("Host", f"127.0.0.1:{upstream.port}"),
        ("Accept-Encoding", "gzip"),
        ("Content-Length", "2"),
    ]


async def fetch_with(transport: Http1Transport, url: str, headers: list[tuple[str, str]]) -> bytes:
    response = await transport.send("POST", url, headers, b"{}")
    content = await response.read(LIMIT)
    response.release()
    return content


async def test_a_user_in_the_url_is_sent_only_without_authorization(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, echo)
    url = upstream.url.replace("//", "//us%40er:pa%3Ass@")
    await fetch_with(transport, url, [])
    await fetch_with(transport, url, [("authorization", "Bearer sk")])
    sent = [request.header("authorization") for request in upstream.requests]
    assert sent == ["Basic dXNAZXI6cGE6c3M=", "Bearer sk"]


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET / HTTP/1.1\r\nX: y\r\n\r\nGET", "/", []),
        ("", "/", []),
        ("GET", "/a b", []),
        ("GET", "/a\r\nX: y", []),
        ("GET", "/a\nb", []),
        ("GET", "/a\x00b", []),
        ("GET", "/", [("X", "a\r\nY: b")]),
        ("GET", "/", [("X", "a\nb")]),
        ("GET", "/", [("X", "a\rb")]),
        ("GET", "/", [("X", "a\x00b")]),
        ("GET", "/", [("X: a\r\nY", "b")]),
        ("GET", "/", [("X ", "b")]),
        ("GET", "/", [("", "b")]),
        ("GET", "/", [("X", "\ud800")]),
    ],
)
async def test_nothing_can_be_injected(
    upstream: ProgrammableUpstream,
    transport: Http1Transport,
    method: str,
    path: str,
    headers: list[tuple[str, str]],
) -> None:
    with pytest.raises(InvalidParameter):
        await transport.send(method, upstream.url + path, headers, None)
    await asyncio.sleep(0.01)
    assert upstream.connections == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/v1",
        "ftp://host/",
        "http://",
        "http://:80/",
        "http://host:99999/",
        "http://[::1/",
        "http://host:0/",
    ],
)
async def test_an_unusable_url_is_refused_without_repeating_it(transport: Http1Transport, url: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        await transport.send("GET", f"{url}?key=secret", [], None)
    assert "secret" not in str(caught.value)


async def test_text_that_is_not_ascii_is_percent_encoded(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, echo)
    await fetch(transport, f"{upstream.url}/模型?q=é%20")
    assert upstream.requests[0].target == "/%E6%A8%A1%E5%9E%8B?q=%C3%A9%20"


# --- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, b"abc"),
        (
            (
                b"HTTP/1.1 200 OK\r\ntransfer-ENCODING: Chunked\r\n\r\n"
                b"1\r\na\r\n2;x=y\r\nbc\r\n0\r\nT: v\r\n\r\n"
            ),
            200,
            b"abc",
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, b""),
        (
            (
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
                b"HTTP/1.1 201 \r\nContent-Length: 1\r\n\r\na"
            ),
            201,
            b"a",
        ),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 1\r\n\r\na", 302, b"a"),
        (b"HTTP/1.1 500\r\nContent-Length: 0\r\n\r\n", 500, b""),
    ],
    ids=["length", "chunked with trailer", "204", "304", "interim answers", "redirect", "no reason"],
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_an_answer_is_read_to_its_end_and_the_connection_kept(
    upstream: ProgrammableUpstream,
    transport: Http1Transport,
    wire: bytes,
    status: int,
    body: bytes,
    size: int,
) -> None:
    answer = raw(wire)
    upstream.always(None, answer if size > len(wire) else answer.dripping(0.0, size))
    for _ in range(3):
        assert await fetch(transport, upstream.url) == (status, body)
    assert len(upstream.requests) == 3
    assert len(upstream.connections) == 1


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.1 200 OK\r\n\r\nabc",
        b"HTTP/1.0 200 OK\r\n\r\nabc",
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
    ],
)
async def test_an_answer_that_ends_its_connection(
    upstream: ProgrammableUpstream, transport: Http1Transport, wire: bytes
) -> None:
    upstream.always(None, raw(wire, Ending.CLOSE))
    for _ in range(2):
        assert await fetch(transport, upstream.url) == (200, b"abc")
    assert len(upstream.connections) == 2


@pytest.mark.parametrize(
    "wire",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc",
    ],
)
async def test_a_connection_announced_to_end_is_left_even_if_it_stays_open(
    upstream: ProgrammableUpstream, transport: Http1Transport, wire: bytes
) -> None:
    upstream.always(None, raw(wire))
    for _ in range(2):
        assert await fetch(transport, upstream.url) == (200, b"abc")
    await asyncio.sleep(0.02)
    assert (len(upstream.connections), upstream.open_connections) == (2, 0)


async def test_an_answer_to_head_has_no_body(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, raw(b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n"))
    response = await transport.send("HEAD", upstream.url, [], None)
    assert (response.status, response.headers["content-length"]) == (200, "300")
    assert await response.read(0) == b""
    response.release()
    assert (await transport.send("HEAD", upstream.url, [], None)).status == 200


async def test_headers_are_in_lower_case_and_the_last_wins(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    lines = b"X-Request-ID: 1\r\nEmpty:\r\nX-REQUEST-ID: 2\r\nB: caf\xe9\r\nContent-Length: 0\r\n"
    upstream.always(None, raw(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n"))
    response = await post(transport, upstream.url)
    assert response.headers == {"x-request-id": "2", "empty": "", "b": "café", "content-length": "0"}
    response.release()


async def test_pieces_come_as_they_come(upstream: ProgrammableUpstream, transport: Http1Transport) -> None:
    upstream.always(None, sse(["a\n\n", "b\n\n", "c\n\n"], delay=0.03, done=False))
    response = await post(transport, upstream.url)
    pieces = [await response.next() for _ in range(4)]
    assert pieces == [b"a\n\n", b"b\n\n", b"c\n\n", b""]
    assert await response.next() == b""
    response.release()


async def test_what_has_arrived_comes_joined(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, sse(["a", "b", "c"], done=False))
    response = await post(transport, upstream.url)
    await asyncio.sleep(0.05)
    assert await response.next() == b"abc"
    assert await response.next() == b""
    response.release()


async def test_a_large_request_and_a_large_answer(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, lambda request: reply(request.body[::-1]))
    body = bytes(range(256)) * 4096 * 4
    response = await post(transport, upstream.url, body)
    assert await response.read(len(body)) == body[::-1]
    response.release()
    assert await fetch(transport, upstream.url, b"ab") == (200, b"ba")
    assert len(upstream.connections) == 1


# --- the pool ----------------------------------------------------------------------------------


async def test_connections_are_used_again(upstream: ProgrammableUpstream, transport: Http1Transport) -> None:
    upstream.always(PATH, chat_stream(["a", "b"]))
    upstream.always("/v1/embeddings", chat_reply())
    for _ in range(3):
        await fetch(transport, upstream.url + PATH)
        await fetch(transport, upstream.url + "/v1/embeddings")
    assert (len(upstream.requests), len(upstream.connections)) == (6, 1)


async def test_requests_at_once_have_a_connection_each(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, lambda request: reply(request.body).after(0.02))
    for _ in range(2):
        results = await asyncio.gather(*(fetch(transport, upstream.url, b"%d" % i) for i in range(20)))
        assert results == [(200, b"%d" % i) for i in range(20)]
    assert len(upstream.connections) == 20


async def test_the_pool_of_an_origin_is_bounded(upstream: ProgrammableUpstream) -> None:
    transport = Http1Transport(Timeouts(), verify=NO_AUTHORITIES, max_idle_per_origin=3)
    upstream.always(None, chat_reply().after(0.02))
    await asyncio.gather(*(fetch(transport, upstream.url) for _ in range(10)))
    await asyncio.sleep(0.02)
    assert upstream.open_connections == 3
    await transport.close()
    await asyncio.sleep(0.02)
    assert upstream.open_connections == 0


async def test_an_answer_not_read_to_its_end_cuts_its_connection(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, chat_stream(["a"] * 100, delay=0.01))
    response = await post(transport, upstream.url)
    await response.next()
    response.release()
    response.release()
    assert await upstream.requests[0].abandoned() < 0.5
    with pytest.raises(RuntimeError):
        await response.next()


async def test_an_answer_that_ended_unread_keeps_its_connection(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, chat_stream(["a", "b"]))
    for _ in range(3):
        response = await post(transport, upstream.url)
        await asyncio.sleep(0.02)
        response.release()
    assert len(upstream.connections) == 1


async def test_a_released_answer_cannot_touch_the_next_one(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.enqueue(reply(b"first"), reply(b"second"))
    first = await post(transport, upstream.url)
    await first.read(LIMIT)
    first.release()
    second = await post(transport, upstream.url)
    first.release()
    assert await second.read(LIMIT) == b"second"
    second.release()
    assert len(upstream.connections) == 1


async def test_idle_connections_are_given_up(upstream: ProgrammableUpstream) -> None:
    transport = Http1Transport(Timeouts(), verify=NO_AUTHORITIES, idle_lifetime=0.1)
    upstream.always(None, chat_reply())
    await fetch(transport, upstream.url)
    await asyncio.sleep(0.05)
    await fetch(transport, upstream.url)
    await asyncio.sleep(0.07)
    assert (len(upstream.connections), upstream.open_connections) == (1, 1)
    await asyncio.sleep(0.15)
    assert upstream.open_connections == 0
    await fetch(transport, upstream.url)
    assert len(upstream.connections) == 2
    await transport.close()


async def test_what_comes_unasked_on_an_idle_connection_is_not_the_next_answer(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    stray = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"
    upstream.enqueue(raw(*reply(b"first").steps, 0.02, stray), reply(b"second"))
    assert await fetch(transport, upstream.url) == (200, b"first")
    await asyncio.sleep(0.05)
    assert await fetch(transport, upstream.url) == (200, b"second")
    assert len(upstream.connections) == 2


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, chat_reply())
    for _ in range(5):
        status, _body = await fetch(transport, upstream.url)
        assert status == 200
        upstream.drop_connections()
        await asyncio.sleep(0.02)
    assert (len(upstream.requests), len(upstream.connections)) == (5, 5)


async def test_a_kept_connection_whose_end_has_arrived_unseen_is_replaced(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    """The loop has had no chance to look at the socket since the other side closed it."""
    upstream.always(None, chat_reply())
    for _ in range(5):
        status, _body = await fetch(transport, upstream.url)
        assert status == 200
        upstream.connections[-1].half_close()
    assert (len(upstream.requests), len(upstream.connections)) == (5, 5)


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
@pytest.mark.parametrize("silence", [0, 0.1])
@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("body", [b"{}", b"x" * 200_000, None])
async def test_a_request_that_was_sent_is_never_sent_again(
    upstream: ProgrammableUpstream,
    transport: Http1Transport,
    ending: Ending,
    silence: float,
    body: bytes | None,
    *,
    kept: bool,
) -> None:
    upstream.enqueue(*[chat_reply()] * kept, raw(silence, ending), reply(b"again"))
    if kept:
        await fetch(transport, upstream.url)
    with pytest.raises(UpstreamUnreachable):
        await fetch(transport, upstream.url, body)
    assert len(upstream.requests) == 1 + kept
    assert await fetch(transport, upstream.url) == (200, b"again")


async def test_a_request_of_which_nothing_was_sent_goes_out_on_another_connection(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    upstream.always(None, chat_reply())
    await fetch(transport, upstream.url)
    task = asyncio.ensure_future(fetch(transport, upstream.url))
    await asyncio.sleep(0)  # it is about to be written
    next(iter(transport._living)).transport.abort()  # noqa: SLF001  # as a reset at this moment would
    assert (await task)[0] == 200
    assert (len(upstream.requests), len(upstream.connections)) == (2, 2)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("timeout=1", 0),
        ("timeout=0", 0),
        ("max=5, timeout=1", 0),
        ("timeout=60", 1),
        ("max=5", 1),
        ("odd", 1),
    ],
)
async def test_a_connection_is_given_up_before_the_other_side_does(
    upstream: ProgrammableUpstream, transport: Http1Transport, said: str, kept: int
) -> None:
    upstream.always(None, reply(b"x", headers={"Keep-Alive": said}))
    for _ in range(2):
        await fetch(transport, upstream.url)
    assert len(upstream.connections) == 2 - kept


async def test_a_chunk_of_another_answer_is_never_mixed_in(
    upstream: ProgrammableUpstream, transport: Http1Transport
) -> None:
    """Every second answer is left in its middle; the others must be whole and their own."""
    upstream.always(None, lambda request: sse([request.body] * 5, delay=0.002, done=False))

    async def one(number: int) -> None:
        response = await post(transport, upstream.url, b"<%d>" % number)
        if number % 2:
            assert (await response.next()).replace(b"<%d>" % number, b"") == b""
        else:
            assert await response.read(LIMIT) == b"<%d>" % number * 5
        response.release()

    for start in range(0, 60, 20):
        await asyncio.gather(*(one(start + i) for i in range(20)))
