"""Ways around: HTTP and SOCKS5 proxies between the gateway and a provider."""

from __future__ import annotations

import base64
import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from attrs import field, frozen

from oneapi.domain.errors import UpstreamUnreachable

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

_DEFAULT_PORTS = {"http": 80, "socks5": 1080, "socks5h": 1080}
_MAX_REPLY = 16 * 1024
_MAX_CREDENTIAL = 255

# RFC 1928
_SOCKS5 = 5
_NO_CREDENTIALS, _PASSWORD = 0, 2
_IPV4, _NAME, _IPV6 = 1, 3, 4


@frozen
class Proxy:
    """Both SOCKS schemes let the proxy resolve the provider's name, as Go's client does."""

    scheme: str
    host: str
    port: int
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Proxy:
        """From ``scheme://[user:password@]host[:port]``, without scheme HTTP. Raises ValueError, without the secret."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in _DEFAULT_PORTS:
            raise ValueError(f"a proxy is http://, socks5:// or socks5h://, not {parts.scheme}://")
        if not parts.hostname:
            raise ValueError("the proxy's URL names no host")
        username, password = unquote(parts.username or ""), unquote(parts.password or "")
        if max(len(username.encode()), len(password.encode())) > _MAX_CREDENTIAL:
            raise ValueError(f"the proxy's user name and password may have {_MAX_CREDENTIAL} bytes each")
        return cls(
            parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme], username, password
        )

    @property
    def is_socks(self) -> bool:
        return self.scheme != "http"

    @property
    def name(self) -> str:
        """Without credentials."""
        return f"proxy {self.host}:{self.port}"

    @property
    def authorization(self) -> str | None:
        """The value of Proxy-Authorization."""
        if not self.username:
            return None
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


@frozen
class ProxyRules:
    """Which way leads to a host: ``fixed`` if given, else as ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` say."""

    fixed: Proxy | None
    #: By scheme of the destination.
    by_scheme: Mapping[str, Proxy]
    exceptions: tuple[str, ...]

    @classmethod
    def of(cls, proxy: str | None, environment: Mapping[str, str]) -> ProxyRules:
        """``environment`` is shaped like the result of ``urllib.request.getproxies``."""
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
        if self.fixed is not None:
            return self.fixed
        proxy = self.by_scheme.get(scheme)
        return None if proxy is None or self._is_excepted(host, port) else proxy

    def _is_excepted(self, host: str, port: int) -> bool:
        """As Go's clients read NO_PROXY: https://pkg.go.dev/golang.org/x/net/http/httpproxy ."""
        address = _address(host)
        if host == "localhost" or (address is not None and address.is_loopback):
            return True
        return any(_matches(entry, host, port, address) for entry in self.exceptions)


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
    """A socket whose next byte reaches ``host``.

    Raises OSError if the proxy cannot be reached, UpstreamUnreachable if it refuses.
    """
    sock = await _connect(loop, proxy)
    try:
        if proxy.is_socks:
            await _socks(loop, sock, proxy, host, port)
        else:
            await _connect_method(loop, sock, proxy, host, port)
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect(loop: asyncio.AbstractEventLoop, proxy: Proxy) -> socket.socket:
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


async def _socks(
    loop: asyncio.AbstractEventLoop, sock: socket.socket, proxy: Proxy, host: str, port: int
) -> None:
    """RFC 1928, and RFC 1929 for the password."""

    async def exactly(count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = await loop.sock_recv(sock, count - len(data))
            if not piece:
                raise UpstreamUnreachable(f"{proxy.name}: closed within the SOCKS handshake")
            data += piece
        return data

    offered = bytes([_NO_CREDENTIALS, _PASSWORD] if proxy.username else [_NO_CREDENTIALS])
    await loop.sock_sendall(sock, bytes([_SOCKS5, len(offered)]) + offered)
    version, method = await exactly(2)
    if version != _SOCKS5:
        raise UpstreamUnreachable(f"{proxy.name}: does not speak SOCKS5")
    if method not in offered:
        raise UpstreamUnreachable(f"{proxy.name}: wants another way of authentication")
    if method == _PASSWORD:
        username, password = proxy.username.encode(), proxy.password.encode()
        await loop.sock_sendall(sock, b"\x01%c%b%c%b" % (len(username), username, len(password), password))
        if (await exactly(2))[1] != 0:
            raise UpstreamUnreachable(f"{proxy.name}: refused the user name or password")
    address = _address(host)
    if address is None:
        name = host.encode("idna")
        destination = bytes([_NAME, len(name)]) + name
    else:
        destination = bytes([_IPV4 if isinstance(address, ipaddress.IPv4Address) else _IPV6]) + address.packed
    await loop.sock_sendall(sock, bytes([_SOCKS5, 1, 0]) + destination + port.to_bytes(2, "big"))
    _, outcome, _, kind = await exactly(4)
    if outcome != 0:
        raise UpstreamUnreachable(f"{proxy.name}: SOCKS error {outcome}")
    length = {_IPV4: 4, _IPV6: 16}.get(kind) or (await exactly(1))[0]
    await exactly(length + 2)
