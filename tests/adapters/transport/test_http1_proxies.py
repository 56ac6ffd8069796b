"""The HTTP/1.1 transport through proxies: small ones of the test's own, which note what they are told."""

from __future__ import annotations

import asyncio
import base64
import ssl
from typing import TYPE_CHECKING

import pytest

from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.adapters.transport.proxies import Proxy, ProxyRules
from oneapi.domain.errors import UpstreamTimeout, UpstreamUnreachable
from tests.adapters.transport.conftest import NO_AUTHORITIES, TIMEOUTS
from tests.support.network.authority import Authority
from tests.support.network.tunnel_proxy import TunnelProxy
from tests.support.providers.upstream import ProgrammableUpstream, chat_stream, reply

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LIMIT = 1 << 20


def through(proxy: str, verify: ssl.SSLContext = NO_AUTHORITIES) -> Http1Transport:
    return Http1Transport(TIMEOUTS, ProxyRules.of(proxy, {}), verify=verify)


async def fetch(transport: Http1Transport, url: str) -> bytes:
    response = await transport.send("POST", url, [("Authorization", "Bearer sk-channel")], b"{}")
    try:
        return await response.read(LIMIT)
    finally:
        response.release()


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("credentials", [None, ("us er", "p@ss:w/rd")])
async def test_socks(
    upstream: ProgrammableUpstream, scheme: str, credentials: tuple[str, str] | None
) -> None:
    upstream.always(None, chat_stream(["a"]))
    pair = "us%20er:p%40ss%3Aw%2Frd@" if credentials else ""
    async with TunnelProxy(upstream.port, credentials=credentials) as proxy:
        transport = through(f"{scheme}://{pair}127.0.0.1:{proxy.port}")
        for _ in range(2):
            assert (await fetch(transport, "http://provider.example/v1/x")).endswith(b"[DONE]\n\n")
        await fetch(transport, upstream.url)
        await transport.close()
        assert proxy.asked == ["provider.example:80", f"127.0.0.1:{upstream.port}"]
    assert upstream.requests[0].target == "/v1/x"
    assert upstream.requests[0].header("host") == "provider.example"
    assert all(request.header("proxy-authorization") is None for request in upstream.requests)


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("credentials", [None, ("user", "hunter2")])
async def test_tls_goes_through_a_tunnel_to_the_provider(
    tmp_path: Path, scheme: str, credentials: tuple[str, str] | None
) -> None:
    authority = Authority(tmp_path)
    trust = ssl.create_default_context(cafile=str(authority.path))
    pair = "user:hunter2@" if credentials else ""
    async with (
        ProgrammableUpstream(authority.server("provider.example")) as upstream,
        TunnelProxy(upstream.port, credentials=credentials) as proxy,
    ):
        upstream.always(None, reply(b"ok"))
        transport = through(f"{scheme}://{pair}127.0.0.1:{proxy.port}", trust)
        for _ in range(3):
            assert await fetch(transport, "https://provider.example/v1/x?a=b") == b"ok"
        assert proxy.asked == ["provider.example:443"]
        assert upstream.requests[0].target == "/v1/x?a=b"
        assert upstream.requests[0].header("proxy-authorization") is None
        with pytest.raises(UpstreamUnreachable, match="certificate"):
            await fetch(transport, "https://other.example/")
        await transport.close()


async def test_plain_http_is_forwarded_in_absolute_form(upstream: ProgrammableUpstream) -> None:
    upstream.always(None, reply(b"ok"))  # the upstream plays the proxy
    transport = through(f"http://user:hunter2@127.0.0.1:{upstream.port}")
    for _ in range(2):
        assert await fetch(transport, "http://provider.example:8080/v1/x?a=b") == b"ok"
    await transport.close()
    request = upstream.requests[0]
    assert request.target == "http://provider.example:8080/v1/x?a=b"
    assert request.header("host") == "provider.example:8080"
    assert request.header("proxy-authorization") == "Basic " + base64.b64encode(b"user:hunter2").decode()
    assert len(upstream.connections) == 1


@pytest.mark.parametrize(
    ("scheme", "credentials", "verdict", "text"),
    [
        ("http", ("user", "other"), None, "CONNECT was answered '407'"),
        ("http", None, b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "CONNECT was answered '502'"),
        ("http", None, b"HTTP/1.1 200 OK\r\n\r\nearly", "CONNECT was answered"),
        ("http", None, b"\x05\x00", "no answer to CONNECT"),
        ("http", None, b"x" * 40_000, "no answer to CONNECT"),
        ("socks5", ("user", "other"), None, "Username and password authentication failure"),
        (
            "socks5",
            None,
            b"\x05\x05\x00\x01\x7f\x00\x00\x01\x00\x00",
            "Connection refused by destination host",
        ),
        ("socks5", None, b"\x05", "Connection closed unexpectedly"),
    ],
)
async def test_a_proxy_that_refuses(
    upstream: ProgrammableUpstream,
    scheme: str,
    credentials: tuple[str, str] | None,
    verdict: bytes | None,
    text: str,
) -> None:
    async with TunnelProxy(upstream.port, credentials=credentials, verdict=verdict) as proxy:
        pair = "user:hunter2@"
        transport = through(f"{scheme}://{pair if credentials else ''}127.0.0.1:{proxy.port}")
        with pytest.raises(UpstreamUnreachable, match=text) as caught:
            await fetch(transport, "https://provider.example/?key=secret")
        assert "hunter2" not in str(caught.value)
        assert "secret" not in str(caught.value)
        await transport.close()
    assert upstream.requests == []


