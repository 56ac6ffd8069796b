"""The CPU time of HTTP clients: ``python -m bench.transport [--requests N] [--streams N] [--rounds N]``.

Ours, aiohttp and pyreqwest take turns, in one process on uvloop, against an upstream in another; with and without TLS.
Requests and answers have 1.5 kB; streams are paced, so that each chunk arrives alone. The CPU time of this process is
measured, with all its threads. The table shows the median round, and as a floor the same bytes through a bare protocol.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import httptools
import pyreqwest.client
import uvloop

from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.adapters.transport.interface import Timeouts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONCURRENCY = 32
CHUNKS = 50
GAP = 0.01
BODY = b'{"model":"gpt-4o","messages":[{"role":"user","content":"' + b"x" * 1440 + b'"}]}'
EVENT = b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"delta":{"content":"hello"}}]}\n\n'
HEADERS = [
    ("Authorization", "Bearer sk-0123456789abcdef0123456789abcdef"),
    ("Content-Type", "application/json"),
    ("Accept", "application/json"),
    ("User-Agent", "oneapi"),
]
#: As many response headers as a large provider sends.
_ANSWER_HEADERS = b"".join(b"X-Header-%d: some value of a header\r\n" % i for i in range(12))
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n%b" % (
    _ANSWER_HEADERS,
    len(BODY),
    BODY,
)
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n%bTransfer-Encoding: chunked\r\n\r\n"
    % _ANSWER_HEADERS
)
CHUNK = b"%x\r\n%b\r\n" % (len(EVENT), EVENT)


# --- the upstream ------------------------------------------------------------------------------


class Upstream(asyncio.Protocol):
    """Answers ``/stream`` chunk by chunk, everything else whole."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_message_complete(self) -> None:
        if self._url == b"/stream":
            self.transport.write(STREAM_HEAD)
            self._send(CHUNKS)
        else:
            self.transport.write(WHOLE)

    def _send(self, left: int) -> None:
        if left:
            self.transport.write(CHUNK)
            asyncio.get_running_loop().call_later(GAP, self._send, left - 1)
        else:
            self.transport.write(b"0\r\n\r\n")


async def serve(plain: int, encrypted: int, certificate: str) -> None:
    loop = asyncio.get_running_loop()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    await loop.create_server(Upstream, "127.0.0.1", plain)
    await loop.create_server(Upstream, "127.0.0.1", encrypted, ssl=tls)
    await asyncio.Event().wait()


# --- the clients -------------------------------------------------------------------------------


class Client(ABC):
    """An HTTP client under test."""

    name: str

    @abstractmethod
    async def whole(self, url: str) -> None: ...

    @abstractmethod
    async def stream(self, url: str) -> None: ...

    @abstractmethod
    async def close(self) -> None: ...


class Ours(Client):
    name = "ours"

    def __init__(self, authority: str) -> None:
        tls = ssl.create_default_context(cafile=authority)
        self._transport = Http1Transport(Timeouts(), verify=tls)

    async def whole(self, url: str) -> None:
        response = await self._transport.send("POST", url, HEADERS, BODY)
        assert await response.read(1 << 20) == BODY
        response.release()

    async def stream(self, url: str) -> None:
        response = await self._transport.send("POST", url, HEADERS, BODY)
        size = 0
        while piece := await response.next():
            size += len(piece)
        assert size == CHUNKS * len(EVENT)
        response.release()

    async def close(self) -> None:
        await self._transport.close()


class Aiohttp(Client):
    name = "aiohttp"

    def __init__(self, authority: str) -> None:
        connector = aiohttp.TCPConnector(limit=0, ssl=ssl.create_default_context(cafile=authority))
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, sock_read=120),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        self._headers = dict(HEADERS)

    async def whole(self, url: str) -> None:
        async with self._session.post(url, headers=self._headers, data=BODY) as response:
            assert await response.read() == BODY

    async def stream(self, url: str) -> None:
        size = 0
        async with self._session.post(url, headers=self._headers, data=BODY) as response:
            async for piece in response.content.iter_any():
                size += len(piece)
        assert size == CHUNKS * len(EVENT)

    async def close(self) -> None:
        await self._session.close()


class Pyreqwest(Client):
    name = "pyreqwest"

    def __init__(self, authority: str) -> None:  # noqa: ARG002  # rustls takes no authority's own certificate
        builder = pyreqwest.client.ClientBuilder().http1_only().no_proxy().danger_accept_invalid_certs(True)
        self._client = builder.timeout(timedelta(seconds=120)).build()
        self._headers = dict(HEADERS)

    async def whole(self, url: str) -> None:
        response = await self._client.post(url).headers(self._headers).body_bytes(BODY).build().send()
        assert bytes(await response.bytes()) == BODY

    async def stream(self, url: str) -> None:
        size = 0
        request = self._client.post(url).headers(self._headers).body_bytes(BODY).build_streamed()
        async with request as response:
            while piece := await response.body_reader.read_chunk():
                size += len(piece)
        assert size == CHUNKS * len(EVENT)

    async def close(self) -> None:
        await self._client.close()


