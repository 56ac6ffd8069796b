"""Counts the tokens of a prompt for clients that ask before they send it, without a hold or a charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.errors import CallerError, OperatorError, UpstreamError, UpstreamRefusal
from oneapi.domain.routing.ranking import rank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.application.channels.health import ChannelHealth
    from oneapi.application.ports.relay import Reply, TokenCounter, Upstream
    from oneapi.application.relay.authentication import Caller
    from oneapi.application.relay.serving import Admission, Relay
    from oneapi.domain.counting import CountedFormat
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

JSON = (("content-type", "application/json"),)


class TokenCounts:
    """Asks the provider for the count, or else counts here; clients only display the number.

    ``formats`` is keyed by the name of the client's dialect.
    """

    def __init__(
        self,
        relay: Relay,
        upstream: Upstream,
        counter: TokenCounter,
        health: ChannelHealth,
        formats: Mapping[str, CountedFormat],
        *,
        draw: Callable[[], float],
    ) -> None:
        self._relay = relay
        self._upstream = upstream
        self._counter = counter
        self._health = health
        self._formats = formats
        self._draw = draw

    def admit(self, caller: Caller, model: str) -> Admission:
        """See ``Relay.admit``."""
        return self._relay.admit(caller, model)

    async def serve(
        self, admission: Admission, request: RelayRequest, reply: Reply, _request_id: str
    ) -> None:
        """Answer ``request`` through ``reply``. Raises UpstreamRefusal for a request that the provider refuses."""
        channel = next(iter(rank(admission.tiers, self._health.resting(), self._draw))).channel
        body = await self._told(request, channel)
        if body is None:
            tokens = await self._counter.count_prompt(request, channel.upstream_model(request.model))
            body = self._formats[request.dialect].write_count(tokens)
        await reply.whole(200, JSON, body)

    async def _told(self, request: RelayRequest, channel: Channel) -> bytes | None:
        """The provider's own answer; None if it does not count tokens."""
        try:
            answer = await self._upstream.call(request, channel, channel.upstream_model(request.model))
            try:
                return await answer.read()
            finally:
                await answer.close()
        except UpstreamRefusal as refusal:
            if refusal.corrects_request:
                raise
            return None
        except (CallerError, OperatorError, UpstreamError):
            return None
