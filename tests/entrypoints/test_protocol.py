"""Heads of requests and answers on a real connection."""

from __future__ import annotations

import asyncio
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sanic.exceptions import BadRequest

from oneapi.entrypoints.http.capacity import Capacity
from oneapi.entrypoints.http.protocol.exchanges import GatewayHttp

if TYPE_CHECKING:
    from tests.support.clients.wire import Wire


def parts(answer: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    return status, dict(line.split(b": ", 1) for line in lines), body


GET = b"GET %b HTTP/1.1\r\nHost: h\r\n%b\r\n"


async def test_an_answer_has_its_length_and_the_request_id(ask: Wire) -> None:
    status, headers, body = parts(await ask(GET % (b"/echo", b"X-Said:  hello \t\r\n")))
    assert (status, body) == (b"HTTP/1.1 200 OK", b"nothing")
    assert headers.pop(b"X-Oneapi-Request-Id").startswith(b"20")
    assert headers == {
        b"x-said": b"hello",
        b"content-type": b"text/plain",
        b"content-length": b"7",
        b"connection": b"keep-alive",
    }


async def test_a_blueprint_may_have_a_middleware_for_its_own_answers(ask: Wire) -> None:
    assert parts(await ask(GET % (b"/marked", b"")))[1][b"x-mark"] == b"1"
    assert b"x-mark" not in parts(await ask(GET % (b"/echo", b"")))[1]


async def test_a_connection_carries_one_request_after_another(ask: Wire) -> None:
    post = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n%b"
    received = await ask(post % b"one", post % b"two" + post % b"thr")
    assert [answer[:3] for answer in received.split(b"\r\n\r\n")[1:]] == [b"one", b"two", b"thr"]


async def test_a_head_may_arrive_byte_by_byte(ask: Wire) -> None:
    whole = GET % (b"/echo", b"")
    assert parts(await ask(*(whole[at : at + 1] for at in range(len(whole)))))[2] == b"nothing"


async def test_a_body_may_arrive_in_chunks(ask: Wire) -> None:
    start = b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert parts(await ask(start, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"))[2] == b"abcde"


CHUNKED = b"POST /echo?known=1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n%b"
NEXT = GET % (b"/echo", b"X-Said: next\r\n")


@pytest.mark.parametrize(
    ("framed", "body"),
    [
        (b"0\r\n\r\n", b""),
        (b"000\r\n\r\n", b""),
        (b"a;name=value\r\n0123456789\r\n0;last\r\n\r\n", b"0123456789"),
        (b"3\r\nabc\r\n00B\r\n01234567890\r\n0\r\n\r\n", b"abc01234567890"),
        (b"3\r\n\r\n0\r\n0\r\nChecksum: x\r\nother:\r\n\r\n", b"\r\n0"),
    ],
)
async def test_chunks_are_read_as_defined(ask: Wire, framed: bytes, body: bytes) -> None:
    received = await ask(CHUNKED % framed + NEXT)
    first, second = received.split(b"HTTP/1.1 200 OK")[1:]
    assert first.endswith(b"\r\n\r\n" + (body or b"nothing"))
    assert b"x-said: next" in second


@pytest.mark.parametrize(
    "framed",
    [
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b" 3\r\nabc\r\n0\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b"3 ;x\r\nabc\r\n0\r\n\r\n",
        b"\t3\r\nabc\r\n0\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
        "\N{ARABIC-INDIC DIGIT THREE}\r\nabc\r\n0\r\n\r\n".encode(),
        "\N{FULLWIDTH DIGIT THREE}\r\nabc\r\n0\r\n\r\n".encode(),
        b"\r\nabc\r\n0\r\n\r\n",
        b";x\r\nabc\r\n0\r\n\r\n",
        b"\r\n3\r\nabc\r\n0\r\n\r\n",
        b"3\nabc\r\n0\r\n\r\n",
        b"3\rabc\r\n0\r\n\r\n",
        b"3;a\nb\r\nabc\r\n0\r\n\r\n",
        b"3;a\rb\r\nabc\r\n0\r\n\r\n",
        b"3;\0\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabcXX0\r\n\r\n",
        b"3\r\nabc\n\n0\r\n\r\n",
        b"3\r\nabc\r0\r\n\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"4\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabc0\r\n\r\n",
        b"3\r\nabc\r\n\r\n0\r\n\r\n",
        b"3\r\nabc\r\n0\r\nXX",
        b"3\r\nabc\r\n0\r\nno colon\r\n\r\n",
        b"3\r\nabc\r\n0\r\nblank : x\r\n\r\n",
        b"3\r\nabc\r\n0\r\nx: a\nb\r\n\r\n",
        b"3\r\nabc\r\n0\r\n" + b"x: y\r\n" * 1000 + b"\r\n",
        b"3\r\nabc\r\n0\r\nx: " + b"y" * 5000 + b"\r\n\r\n",
        b"3;" + b"x" * 5000 + b"\r\nabc\r\n0\r\n\r\n",
        b"0" * 5000 + b"3\r\nabc\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        b"10000000\r\nabc\r\n0\r\n\r\n",
    ],
)
async def test_ambiguous_chunks_are_refused(ask: Wire, framed: bytes) -> None:
    """One request gets one refusal, and the bytes after it are not read as another request."""
    received = await ask(CHUNKED % framed + NEXT)
    status, headers, _ = parts(received)
    assert status.split()[1] in {b"400", b"413"}
    assert headers[b"connection"] == b"close"
    assert received.count(b"HTTP/1.1 ") == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.lists(st.integers(1, 400), max_size=6))
def test_any_chunks_in_any_pieces_give_the_body(body: list[bytes], cuts: list[int]) -> None:
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in body) + b"0\r\n\r\n"
    assert asyncio.run(read_chunked(framed, cuts)) == b"".join(body)


WHOLE = b"5\r\nhello\r\na;x=y\r\n0123456789\r\n0\r\nt: u\r\n\r\n"
#: https://www.rfc-editor.org/rfc/rfc9112#section-7.1, without quoted values of extensions.
SIZE_LINE = re.compile(rb"([0-9A-Fa-f]+)(;[\t\x20-\x7e\x80-\xff]*)?\r\n")
TRAILERS = re.compile(rb"([!-9;-~]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n")


def meant(framed: bytes) -> bytes | None:
    """The body in ``framed`` by RFC 9112; None unless all of it is one chunked body."""
    body = b""
    while line := SIZE_LINE.match(framed):
        size, framed = int(line[1], 16), framed[line.end() :]
        if not size:
            return body if TRAILERS.fullmatch(framed) else None
        if framed[size : size + 2] != b"\r\n":
            return None
        body, framed = body + framed[:size], framed[size + 2 :]
    return None


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_body_with_a_changed_byte_is_read_as_in_the_rfc_or_refused(at: int, byte: int) -> None:
    changed = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    try:
        read: bytes | None = asyncio.run(read_chunked(changed, []))
    except BadRequest:
        read = None
    assert read == meant(changed)


async def read_chunked(framed: bytes, cuts: list[int]) -> bytes:
    """``framed`` as the body of a request whose bytes arrive cut into pieces of these lengths."""
    protocol = Arriving(framed, cuts)
    http = GatewayHttp(protocol)
    http.init_for_request()  # type: ignore[no-untyped-call]  # Sanic's
    http._frame({"host": "h", "transfer-encoding": "chunked"}, "HTTP/1.1")  # noqa: SLF001  # as the head of a request does
    body = b"".join([piece async for piece in http])
    if protocol.left or http.recv_buffer:
        raise BadRequest("it ends before the data does")
    return body


class Arriving:
    """A connection that delivers its bytes in pieces and then ends."""

    request_max_size = 1 << 62

    def __init__(self, data: bytes, cuts: list[int]) -> None:
        self.recv_buffer = bytearray()
        self.capacity = Capacity()
        self.left = data
        self._cuts = iter(cuts)
        self.app = SimpleNamespace(dispatch=None)
        self.send = None

    def caller_address(self) -> str:
        return ""

    async def receive_more(self, _: float = 0) -> None:
        if not self.left:
            raise BadRequest("it ends too early")
        size = next(self._cuts, len(self.left))
        self.recv_buffer += self.left[:size]
        self.left = self.left[size:]


async def test_a_client_that_expects_continue_gets_it(ask: Wire) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    received = await ask(head, b"abc")
    assert received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\r\n\r\nabc")


async def test_a_stream_is_sent_piece_by_piece(ask: Wire) -> None:
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
    ask: Wire, request_head: bytes, kept: bytes
) -> None:
    assert parts(await ask(request_head))[1][b"connection"] == kept


