"""Reading the balances of accounts, by the queries in ``providers/balances.py``."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx
import msgspec

from oneapi.adapters.providers.auth import key_of
from oneapi.adapters.providers.balances import Ask, BalanceLookup, BalanceReply, Query
from oneapi.adapters.providers.registry import spec_of
from oneapi.adapters.providers.urls import base_url
from oneapi.adapters.transport.client import client_over
from oneapi.adapters.upstream.failures.masking import masked, secrets_of
from oneapi.adapters.upstream.headers import USER_AGENT
from oneapi.domain.errors import ChannelMisconfigured, UpstreamGarbage, UpstreamRefusal, UpstreamTimeout
from oneapi.domain.errors.channels import BalanceNotReported

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.transport.interface import Transport
    from oneapi.domain.routing.channels import Channel


#: Seconds allowed for all calls that one balance takes.
PATIENCE = 30.0
#: The most bytes of an answer.
LONGEST_ANSWER = 1024 * 1024


class ProviderBalances:
    """Implements ``BalanceReader``. Redirects are not followed. ``now`` returns unix seconds."""

    def __init__(self, transport: Transport, *, now: Callable[[], float]) -> None:
        self._client = client_over(transport, largest_answer=LONGEST_ANSWER)
        self._now = now

    def can_read(self, channel_type: int) -> bool:
        return spec_of(channel_type).balance is not None

    def ends_service(self, channel_type: int) -> bool:
        balance = spec_of(channel_type).balance
        return balance is not None and balance.ends_service

    async def balance(self, channel: Channel) -> float:
        spec = spec_of(channel.type)
        if spec.balance is None:
            raise BalanceNotReported
        base = base_url(spec, channel) if spec.balance.own_host else ""
        today = datetime.fromtimestamp(self._now(), UTC).astimezone().date()
        lookup = BalanceLookup(base, key_of(channel), today)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._answered(spec.balance.query(lookup), lookup)
        except TimeoutError:
            raise UpstreamTimeout(f"no complete answer within {PATIENCE:g} s") from None
        except UpstreamRefusal as refusal:
            message = masked(refusal.cause, secrets_of(channel))
            raise UpstreamRefusal(refusal.said, message) from None
        except httpx.InvalidURL:
            raise ChannelMisconfigured(id=channel.id, detail="its base URL cannot be called") from None

    async def _answered(self, query: Query, lookup: BalanceLookup) -> float:
        try:
            ask = next(query)
            while True:
                ask = query.send(await self._get(ask, lookup.key))
        except StopIteration as done:
            balance: float = done.value
            return balance

    async def _get(self, ask: Ask, key: str) -> BalanceReply:
        headers = {"Authorization": f"Bearer {key}"} if ask.headers is None else ask.headers
        sent = {"User-Agent": USER_AGENT, **headers}
        async with self._client.stream("GET", ask.url, headers=sent) as response:
            if response.status_code != HTTPStatus.OK:
                raise UpstreamRefusal(response.status_code, f"status code: {response.status_code}")
            body = await response.aread()
        try:
            return BalanceReply(msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamGarbage("the answer is not valid JSON") from None
