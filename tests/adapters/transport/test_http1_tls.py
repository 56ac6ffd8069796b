"""The HTTP/1.1 transport over TLS: whom it believes."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest

from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.domain.errors import UpstreamBroken, UpstreamTimeout, UpstreamUnreachable
from tests.adapters.transport.conftest import TIMEOUTS
from tests.support.network.authority import DAY, NOW, Authority
from tests.support.providers.upstream import (
    Ending,
    ProgrammableUpstream,
    chat_reply,
    chat_stream,
    endless,
    raw,
    reply,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

LIMIT = 1 << 20


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusting(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Http1Transport]:
    """A transport of the defaults, in an environment that names our authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    return lambda: Http1Transport(TIMEOUTS)


async def fetch(transport: Http1Transport, url: str) -> bytes:
    response = await transport.send("POST", url, [("Authorization", "Bearer sk-secret")], b"{}")
    try:
        return await response.read(LIMIT)
    finally:
        response.release()


async def test_a_good_certificate_is_accepted_and_the_connection_kept(
    authority: Authority, trusting: Callable[[], Http1Transport]
) -> None:
    context = authority.server("127.0.0.1", "localhost")
    context.set_alpn_protocols(["h2", "http/1.1"])
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    async with ProgrammableUpstream(context) as upstream:
        upstream.always(None, chat_stream(["a", "b"]))
        transport = trusting()
        for _ in range(3):
            assert (await fetch(transport, upstream.url)).endswith(b"[DONE]\n\n")
        assert len(upstream.connections) == 1
        assert (await fetch(transport, f"https://localhost:{upstream.port}")).endswith(b"[DONE]\n\n")
        assert asked[-1] == "localhost"
        assert upstream.requests[-1].header("host") == f"localhost:{upstream.port}"
        await transport.close()


@pytest.mark.parametrize(
    ("names", "until", "text"),
    [
        (("127.0.0.1",), NOW - DAY, "expired"),
        (("127.0.0.2", "example.com"), NOW + DAY, "mismatch"),
        (("localhost",), NOW + DAY, "mismatch"),
    ],
    ids=["expired", "another address", "another name"],
)
async def test_a_bad_certificate_is_refused(
    authority: Authority,
    trusting: Callable[[], Http1Transport],
    names: tuple[str, ...],
    until: dt.datetime,
    text: str,
) -> None:
    async with ProgrammableUpstream(authority.server(*names, until=until)) as upstream:
        transport = trusting()
        with pytest.raises(UpstreamUnreachable, match=f"certificate is not accepted.*{text}"):
            await fetch(transport, upstream.url)
        assert upstream.requests == []
        await transport.close()


async def test_an_unknown_authority_is_refused(authority: Authority) -> None:
    async with ProgrammableUpstream(authority.server("127.0.0.1")) as upstream:
        transport = Http1Transport(TIMEOUTS)
        with pytest.raises(UpstreamUnreachable, match="certificate is not accepted"):
            await fetch(transport, upstream.url)
        assert upstream.requests == []
        await transport.close()


async def test_a_context_of_the_callers_decides(authority: Authority) -> None:
    lax = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    lax.check_hostname = False
    lax.verify_mode = ssl.CERT_NONE
    async with ProgrammableUpstream(authority.server("example.com")) as upstream:
        upstream.always(None, reply(b"ok"))
        transport = Http1Transport(TIMEOUTS, verify=lax)
        assert await fetch(transport, upstream.url) == b"ok"
        await transport.close()


async def test_plain_text_where_tls_is_due_is_refused(
    upstream: ProgrammableUpstream, trusting: Callable[[], Http1Transport]
) -> None:
    transport = trusting()
    with pytest.raises(UpstreamUnreachable):
        await fetch(transport, f"https://127.0.0.1:{upstream.port}")
    assert upstream.requests == []
    await transport.close()


async def test_a_handshake_that_hangs_runs_into_the_connect_limit(
    trusting: Callable[[], Http1Transport],
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    transport = trusting()
    with pytest.raises(UpstreamTimeout, match="no connection within 1 s"):
        await fetch(transport, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await transport.close()
    server.close()
    await asyncio.sleep(0.01)


async def test_the_manners_are_those_of_plain_http(
    authority: Authority, trusting: Callable[[], Http1Transport]
) -> None:
    async with ProgrammableUpstream(authority.server("127.0.0.1")) as upstream:
        transport = trusting()
        upstream.enqueue(reply(b"warm"), chat_reply().after(5))
        await fetch(transport, upstream.url)
        task = asyncio.create_task(fetch(transport, upstream.url))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await upstream.requests[1].abandoned() < 0.2

        upstream.enqueue(chat_stream(["a", "b"]).stopped(Ending.CLOSE, after_events=2))
        with pytest.raises(UpstreamBroken):
            await fetch(transport, upstream.url)

        upstream.enqueue(reply(b"ok"), reply(b"again"))
        assert await fetch(transport, upstream.url) == b"ok"
        upstream.drop_connections()
        await asyncio.sleep(0.02)
        assert await fetch(transport, upstream.url) == b"again"

        upstream.enqueue(endless(16 << 20))
        response = await transport.send("POST", upstream.url, [], b"{}")
        await asyncio.sleep(0.1)
        assert upstream.requests[-1].answered_at is None
        size = 0
        while piece := await response.next():
            size += len(piece)
        assert size == 16 << 20
        response.release()
        await transport.close()
        await asyncio.sleep(0.05)
        assert upstream.open_connections == 0


UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n"


@pytest.mark.parametrize("body", [b"whole", b"x" * 300_000, b""])
async def test_an_answer_until_the_end_ends_where_tls_says_so(
    authority: Authority, trusting: Callable[[], Http1Transport], body: bytes
) -> None:
    async with ProgrammableUpstream(authority.server("127.0.0.1")) as upstream:
        transport = trusting()
        upstream.enqueue(raw(UNTIL_CLOSE + body, Ending.CLOSE))
        assert await fetch(transport, upstream.url) == body
        await transport.close()


@pytest.mark.parametrize("body", [b"half", b"x" * 300_000, b""])
async def test_an_answer_until_the_end_is_broken_where_the_line_was_cut(
    authority: Authority, trusting: Callable[[], Http1Transport], body: bytes
) -> None:
    async with ProgrammableUpstream(authority.server("127.0.0.1")) as upstream:
        transport = trusting()
        upstream.enqueue(raw(UNTIL_CLOSE + body, Ending.STALL))
        response = await transport.send("POST", upstream.url, [], b"{}")
        await asyncio.sleep(0.05)
        upstream.connections[0].half_close()
        with pytest.raises(UpstreamBroken):
            await response.read(LIMIT)
        response.release()
        await transport.close()
