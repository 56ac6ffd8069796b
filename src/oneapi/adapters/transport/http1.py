"""HTTP/1.1 to providers, over keep-alive connections.

It does only what this gateway needs: request bodies are complete, answers may be streams, and every wait has a limit.
It follows no redirects, keeps no cookies and never sends a request twice. See
``docs/decisions/0004-own-http-client-for-the-relay.md``.
"""

from __future__ import annotations

import asyncio
import math
import os
import socket
import ssl
from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.adapters.transport.connections import READ_SIZE, Connection, Pool
from oneapi.adapters.transport.content_encoding import inflater_for
from oneapi.adapters.transport.proxies import DIRECT, Proxy, ProxyRules, open_tunnel
from oneapi.adapters.transport.responses import Http1Response, InflatedResponse
from oneapi.adapters.transport.targets import Target, request_head
from oneapi.adapters.writes import Writes
from oneapi.domain.errors import UpstreamError, UpstreamTimeout, UpstreamUnreachable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from oneapi.adapters.transport.interface import Timeouts

    #: (host, port) -> the addresses to which a connection is allowed, best first.
    Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

#: The most parsed URLs that are cached. There are few; a flood of different ones clears the cache.
_MAX_ROUTES = 4096


@frozen(eq=False)
class _Route:
    """A URL, its request target, and the pool of connections for it."""

    target: Target
    proxy: Proxy | None
    request_target: str
    proxy_authorization: str | None
    pool: Pool


class Http1Transport:
    """Implements ``Transport``. It belongs to the event loop in which it is first used.

    ``verify`` is the TLS context, or None for ``default_tls``. ``resolve`` returns the addresses that a connection may
    use, and raises if there are none; None allows all that the system finds. Proxies resolve names themselves.
    """

    def __init__(
        self,
        timeouts: Timeouts,
        proxies: ProxyRules = DIRECT,
        *,
        verify: ssl.SSLContext | None = None,
        resolve: Resolve | None = None,
        max_idle_per_origin: int = 128,
        idle_lifetime: float = 50.0,
    ) -> None:
        self._timeouts = timeouts
        self._proxies = proxies
        self._tls = verify if verify is not None else default_tls()
        self._resolve = resolve
        self._max_idle = max_idle_per_origin
        self._idle_lifetime = idle_lifetime
        self._routes: dict[str, _Route] = {}
        self._pools: dict[tuple[str, str, int], Pool] = {}
        self._living: set[Connection] = set()
        self._closed = False
        self._writes = Writes()
        #: The buffer that all connections read into.
        self._inbox = memoryview(bytearray(READ_SIZE))

    async def send(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> Http1Response:
        route = self._routes.get(url) or self._route(url)
        head = request_head(
            method,
            route.target,
            headers,
            body,
            request_target=route.request_target,
            proxy_authorization=route.proxy_authorization,
        )
        total = self._timeouts.total
        total_at = math.inf if total is None else asyncio.get_running_loop().time() + total
        bodiless = method == "HEAD"
        connection = route.pool.take()
        if connection is None or not await connection.exchange(
            head, body, bodiless=bodiless, total_at=total_at
        ):
            # Nothing was sent yet. A request that was sent even in part may have been executed, and is never repeated.
            connection = await self._open(route, total_at)
            if not await connection.exchange(head, body, bodiless=bodiless, total_at=total_at):
                raise UpstreamUnreachable(f"{route.pool.name}: the connection ended before the request")
        coding = connection.headers.get("content-encoding")
        return Http1Response(connection) if coding is None else _inflated(connection, coding)

    async def close(self) -> None:
        """Cut all connections, including those in use."""
        self._closed = True
        for pool in self._pools.values():
            pool.closed = True
        living = tuple(self._living)
        for connection in living:
            connection.cut()
        if living:
            await asyncio.wait([connection.ended for connection in living], timeout=1.0)

    def _route(self, url: str) -> _Route:
        target = Target.parse(url)
        proxy = self._proxies.way_to(target.scheme, target.host, target.port)
        forwarded = proxy is not None and not proxy.is_socks and target.scheme == "http"
        origin = (target.scheme, target.host, target.port)
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._pools[origin] = Pool(target.name, self._max_idle, self._idle_lifetime)
        route = _Route(
            target,
            proxy,
            target.absolute if forwarded else target.path,
            proxy.authorization if proxy is not None and forwarded else None,
            pool,
        )
        if len(self._routes) >= _MAX_ROUTES:
            self._routes.clear()
        self._routes[url] = route
        return route

    async def _open(self, route: _Route, total_at: float) -> Connection:
        name = route.pool.name
        if self._closed:
            raise UpstreamUnreachable(f"{name}: the gateway is shutting down")
        loop = asyncio.get_running_loop()
        limit = min(self._timeouts.connect, total_at - loop.time())
        try:
            async with asyncio.timeout(limit):
                return await self._connect(loop, route)
        except UpstreamError:
            raise
        except TimeoutError as error:
            raise UpstreamTimeout(f"{name}: no connection within {limit:g} s") from error
        except (OSError, UnicodeError) as error:
            raise UpstreamUnreachable(f"{name}: {_cause(error)}") from error

    async def _connect(self, loop: asyncio.AbstractEventLoop, route: _Route) -> Connection:
        target, proxy = route.target, route.proxy
        tls = self._tls if target.scheme == "https" else None
        server_name = target.host if tls is not None else None

        def protocol() -> Connection:
            return Connection(route.pool, self._timeouts, self._living, self._writes, self._inbox)

        if proxy is not None and (proxy.is_socks or tls is not None):
            tunnel = await open_tunnel(loop, proxy, target.host, target.port)
            _, connection = await loop.create_connection(
                protocol, sock=tunnel, ssl=tls, server_hostname=server_name
            )
            return connection
        host, port = (target.host, target.port) if proxy is None else (proxy.host, proxy.port)
        resolve = self._resolve if proxy is None else None
        failure = OSError("no address")
        for address in (host,) if resolve is None else await resolve(host, port):
            try:
                _, connection = await loop.create_connection(
                    protocol, address, port, ssl=tls, server_hostname=server_name
                )
            except OSError as error:
                failure = error
            else:
                return connection
        raise failure


def default_tls() -> ssl.SSLContext:
    """A context that trusts the system's authorities, or those in ``SSL_CERT_FILE``; loading them is slow."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _inflated(connection: Connection, coding: str) -> Http1Response:
    try:
        inflater = inflater_for(connection.pool.name, coding)
    except UpstreamError:
        connection.cut()
        raise
    return Http1Response(connection) if inflater is None else InflatedResponse(connection, inflater)


def _cause(error: Exception) -> str:
    """A description of ``error`` that contains nothing of the request."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or 'unknown reason'}"
    if isinstance(error, socket.gaierror | UnicodeError):
        return "its name cannot be resolved"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return "it cannot be connected to"
