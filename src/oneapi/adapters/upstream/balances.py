"""What is left on an account: for each channel type that can tell, which requests ask for it and how to read them.

A query is a generator that yields what to ask, is sent the answers, and returns the balance: it can be run without a
network. The requests are the original's; units are the providers' own.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Generator
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

import httpx
import msgspec
from attrs import field, frozen

from oneapi.adapters.upstream.auth import key_of
from oneapi.adapters.upstream.catalog import SPECS, UNKNOWN
from oneapi.adapters.upstream.masking import masked, secrets_of
from oneapi.adapters.upstream.proxies import Proxy, ProxyRules
from oneapi.adapters.upstream.urls import base_url
from oneapi.domain.errors import (
    UnsupportedEndpoint,
    UpstreamGarbage,
    UpstreamRefusal,
    UpstreamTimeout,
    UpstreamUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.channels import Channel

#: Seconds for all requests of one balance.
PATIENCE = 30.0
#: The use of an account is counted from the first of the month, or for so many days where nobody pays by the month.
DAYS_OF_UNPAID = 100
#: Bytes of an answer.
LONGEST_ANSWER = 1024 * 1024
#: SiliconFlow's code of success.
DONE = 20_000
DEFAULT_PORTS = {"http": 80, "https": 443}


class NoBalance(UnsupportedEndpoint):
    """Channels of this type do not tell what is left."""

    texts: ClassVar[dict[str, str]] = {
        "zh": "尚未实现",
        "en": "not implemented: channels of this type do not tell their balance",
    }


@frozen
class Account:
    """Whose balance is asked for: ``base`` is the channel's own URL or the type's, empty where it does not count."""

    base: str
    key: str = field(repr=False)
    today: date


@frozen
class Ask:
    """One GET; ``headers`` None: the key as a bearer token."""

    url: str = field(repr=False)
    headers: Mapping[str, str] | None = field(default=None, repr=False)


Query = Generator[Ask, "Answer", float]


@frozen
class Answer:
    """The JSON of an answer, read by members; whatever is not as expected raises UpstreamGarbage."""

    value: Any = field(repr=False)

    def member(self, name: str) -> Answer:
        if not isinstance(self.value, dict):
            raise UpstreamGarbage(f"the answer has no {name}")
        return Answer(self.value.get(name))

    def each(self) -> list[Answer]:
        return [Answer(item) for item in self.value] if isinstance(self.value, list) else []

    def number(self, name: str) -> float:
        """A number, or a text that is one."""
        value = self.member(name).value
        try:
            number = float(value) if isinstance(value, int | float | str) else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise UpstreamGarbage(f"the answer has no number {name}")
        return number

    def text(self, name: str) -> str:
        return str(self.member(name).value or "")


def _subscription(account: Account) -> Query:
    base = account.base.removesuffix("/v1")
    plan = yield Ask(f"{base}/v1/dashboard/billing/subscription")
    paid = plan.member("has_payment_method").value is True
    start = account.today.replace(day=1) if paid else account.today - timedelta(days=DAYS_OF_UNPAID)
    dates = f"start_date={start.isoformat()}&end_date={account.today.isoformat()}"
    usage = yield Ask(f"{base}/v1/dashboard/billing/usage?{dates}")
    return plan.number("hard_limit_usd") - usage.number("total_usage") / 100


def _granted(account: Account) -> Query:
    answer = yield Ask(f"{account.base}/dashboard/billing/credit_grants")
    return answer.number("total_available")


def _openai_sb(account: Account) -> Query:
    key = quote(account.key, safe="")
    answer = yield Ask(f"https://api.openai-sb.com/sb-api/user/status?api_key={key}")
    if answer.member("data").value is None:
        raise _refused(answer.text("msg"))
    return answer.member("data").number("credit")


def _aiproxy(account: Account) -> Query:
    url = "https://aiproxy.io/api/report/getUserOverview"
    answer = yield Ask(url, {"Api-Key": account.key})
    if answer.member("success").value is not True:
        raise _refused(f"code: {answer.text('error_code')}, message: {answer.text('message')}")
    return answer.member("data").number("totalPoints")


def _api2gpt(_: Account) -> Query:
    answer = yield Ask("https://api.api2gpt.com/dashboard/billing/credit_grants")
    return answer.number("total_remaining")


def _aigc2d(_: Account) -> Query:
    answer = yield Ask("https://api.aigc2d.com/dashboard/billing/credit_grants")
    return answer.number("total_available")


def _openrouter(_: Account) -> Query:
    answer = yield Ask("https://openrouter.ai/api/v1/credits")
    data = answer.member("data")
    return data.number("total_credits") - data.number("total_usage")


def _deepseek(_: Account) -> Query:
    answer = yield Ask("https://api.deepseek.com/user/balance")
    for info in answer.member("balance_infos").each():
        if info.text("currency") == "CNY":
            return info.number("total_balance")
    raise _refused("currency CNY not found")


def _siliconflow(_: Account) -> Query:
    answer = yield Ask("https://api.siliconflow.cn/v1/user/info")
    if answer.member("code").value != DONE:
        raise _refused(f"code: {answer.text('code')}, message: {answer.text('message')}")
    return answer.member("data").number("totalBalance")


def _refused(message: str) -> UpstreamRefusal:
    return UpstreamRefusal(HTTPStatus.OK.value, message)


#: By channel type number. https://github.com/songquanpeng/one-api/blob/main/controller/channel-billing.go
QUERIES: Mapping[int, Callable[[Account], Query]] = MappingProxyType(
    {
        1: _subscription,
        4: _granted,
        5: _openai_sb,
        8: _subscription,
        10: _aiproxy,
        12: _api2gpt,
        13: _aigc2d,
        20: _openrouter,
        36: _deepseek,
        44: _siliconflow,
    }
)
#: Those whose requests go to the base URL.
OWN_HOST = frozenset({1, 4, 8})
#: Those that serve nothing without a balance; others have free models, or units of which 0 says little.
ENDS_SERVICE = frozenset({1, 8})


class Balances:
    """Implements ``BalanceReader``. No redirect is followed; ``now`` is in unix seconds."""

    def __init__(self, client: httpx.AsyncClient, *, now: Callable[[], float]) -> None:
        self._client = client
        self._now = now

    def can_read(self, channel_type: int) -> bool:
        return channel_type in QUERIES

    def ends_service(self, channel_type: int) -> bool:
        return channel_type in ENDS_SERVICE

    async def balance(self, channel: Channel) -> float:
        if channel.type not in QUERIES:
            raise NoBalance(feature="the balance")
        base = base_url(SPECS.get(channel.type, UNKNOWN), channel) if channel.type in OWN_HOST else ""
        today = datetime.fromtimestamp(self._now(), UTC).astimezone().date()
        account = Account(base, key_of(channel), today)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._answered(QUERIES[channel.type](account), account)
        except TimeoutError:
            raise UpstreamTimeout(f"no complete answer within {PATIENCE:g} s") from None
        except UpstreamRefusal as refusal:
            message = masked(refusal.detail, secrets_of(channel))
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