async def test_answers_without_a_body_have_none(ask: Wire) -> None:
    assert parts(await ask(GET % (b"/empty", b"")))[0].startswith(b"HTTP/1.1 204")
    status, headers, body = parts(await ask(b"HEAD /echo HTTP/1.1\r\nHost: h\r\n\r\n"))
    assert (status, headers[b"content-length"], body) == (b"HTTP/1.1 200 OK", b"7", b"")


async def test_no_value_becomes_a_header_of_its_own(ask: Wire) -> None:
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
        pytest.param(b"GET /echo HTTP/1.1\r\n\r\n", id="l6 no host"),
        pytest.param(b"GET /echo HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", id="l6 two hosts"),
        pytest.param(b"GET /echo HTTP/1.0\r\nHost: h\r\nhost: i\r\n\r\n", id="l6 two hosts in 1.0"),
        pytest.param(b"GET /echo HTTP/1.1\r\nHost: h h\r\n\r\n", id="l6 blank in the host"),
        pytest.param(b"GET /echo HTTP/1.1\r\nHost: h/x\r\n\r\n", id="l6 path in the host"),
        pytest.param(
            b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="l6 chunks in 1.0"
        ),
        b"GET /echo HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: h\r\nX-Said : blank\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: h\r\nX-Said: a\nb: c\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: chunked\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc",
        b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nabc",
    ],
)
async def test_a_malformed_head_is_refused_and_the_connection_closed(ask: Wire, head: bytes) -> None:
    status, headers, body = parts(await ask(head + GET % (b"/echo", b"")))
    assert status == b"HTTP/1.1 400 Bad Request"
    assert headers[b"connection"] == b"close"
    assert b"nothing" not in body


async def test_an_unknown_expectation_is_refused(ask: Wire) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: wonders\r\n\r\nabc"
    assert parts(await ask(head))[0].startswith(b"HTTP/1.1 4")
