"""The HTTP/1.1 transport over TLS: whom it believes."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from oneapi.adapters.upstream.http1 import Http1Transport
from oneapi.domain.errors import UpstreamBroken, UpstreamTimeout, UpstreamUnreachable
from tests.adapters.upstream.conftest import TIMEOUTS
from tests.support.upstream import Ending, ProgrammableUpstream, chat_reply, chat_stream, endless, reply

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
LIMIT = 1 << 20


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback authority")])
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        certificate = (
            self._builder(self._name, self._key.public_key(), NOW + DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.path = folder / "authority.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, until: dt.datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 2 * DAY)
            .not_valid_after(until)
        )

    def server(self, *names: str, until: dt.datetime = NOW + DAY) -> ssl.SSLContext:
        """What a server of these names and addresses presents."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives: list[x509.GeneralName] = [
            x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
            for name in names
        ]
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            self._builder(x509.Name([]), key.public_key(), until)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=True)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._folder / f"{certificate.serial_number}.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


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