async def test_a_socks_proxy_that_wants_credentials_we_have_not(upstream: ProgrammableUpstream) -> None:
    async with TunnelProxy(upstream.port, credentials=("user", "hunter2")) as proxy:
        transport = through(f"socks5://127.0.0.1:{proxy.port}")
        with pytest.raises(UpstreamUnreachable, match="No acceptable authentication methods"):
            await fetch(transport, "http://provider.example/")


async def test_a_proxy_that_hangs_runs_into_the_connect_limit() -> None:
    hung: list[asyncio.StreamWriter] = []
    hanging = await asyncio.start_server(lambda _reader, writer: hung.append(writer), "127.0.0.1", 0)
    transport = through(f"socks5://127.0.0.1:{hanging.sockets[0].getsockname()[1]}")
    with pytest.raises(UpstreamTimeout, match="no connection within 1 s"):
        await fetch(transport, "http://provider.example/")
    for writer in hung:
        writer.transport.abort()
    hanging.close()
    await asyncio.sleep(0.01)


async def test_the_environment_names_a_proxy_by_scheme(upstream: ProgrammableUpstream) -> None:
    upstream.always(None, reply(b"proxied"))
    proxy = f"127.0.0.1:{upstream.port}"
    async with ProgrammableUpstream() as direct:
        direct.always(None, reply(b"direct"))
        transport = Http1Transport(
            TIMEOUTS, ProxyRules.of(None, {"http": proxy, "no": "example.net"}), verify=NO_AUTHORITIES
        )
        assert await fetch(transport, "http://provider.example/") == b"proxied"
        assert await fetch(transport, direct.url) == b"direct"
        with pytest.raises(UpstreamUnreachable):
            await fetch(transport, "https://127.0.0.1:1/")
        await transport.close()


# --- rules -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("no_proxy", "host", "excepted"),
    [
        ("", "provider.example", False),
        ("", "localhost", True),
        ("", "127.0.0.1", True),
        ("", "::1", True),
        ("*", "provider.example", True),
        ("provider.example", "provider.example", True),
        ("provider.example", "api.provider.example", True),
        ("provider.example", "notprovider.example", False),
        (".provider.example", "api.provider.example", True),
        (".provider.example", "provider.example", False),
        ("*.provider.example", "api.provider.example", True),
        ("PROVIDER.example:443", "provider.example", True),
        ("provider.example:8443", "provider.example", False),
        ("other.example, provider.example", "provider.example", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("fd00::/8", "fd00::1", True),
        ("0.1.2.3", "10.1.2.3", False),
        (",,", "provider.example", False),
    ],
)
def test_exceptions_are_read_as_go_reads_them(no_proxy: str, host: str, excepted: bool) -> None:  # noqa: FBT001
    rules = ProxyRules.of(None, {"https": "http://proxy.example:3128", "no": no_proxy})
    assert (rules.way_to("https", host, 443) is None) is excepted


@pytest.mark.parametrize(
    ("environment", "scheme", "expected"),
    [
        ({"https": "http://a"}, "https", "a"),
        ({"https": "http://a"}, "http", None),
        ({"http": "b:1"}, "http", "b"),
    ],
)
def test_each_scheme_has_its_own(environment: Mapping[str, str], scheme: str, expected: str | None) -> None:
    way = ProxyRules.of(None, environment).way_to(scheme, "provider.example", 443)
    assert (way and way.host) == expected


def test_a_given_proxy_is_used_for_everything() -> None:
    rules = ProxyRules.of("socks5://fixed.example", {"https": "http://other.example", "no": "*"})
    way = rules.way_to("https", "localhost", 443)
    assert way == Proxy("socks5", "fixed.example", 1080)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@proxy.example",
        "ftp://user:hunter2@x",
        "socks4://x",
        "http://",
        "http://x:99999",
        "socks5://usér:hunter2@x",
    ],
)
def test_a_proxy_that_cannot_be_used_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # whatever the words, not the secret
        ProxyRules.of(url, {})
    assert "hunter2" not in str(caught.value)


def test_a_proxy_does_not_show_its_credentials() -> None:
    proxy = Proxy.parse("http://user:hunter2@proxy.example:3128")
    assert "hunter2" not in repr(proxy)
    assert proxy.name == "proxy proxy.example:3128"
