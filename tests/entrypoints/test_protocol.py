"""Heads of requests and answers on the wire, over a real connection."""

from __future__ import annotations

import asyncio
import itertools
import socket
from typing import TYPE_CHECKING, Any

import pytest
from sanic import Blueprint, HTTPResponse, Request

from oneapi.entrypoints.http.app import create_app
from oneapi.entrypoints.http.protocol import GatewayProtocol
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Ask = Any
#: Of applications: Sanic knows each by its name.
NUMBERS = itertools.count()


def blueprint() -> Blueprint:
    pages = Blueprint("pages")

    @pages.route("/echo", methods=["GET", "HEAD", "POST"], name="echo")  # type: ignore[untyped-decorator]  # Sanic's
    async def echo(request: Request) -> HTTPResponse:
        said = request.headers.get("x-said", "")
        return HTTPResponse(request.body or b"nothing", headers={"x-said": said}, content_type="text/plain")

    @pages.get("/header", name="header")
    async def header(_: Request) -> HTTPResponse:
        return HTTPResponse(b"", headers={"x-odd": "a\r\nset-cookie: b\0", "x-own": "ä"})

    @pages.get("/empty", name="empty")
    async def empty(_: Request) -> HTTPResponse:
        return HTTPResponse(status=204)

    @pages.get("/pieces", name="pieces")
    async def pieces(request: Request) -> None:
        response = await request.respond(content_type="text/plain")
        for piece in ("one", "", "two"):
            await response.send(piece)
        await response.eof()

    return pages


def marked_blueprint() -> Blueprint:
    """One whose answers pass a middleware of its own."""
    pages = Blueprint("marked")

    @pages.get("/marked", name="marked")
    async def marked(_: Request) -> HTTPResponse:
        return HTTPResponse(b"page")

    async def mark(_: Request, response: HTTPResponse) -> None:
        response.headers["x-mark"] = "1"

    pages.on_response(mark)  # type: ignore[no-untyped-call]  # Sanic's
    return pages


@pytest.fixture
async def ask() -> AsyncIterator[Ask]:
    """Send bytes on a new connection; what comes back, until it is closed or silent."""
    app = create_app(
        Settings.from_environment({}), [blueprint(), marked_blueprint()], name=f"protocol-{next(NUMBERS)}"
    )
    app.config.TOUCHUP = False  # it rewrites Sanic itself, for one application a process
    listener = socket.create_server(("127.0.0.1", 0))
    server: Any = await app.create_server(sock=listener, protocol=GatewayProtocol, return_asyncio_server=True)
    await server.startup()
    await server.start_serving()

    async def send(*pieces: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.01)
        received = b""
        try:
            while piece := await asyncio.wait_for(reader.read(65536), 0.2):
                received += piece
        except TimeoutError:
            pass
        writer.close()
        return received

    yield send
    server.close()
    await server.wait_closed()
    listener.close()


def parts(answer: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    return status, dict(line.split(b": ", 1) for line in lines), body


GET = b"GET %b HTTP/1.1\r\nHost: h\r\n%b\r\n"


async def test_an_answer_has_its_length_and_the_request_id(ask: Ask) -> None:
    status, headers, body = parts(await ask(GET % (b"/echo", b"X-Said:  hello \t\r\n")))
    assert (status, body) == (b"HTTP/1.1 200 OK", b"nothing")
    assert headers.pop(b"X-Oneapi-Request-Id").startswith(b"20")
    assert headers == {
        b"x-said": b"hello",
        b"content-type": b"text/plain",
        b"content-length": b"7",
        b"connection": b"keep-alive",
    }


async def test_a_blueprint_may_have_a_middleware_for_its_own_answers(ask: Ask) -> None:
    assert parts(await ask(GET % (b"/marked", b"")))[1][b"x-mark"] == b"1"
    assert b"x-mark" not in parts(await ask(GET % (b"/echo", b"")))[1]


async def test_a_connection_carries_one_request_after_another(ask: Ask) -> None:
    post = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n%b"
    received = await ask(post % b"one", post % b"two" + post % b"thr")
    assert [answer[:3] for answer in received.split(b"\r\n\r\n")[1:]] == [b"one", b"two", b"thr"]


async def test_a_head_may_come_byte_by_byte(ask: Ask) -> None:
    whole = GET % (b"/echo", b"")
    assert parts(await ask(*(whole[at : at + 1] for at in range(len(whole)))))[2] == b"nothing"


async def test_a_body_may_come_in_chunks(ask: Ask) -> None:
    start = b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert parts(await ask(start, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"))[2] == b"abcde"


async def test_whoever_waits_for_leave_to_send_gets_it(ask: Ask) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    received = await ask(head, b"abc")
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\r\n\r\nabc")


async def test_a_stream_is_sent_piece_by_piece(ask: Ask) -> None:
    status, headers, body = parts(await ask(GET % (b"/pieces", b"")))
    assert (status, headers[b"transfer-encoding"]) == (b"HTTP/1.1 200 OK", b"chunked")
    assert body == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("request_head", "kept"),
    [
        (GET % (b"/echo", b"Connection: close\r\n"), b"close"),
        (b"GET /echo HTTP/1.0\r\n\r\n", b"close"),
        (b"GET /echo HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", b"keep-alive"),
    ],
)
async def test_the_client_decides_whether_the_connection_is_kept(
    ask: Ask, request_head: bytes, kept: bytes
) -> None:
    assert parts(await ask(request_head))[1][b"connection"] == kept


async def test_answers_without_a_body_have_none(ask: Ask) -> None:
    assert parts(await ask(GET % (b"/empty", b"")))[0].startswith(b"HTTP/1.1 204")
    status, headers, body = parts(await ask(b"HEAD /echo HTTP/1.1\r\nHost: h\r\n\r\n"))
    assert (status, headers[b"content-length"], body) == (b"HTTP/1.1 200 OK", b"7", b"")


async def test_no_value_becomes_a_header_of_its_own(ask: Ask) -> None:
    headers = parts(await ask(GET % (b"/header", b"")))[1]
    assert headers[b"x-odd"] == b"aset-cookie: b"
    assert headers[b"x-own"] == "ä".encode()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /echo\r\n\r\n",
        b"GET /echo HTTP/2.0\r\n\r\n",
        b"GET  /echo HTTP/1.1\r\n\r\n",
        b"GET /\xc3\xa4 HTTP/1.1\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nX-Said : blank\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nX-Said: a\nb: c\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nContent-Length: chunked\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nabc",
    ],
)
async def test_a_malformed_head_is_refused_and_the_connection_closed(ask: Ask, head: bytes) -> None:
    status, headers, body = parts(await ask(head + GET % (b"/echo", b"")))
    assert status == b"HTTP/1.1 400 Bad Request"
    assert headers[b"connection"] == b"close"
    assert b"nothing" not in body


async def test_a_head_without_end_is_refused(ask: Ask) -> None:
    status, *_ = parts(await ask(b"GET /echo HTTP/1.1\r\nX-Said: " + b"a" * 20_000))
    assert status.startswith(b"HTTP/1.1 413")


async def test_an_expectation_that_nobody_knows_is_refused(ask: Ask) -> None:
    head = b"POST /echo HTTP/1.1\r\nContent-Length: 3\r\nExpect: wonders\r\n\r\nabc"
    assert parts(await ask(head))[0].startswith(b"HTTP/1.1 4")
