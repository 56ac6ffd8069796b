"""Short-lived tokens of channels, each cached while it is valid."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from typing import TYPE_CHECKING

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from oneapi.adapters.providers.calls import Heard, Outgoing
    from oneapi.adapters.providers.provider_tokens import ProviderToken, ProviderTokenSource
    from oneapi.domain.routing.channels import Channel


#: Seconds before its expiry at which a token is renewed; a request that uses it may take a while to arrive.
MARGIN = 300
MOST_TOKENS = 4096


@define
class KeptTokens:
    """Tokens by the credentials they were issued for; one request obtains each while others wait."""

    _now: Callable[[], float]
    _kept: OrderedDict[str, ProviderToken] = field(factory=OrderedDict)
    _asking: dict[str, asyncio.Lock] = field(factory=dict)

    async def token(
        self, source: ProviderTokenSource, channel: Channel, ask: Callable[[Outgoing], Awaitable[Heard]]
    ) -> str:
        """A token valid for some minutes more; ``ask`` sends the request for a new one. Raises UpstreamError."""
        key = _key(source, channel)
        if good := self._good(key):
            return good
        lock = self._asking.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if good := self._good(key):
                    return good
                heard = await ask(source.ask(channel, self._now()))
                token = self._kept[key] = source.read(heard, self._now())
                while len(self._kept) > MOST_TOKENS:
                    self._kept.popitem(last=False)
                return token.value
        finally:
            if not lock.locked():
                self._asking.pop(key, None)

    def forget(self, source: ProviderTokenSource, channel: Channel) -> None:
        """Discard a token that the upstream no longer accepts."""
        self._kept.pop(_key(source, channel), None)

    def _good(self, key: str) -> str | None:
        token = self._kept.get(key)
        return token.value if token is not None and token.expires_at - MARGIN > self._now() else None


def _key(source: ProviderTokenSource, channel: Channel) -> str:
    credentials = json.dumps([type(source).__name__, channel.key, channel.base_url, dict(channel.config)])
    return hashlib.sha256(credentials.encode(errors="surrogatepass")).hexdigest()
