"""Fetching what users link to, from public addresses only.

A host name is resolved once, all its addresses are checked, and the connection goes to one of them. Neither a redirect
nor a different answer from the name server can lead into the operator's own network.
"""

from __future__ import annotations

import asyncio
import base64
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from oneapi.adapters.dialects.media import media_type
from oneapi.adapters.transport.http1 import Http1Transport, default_tls
from oneapi.adapters.transport.interface import Timeouts
from oneapi.adapters.transport.proxies import ProxyRules
from oneapi.adapters.transport.public_addresses import is_public
from oneapi.adapters.upstream.headers import USER_AGENT
from oneapi.domain.errors import InvalidParameter, Overloaded, UpstreamError, UpstreamTimeout

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from oneapi.adapters.transport.http1 import Resolve
    from oneapi.adapters.transport.interface import Response
    from oneapi.adapters.transport.public_addresses import Address

#: The most bytes of one image; no provider accepts more than 20 MB.
LARGEST_IMAGE = 20 * 1024 * 1024
#: The most characters of a link; signed links to object stores have about two thousand.
LONGEST_URL = 8192
MOST_REDIRECTS = 5
PARAMETER = "image_url"
PORTS = {"http": 80, "https": 443}
REDIRECTS = (301, 302, 303, 307, 308)
SUCCESS = 200
#: The media types that object stores use for files of an unknown type, which is then detected from the first bytes.
UNDECLARED = ("", "application/octet-stream", "binary/octet-stream")
#: Bytes from which the type is detected.
BEGINNING = 24
#: The most connections for all users together, so many that a slow server delays only users who link to it.
MOST_CONNECTIONS = 256
#: The most bytes of images that are being fetched, for all users together.
MOST_UNDER_WAY = 256 * 1024 * 1024


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a host name. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PublicFetcher:
    """Implements ``ContentFetcher``. ``timeout`` is in seconds for a whole image, including redirects.

    ``proxy`` is an ``http://``, ``socks5://`` or ``socks5h://`` URL; empty for none. Host names are checked here before
    they are sent to a proxy.
    """

    def __init__(  # limits, and what tests replace
        self,
        *,
        timeout: float,
        proxy: str = "",
        tls: ssl.SSLContext | None = None,
        allowed: Callable[[Address], bool] = is_public,
        resolve: Resolve = resolved,
        largest: int = LARGEST_IMAGE,
    ) -> None:
        self._timeout = timeout
        self._proxies = ProxyRules.of(proxy, {})
        self._tls = tls or default_tls()
        self._allowed = allowed
        self._resolve = resolve
        self._largest = largest
        self._under_way = 0
        self._places = asyncio.Semaphore(MOST_CONNECTIONS)

    async def image(self, url: str) -> tuple[str, bytes]:
        try:
            async with asyncio.timeout(self._timeout), self._places:
                return await self._follow(url)
        except (TimeoutError, UpstreamTimeout):  # the first is an OSError too
            raise _refusal(f"it was not there within {self._timeout:g} s") from None
        except (UpstreamError, OSError) as error:
            raise _refusal("it cannot be fetched") from error

    async def _follow(self, url: str) -> tuple[str, bytes]:
        # No connection is kept: users link to an unlimited number of sites.
        transport = Http1Transport(
            Timeouts(), self._proxies, verify=self._tls, resolve=self._judged, max_idle_per_origin=0
        )
        try:
            for _ in range(MOST_REDIRECTS + 1):
                host, port = _target(url)
                if self._proxies.fixed is not None:
                    await self._judged(host, port)
                answer = await transport.send("GET", url, _HEADERS, None)
                location = answer.headers.get("location")
                if answer.status not in REDIRECTS or location is None:
                    return await self._read(answer)
                answer.release()
                url = urljoin(url, location)
        finally:
            await transport.close()
        raise _refusal("there are too many redirects")

    async def _judged(self, host: str, port: int) -> Sequence[str]:
        """All addresses of ``host``. Raises InvalidParameter if any of them is not allowed."""
        found = await self._resolve(host, port)
        if not found or not all(self._allowed(ip_address(address.partition("%")[0])) for address in found):
            raise _refusal("its address is not a public one")
        return found

    async def _read(self, answer: Response) -> tuple[str, bytes]:
        if answer.status != SUCCESS:
            raise _refusal(f"its server answered {answer.status}")
        declared = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not declared.startswith("image/") and declared not in UNDECLARED:
            raise _refusal("what is there is not an image")
        content = await self._content(answer)
        kind = media_type(declared, base64.b64encode(content[:BEGINNING]).decode())
        if not kind.startswith("image/"):
            raise _refusal("what is there is not an image")
        return kind, content

    async def _content(self, answer: Response) -> bytes:
        content = bytearray()
        try:
            while piece := await answer.next():
                content += piece
                self._under_way += len(piece)
                if len(content) > self._largest:
                    raise _refusal(f"it is larger than {self._largest} bytes")
                if self._under_way > MOST_UNDER_WAY:
                    raise Overloaded
        finally:
            self._under_way -= len(content)
        return bytes(content)


_HEADERS = [("Accept", "image/*"), ("Accept-Encoding", "identity"), ("User-Agent", USER_AGENT)]


def _target(url: str) -> tuple[str, int]:
    if len(url) > LONGEST_URL:
        raise _refusal(f"its URL is longer than {LONGEST_URL} characters")
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
