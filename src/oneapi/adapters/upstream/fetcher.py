"""Fetching what users link to, from public addresses only.

A name is resolved once, every address is judged, and the connection goes to an address that was judged: neither a
redirect nor a second answer of the name server leads into the operator's own network.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import httpcore

from oneapi.adapters.dialects.media import media_type
from oneapi.adapters.transport.public_addresses import is_public
from oneapi.adapters.upstream.headers import USER_AGENT
from oneapi.domain.errors import InvalidParameter, Overloaded

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Sequence

    from oneapi.adapters.transport.public_addresses import Address

    Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

#: Bytes of one image; the largest that a provider of today takes is 20 MB.
LARGEST_IMAGE = 20 * 1024 * 1024
MOST_REDIRECTS = 5
PARAMETER = "image_url"
PORTS = {"http": 80, "https": 443}
REDIRECTS = (301, 302, 303, 307, 308)
SUCCESS = 200
#: What stores of objects say of files whose type nobody told them; the first bytes tell then.
UNDECLARED = ("", "application/octet-stream", "binary/octet-stream")
#: Bytes that tell the type.
BEGINNING = 24
#: Connections for all users together: a slow server holds up only those who link to it.
MOST_CONNECTIONS = 256
#: Bytes of images that are being fetched, for all users together.
MOST_UNDER_WAY = 256 * 1024 * 1024


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a name. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PublicFetcher:
    """Implements ``ContentFetcher``; ``timeout`` in seconds for an image as a whole, redirects included.

    ``proxy`` is a URL of ``http://``, ``socks5://`` or ``socks5h://``, empty: none. Names are judged here before a
    proxy hears of them.
    """

    def __init__(
        self,
        *,
        timeout: float,
        proxy: str = "",
        allowed: Callable[[Address], bool] = is_public,
        resolve: Resolve = resolved,
        largest: int = LARGEST_IMAGE,
    ) -> None:
        self._timeout = timeout
        self._judge = _Judge(allowed, resolve)
        self._largest = largest
        self._under_way = 0
        tls = ssl.create_default_context()
        if proxy:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=tls,
                proxy=httpcore.Proxy(proxy.replace("socks5h://", "socks5://")),
                max_connections=MOST_CONNECTIONS,
            )
        else:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=tls,
                network_backend=_JudgedBackend(self._judge),
                max_connections=MOST_CONNECTIONS,
                max_keepalive_connections=0,
            )

    async def image(self, url: str) -> tuple[str, bytes]:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._follow(url)
        except (TimeoutError, httpcore.TimeoutException):  # the first is an OSError too
            raise _refusal(f"it was not there within {self._timeout:g} s") from None
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.ProxyError,
            OSError,
        ) as error:
            raise _refusal("it cannot be fetched") from error

    async def close(self) -> None:
        await self._pool.aclose()

    async def _follow(self, url: str) -> tuple[str, bytes]:
        for _ in range(MOST_REDIRECTS + 1):
            host, port = _target(url)
            await self._judge.addresses(host, port)
            async with self._pool.stream("GET", url, headers=_HEADERS) as response:
                headers = {name.lower(): value for name, value in response.headers}
                if response.status in REDIRECTS and b"location" in headers:
                    url = urljoin(url, headers[b"location"].decode("latin-1"))
                    continue
                if response.status != SUCCESS:
                    raise _refusal(f"its server answered {response.status}")
                kind = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
                if not kind.startswith("image/") and kind not in UNDECLARED:
                    raise _refusal("what is there is not an image")
                if b"content-encoding" in headers:
                    raise _refusal("what is there is not an image by itself, but compressed")
                content = await self._read(response.aiter_stream())
                kind = media_type(kind, base64.b64encode(content[:BEGINNING]).decode())
                if not kind.startswith("image/"):
                    raise _refusal("what is there is not an image")
                return kind, content
        raise _refusal("there are too many redirects")

    async def _read(self, pieces: AsyncIterable[bytes]) -> bytes:
        content = bytearray()
        try:
            async for piece in pieces:
                content += piece
                self._under_way += len(piece)
                if len(content) > self._largest:
                    raise _refusal(f"it is larger than {self._largest} bytes")
                if self._under_way > MOST_UNDER_WAY:
                    raise Overloaded
        finally:
            self._under_way -= len(content)
        return bytes(content)


class _Judge:
    """Knows which addresses may be reached."""

    def __init__(self, allowed: Callable[[Address], bool], resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve

    async def addresses(self, host: str, port: int) -> list[str]:
        """All addresses of ``host``. Raises InvalidParameter if there is one among them that may not be reached."""
        found = await self._resolve(host, port)
        if not found or not all(self._allowed(ip_address(address.partition("%")[0])) for address in found):
            raise _refusal("its address is not a public one")
        return list(found)


class _JudgedBackend(httpcore.AnyIOBackend):
    """Connects to addresses that were judged, whatever name stands in the request."""

    def __init__(self, judge: _Judge) -> None:
        super().__init__()
        self._judge = judge

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in await self._judge.addresses(host, port):
            try:
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


_HEADERS = [("Accept", "image/*"), ("Accept-Encoding", "identity"), ("User-Agent", USER_AGENT)]


def _target(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        usual = PORTS[parts.scheme]
        port = parts.port or usual
    except (ValueError, KeyError):
        raise _refusal("its URL must start with http:// or https://") from None
    if not parts.hostname or parts.username is not None or not url.isascii() or not url.isprintable():
        raise _refusal("its URL cannot be read")
    return parts.hostname, port


def _refusal(why: str) -> InvalidParameter:
    return InvalidParameter(PARAMETER, f"the image cannot be used: {why}")
