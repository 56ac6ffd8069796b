"""HTTP and SOCKS5 proxies: which one to use for a host, and tunnels through them."""

from __future__ import annotations

import base64
import ipaddress
import socket
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from attrs import field, frozen
from python_socks import ProxyError, ProxyType
from python_socks.async_.asyncio import Proxy as SocksProxy

from oneapi.domain.errors import UpstreamUnreachable

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

_DEFAULT_PORTS = {"http": 80, "socks5": 1080, "socks5h": 1080}
_MAX_REPLY = 16 * 1024
_MAX_CREDENTIAL = 255
#: Time limit for python-socks in seconds, practically none: callers set shorter ones.
_FOR_EVER = 3600.0


@frozen
class Proxy:
    """A proxy. With both SOCKS schemes the proxy resolves names, as with Go's client."""

    scheme: str
    host: str
    port: int
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Proxy:
        """Read ``[scheme://][user:password@]host[:port]``, by default http. Raises ValueError without the secret."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in _DEFAULT_PORTS:
            raise ValueError(f"a proxy must be http://, socks5:// or socks5h://, not {parts.scheme}://")
        if not parts.hostname:
            raise ValueError("the proxy's URL names no host")
        username, password = unquote(parts.username or ""), unquote(parts.password or "")
        if max(len(username.encode()), len(password.encode())) > _MAX_CREDENTIAL:
            raise ValueError(
                f"the proxy's user name and password may have at most {_MAX_CREDENTIAL} bytes each"
            )
        if parts.scheme != "http" and not (username + password).isascii():
            raise ValueError("a SOCKS proxy's user name and password must be ASCII")
        return cls(
            parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme], username, password
        )

    @property
    def is_socks(self) -> bool:
        return self.scheme != "http"

    @property
    def name(self) -> str:
        """The proxy's address without credentials, for messages."""
        return f"proxy {self.host}:{self.port}"

    @property
    def authorization(self) -> str | None:
        """The value of the header Proxy-Authorization."""
        if not self.username:
            return None
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@frozen
class ProxyRules:
    """Chooses the proxy for a host: ``fixed``, or by ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` without one."""

    fixed: Proxy | None
    #: Proxies by scheme of the destination.
    by_scheme: Mapping[str, Proxy]
    exceptions: tuple[str, ...]

    @classmethod
    def of(cls, proxy: str | None, environment: Mapping[str, str]) -> ProxyRules:
        """The rules for ``proxy``, or for ``environment``, which has the form of ``urllib.request.getproxies()``."""
        by_scheme = {
            scheme: Proxy.parse(environment[scheme])
            for scheme in ("http", "https")
            if environment.get(scheme)
        }
        exceptions = tuple(
            entry.strip().lower() for entry in environment.get("no", "").split(",") if entry.strip()
        )
        return cls(Proxy.parse(proxy) if proxy else None, by_scheme, exceptions)

    def way_to(self, scheme: str, host: str, port: int) -> Proxy | None:
        """The proxy for a destination; None to connect directly."""
        if self.fixed is not None:
            return self.fixed
        proxy = self.by_scheme.get(scheme)
        return None if proxy is None or self._is_excepted(host, port) else proxy

    def _is_excepted(self, host: str, port: int) -> bool:
        """Whether NO_PROXY excepts a host, by the rules of Go: https://pkg.go.dev/golang.org/x/net/http/httpproxy."""
        address = _address(host)
        if host == "localhost" or (address is not None and address.is_loopback):
            return True
        return any(_matches(entry, host, port, address) for entry in self.exceptions)


#: Connect to every host directly.
DIRECT = ProxyRules(None, MappingProxyType({}), ())


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _matches(
    entry: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None
) -> bool:
    if entry == "*":
        return True
    if address is not None:
        try:
            return address in ipaddress.ip_network(entry.strip("[]"), strict=False)
        except ValueError:
            pass
    name, _, entry_port = entry.partition(":")
    if entry_port and entry_port != str(port):
        return False
    name = name.removeprefix("*")
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


# --- tunnels -----------------------------------------------------------------------------------


async def open_tunnel(loop: asyncio.AbstractEventLoop, proxy: Proxy, host: str, port: int) -> socket.socket:
    """A socket connected to ``host`` through the proxy.

    Raises OSError if the proxy cannot be reached, UpstreamUnreachable if it refuses.
    """
    return await (_socks(proxy, host, port) if proxy.is_socks else _http_connect(loop, proxy, host, port))


async def _socks(proxy: Proxy, host: str, port: int) -> socket.socket:
    socks = SocksProxy(ProxyType.SOCKS5, proxy.host, proxy.port, proxy.username, proxy.password, rdns=True)
    try:
        return await socks.connect(host, port, timeout=_FOR_EVER)
    except ProxyError as error:
        raise UpstreamUnreachable(f"{proxy.name}: {error}") from None


async def _http_connect(loop: asyncio.AbstractEventLoop, proxy: Proxy, host: str, port: int) -> socket.socket:
    """Our own implementation: python-socks treats the result of a single read as the whole answer to CONNECT."""
    sock = await _connected(loop, proxy)
    try:
        await _connect_method(loop, sock, proxy, host, port)
    except BaseException:
        sock.close()
        raise
    return sock


async def _connected(loop: asyncio.AbstractEventLoop, proxy: Proxy) -> socket.socket:
    failure = OSError("no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(
        proxy.host, proxy.port, type=socket.SOCK_STREAM
    ):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


async def _connect_method(
    loop: asyncio.AbstractEventLoop, sock: socket.socket, proxy: Proxy, host: str, port: int
) -> None:
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
    if proxy.authorization:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    await loop.sock_sendall(sock, "\r\n".join([*lines, "", ""]).encode())
    reply = b""
    while b"\r\n\r\n" not in reply:
        piece = await loop.sock_recv(sock, 4096)
        reply += piece
        if not piece or len(reply) > _MAX_REPLY:
            raise UpstreamUnreachable(f"{proxy.name}: no answer to CONNECT")
    head, _, rest = reply.partition(b"\r\n\r\n")
    version, _, status = head.partition(b"\r\n")[0].partition(b" ")
    if not version.startswith(b"HTTP/1.") or status[:1] != b"2" or rest:
        raise UpstreamUnreachable(f"{proxy.name}: CONNECT was answered {status[:3].decode('latin-1')!r}")