class _Bytes(asyncio.Protocol):
    """Hands over received bytes unread."""

    transport: asyncio.Transport
    waiter: asyncio.Future[bytes]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if not self.waiter.done():
            self.waiter.set_result(data)


class Floor(Client):
    """The cost of the socket, the loop and one future per piece, which every HTTP client has."""

    name = "floor"

    def __init__(self, authority: str) -> None:
        self._tls = ssl.create_default_context(cafile=authority)
        self._idle: dict[str, list[_Bytes]] = {}

    async def _ask(self, url: str, end: Callable[[int], bool]) -> None:
        scheme, _, rest = url.partition("://")
        authority, _, path = rest.partition("/")
        host, port = authority.split(":")
        loop = asyncio.get_running_loop()
        idle = self._idle.setdefault(authority, [])
        if idle:
            protocol = idle.pop()
        else:
            tls = self._tls if scheme == "https" else None
            _, protocol = await loop.create_connection(_Bytes, host, int(port), ssl=tls)
        head = f"POST /{path} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
        received = 0
        protocol.waiter = loop.create_future()
        protocol.transport.write(head + BODY)
        while not end(received):
            received += len(await protocol.waiter)
            protocol.waiter = loop.create_future()
        idle.append(protocol)

    async def whole(self, url: str) -> None:
        await self._ask(url, lambda received: received == len(WHOLE))

    async def stream(self, url: str) -> None:
        total = len(STREAM_HEAD) + CHUNKS * len(CHUNK) + len(b"0\r\n\r\n")
        await self._ask(url, lambda received: received == total)

    async def close(self) -> None:
        for idle in self._idle.values():
            for protocol in idle:
                protocol.transport.abort()
        await asyncio.sleep(0.01)


CLIENTS: tuple[Callable[[str], Client], ...] = (Ours, Aiohttp, Pyreqwest, Floor)


# --- measuring ---------------------------------------------------------------------------------


async def cpu_of(call: Callable[[], Awaitable[None]], count: int) -> float:
    """CPU seconds of ``count`` calls, ``CONCURRENCY`` at a time."""
    left = count

    async def worker() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await call()

    gc.collect()
    start = time.process_time()
    await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))
    return time.process_time() - start


async def measure(
    plain: int, encrypted: int, authority: str, options: argparse.Namespace
) -> dict[Any, float]:
    """The median microseconds over the rounds, by client and column."""
    clients = [make(authority) for make in CLIENTS]
    samples: dict[tuple[str, str], list[float]] = {}
    for round_number in range(options.rounds + 1):
        for client in clients:
            for label, base in (
                ("plain", f"http://127.0.0.1:{plain}"),
                ("TLS", f"https://127.0.0.1:{encrypted}"),
            ):

                async def whole(client: Client = client, url: str = f"{base}/whole") -> None:
                    await client.whole(url)

                async def stream(client: Client = client, url: str = f"{base}/stream") -> None:
                    await client.stream(url)

                warm_up = round_number == 0
                requests = await cpu_of(whole, CONCURRENCY if warm_up else options.requests)
                streams = await cpu_of(stream, CONCURRENCY if warm_up else options.streams)
                if not warm_up:
                    samples.setdefault((client.name, f"request, {label}"), []).append(
                        requests / options.requests
                    )
                    per_chunk = streams / (options.streams * CHUNKS)
                    samples.setdefault((client.name, f"chunk, {label}"), []).append(per_chunk)
    for client in clients:
        await client.close()
    return {key: statistics.median(values) * 1e6 for key, values in samples.items()}


def print_table(results: dict[Any, float]) -> None:
    columns = list(dict.fromkeys(column for _, column in results))
    print(f"{'CPU, us':12}" + "".join(f"{column:>18}" for column in columns))
    for name in dict.fromkeys(name for name, _ in results):
        print(f"{name:12}" + "".join(f"{results[name, column]:18.1f}" for column in columns))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key in the same file."""
    key, path = folder / "key.pem", folder / "certificate.pem"
    request = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    subprocess.run(
        [*request.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(path)],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", nargs=3, metavar=("PLAIN", "TLS", "CERTIFICATE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        uvloop.run(serve(int(options.serve[0]), int(options.serve[1]), options.serve[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        authority = str(certificate(Path(folder)))
        plain, encrypted = free_port(), free_port()
        arguments = [
            sys.executable,
            "-m",
            "bench.transport",
            "--serve",
            str(plain),
            str(encrypted),
            authority,
        ]
        upstream = subprocess.Popen(arguments)
        try:
            wait_for(encrypted)
            print_table(uvloop.run(measure(plain, encrypted, authority, options)))
        finally:
            upstream.terminate()
            upstream.wait()


if __name__ == "__main__":
    main()
