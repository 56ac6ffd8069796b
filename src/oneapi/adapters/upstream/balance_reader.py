"""Asking providers what is left on an account, by the queries of ``providers/balances.py``."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx
import msgspec

from oneapi.adapters.providers.auth import key_of
from oneapi.adapters.providers.balances import Account, Answer, Ask, Query
from oneapi.adapters.providers.catalog import spec_of
from oneapi.adapters.providers.urls import base_url
from oneapi.adapters.transport.proxies import Proxy, ProxyRules
from oneapi.adapters.upstream.masking import masked, secrets_of
from oneapi.domain.errors import (
    UpstreamGarbage,
    UpstreamRefusal,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from oneapi.domain.errors.channels import NoBalance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.domain.channels import Channel


#: Seconds for all requests of one balance.
PATIENCE = 30.0
#: Bytes of an answer.
LONGEST_ANSWER = 1024 * 1024
DEFAULT_PORTS = {"http": 80, "https": 443}


class Balances:
    """Implements ``BalanceReader``. No redirect is followed; ``now`` is in unix seconds."""

    def __init__(self, client: httpx.AsyncClient, *, now: Callable[[], float]) -> None:
        self._client = client
        self._now = now

    def can_read(self, channel_type: int) -> bool:
        return spec_of(channel_type).balance is not None

    def ends_service(self, channel_type: int) -> bool:
        balance = spec_of(channel_type).balance
        return balance is not None and balance.ends_service

    async def balance(self, channel: Channel) -> float:
        spec = spec_of(channel.type)
        if spec.balance is None:
            raise NoBalance
        base = base_url(spec, channel) if spec.balance.own_host else ""
        today = datetime.fromtimestamp(self._now(), UTC).astimezone().date()
        account = Account(base, key_of(channel), today)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._answered(spec.balance.query(account), account)
        except TimeoutError:
            raise UpstreamTimeout(f"no complete answer within {PATIENCE:g} s") from None
        except UpstreamRefusal as refusal:
            message = masked(refusal.cause, secrets_of(channel))
            raise UpstreamRefusal(refusal.said, message) from None

    async def close(self) -> None:
        await self._client.aclose()

    async def _answered(self, query: Query, account: Account) -> float:
        try:
            ask = next(query)
            while True:
                ask = query.send(await self._get(ask, account.key))
        except StopIteration as done:
            balance: float = done.value
            return balance

    async def _get(self, ask: Ask, key: str) -> Answer:
        headers = {"Authorization": f"Bearer {key}"} if ask.headers is None else ask.headers
        try:
            async with self._client.stream("GET", ask.url, headers=headers) as response:
                if response.status_code != HTTPStatus.OK:
                    raise UpstreamRefusal(response.status_code, f"status code: {response.status_code}")
                body = b""
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > LONGEST_ANSWER:
                        raise UpstreamGarbage(f"the answer is larger than {LONGEST_ANSWER} bytes")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _ours(error) from None  # its text may hold the URL, and a URL may hold the key (S23)
        try:
            return Answer(msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamGarbage("the answer is no JSON") from None


def _ours(error: Exception) -> UpstreamTimeout | UpstreamUnreachable | UpstreamGarbage:
    kind = type(error).__name__
    if isinstance(error, httpx.TimeoutException):
        return UpstreamTimeout(f"the provider did not answer in time ({kind})")
    if isinstance(
        error, httpx.NetworkError | httpx.ProxyError | httpx.InvalidURL | httpx.UnsupportedProtocol
    ):
        return UpstreamUnreachable(f"the provider cannot be reached ({kind})")
    return UpstreamGarbage(f"the provider's answer cannot be read ({kind})")


class _Ways(httpx.AsyncBaseTransport):
    """Connections by the same ways as the relay's."""

    def __init__(self, rules: ProxyRules) -> None:
        self._rules = rules
        self._by_proxy: dict[Proxy | None, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        proxy = self._rules.way_to(url.scheme, url.host, url.port or DEFAULT_PORTS[url.scheme])
        if proxy not in self._by_proxy:
            self._by_proxy[proxy] = httpx.AsyncHTTPTransport(proxy=_for_httpx(proxy) if proxy else None)
        return await self._by_proxy[proxy].handle_async_request(request)

    async def aclose(self) -> None:
        for transport in self._by_proxy.values():
            await transport.aclose()


def open_client(proxy: str | None, environment_proxies: Mapping[str, str]) -> httpx.AsyncClient:
    """A client that goes through ``proxy`` if there is one, else as ``environment_proxies`` say.

    They have the form of ``urllib.request.getproxies``. Nothing connects yet.
    """
    return httpx.AsyncClient(
        transport=_Ways(ProxyRules.of(proxy, environment_proxies)),
        timeout=PATIENCE,
        follow_redirects=False,
        trust_env=False,
    )


def _for_httpx(proxy: Proxy) -> httpx.Proxy:
    host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
    auth = (proxy.username, proxy.password) if proxy.username else None
    return httpx.Proxy(f"{proxy.scheme}://{host}:{proxy.port}", auth=auth)
