"""The only caller of providers: choose an offer -> write -> send -> read.

It names no provider. Their differences are data in ``providers``, or pure functions in a dialect.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.adapters.dialects import DIALECTS, SURFACES
from oneapi.adapters.providers.calls import Made, Outgoing, PassedOn
from oneapi.adapters.upstream.answers import RawAnswer
from oneapi.adapters.upstream.bodies import dispensable, prompted
from oneapi.adapters.upstream.destinations import Destinations
from oneapi.adapters.upstream.exchange import Exchange, UpstreamCall
from oneapi.adapters.upstream.failures.errors import Judge
from oneapi.adapters.upstream.headers import (
    USER_AGENT,
    proxied_request_headers,
    proxied_response_headers,
    request_headers,
)
from oneapi.domain.chat import ChatReply
from oneapi.domain.requests import RAW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import Dialect
    from oneapi.adapters.transport.interface import Transport
    from oneapi.adapters.upstream.conductor import Conductor
    from oneapi.adapters.upstream.reception import Reception
    from oneapi.adapters.upstream.writing import Writer
    from oneapi.application.ports.relay import UpstreamAnswer
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel


class Gateway:
    """Implements the ``Upstream`` port.

    ``conductor`` makes calls that take more than one plain request over ``transport``. ``settings`` are the operator's
    settings for whole channel types, under the names that rows use; a channel's own ``config`` takes precedence.
    """

    def __init__(
        self,
        transport: Transport,
        writer: Writer,
        conductor: Conductor,
        reception: Reception,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._transport = transport
        self._writer = writer
        self._conductor = conductor
        self._reception = reception
        self._destinations = Destinations(settings)

    async def call(self, request: RelayRequest, channel: Channel, model: str) -> UpstreamAnswer:
        """See the port. Raises CallerError or ChannelMisconfigured only before anything is sent."""
        destination = self._destinations.find(request, channel, model)
        spec, offer, channel = destination.spec, destination.offer, destination.channel
        judge = Judge(channel, request, offer.watchful, spec.errors.meanings)
        call = UpstreamCall(spec, offer, destination.quirks, request, channel, model, judge)
        if offer.procedure is not None:
            return await self._conducted(call)
        url = destination.url(request, model)
        signed = offer.auth.signer(channel, request, model)
        if offer.dialect == RAW:
            sent = [*proxied_request_headers(request), *signed]
            response = await self._transport.send(request.method, url, sent, request.body or None)
            return RawAnswer(response.status, proxied_response_headers(response.headers), response)
        sent = [*request_headers(request), *signed, *offer.added_headers, *offer.passed(request)]
        without: frozenset[str] = frozenset()
        while True:
            exchange = self._writer.passed_on(call, without)
            if exchange is None:
                exchange = await self._writer.translated(call)
            if offer.is_plain:
                response = await self._transport.send("POST", url, sent, exchange.body)
            else:
                response = await self._conductor.send(call, Outgoing("POST", url, tuple(sent), exchange.body))
            try:
                answer = await self._reception.accept(exchange, response)
            except BaseException as error:
                self._conductor.note(call, error)
                response.release()
                refused = dispensable(request, exchange.body, error)
                if refused <= without:
                    raise
                without |= refused
            else:
                answer.left_out = exchange.left_out
                return answer

    async def _conducted(self, call: UpstreamCall) -> UpstreamAnswer:
        """The answer of a procedure."""
        request = call.request
        made = await self._conductor.conduct(
            call, lambda: prompted(_client(request).read_request(request.fields), call.channel)
        )
        if isinstance(made, Outgoing):
            return await self._opened(call, made)
        if isinstance(made, ChatReply):
            return await self._reception.told(request, _client(request), [], made)
        if isinstance(made, PassedOn):
            return self._reception.passed_on(made)
        if isinstance(made, Made):
            return self._reception.made(request, _client(request), made)
        return await self._reception.written(request, made)

    async def _opened(self, call: UpstreamCall, outgoing: Outgoing) -> UpstreamAnswer:
        """Open the stream that a procedure prepared."""
        signed = call.offer.auth.signer(call.channel, call.request, call.model)
        outgoing = evolve(outgoing, headers=(*outgoing.headers, ("user-agent", USER_AGENT), *signed))
        exchange = Exchange(call, _client(call.request), DIALECTS[call.offer.dialect], b"")
        response = await self._conductor.send(call, outgoing)
        try:
            return await self._reception.accept(exchange, response)
        except BaseException:
            response.release()
            raise


def _client(request: RelayRequest) -> Dialect:
    return SURFACES[request.dialect].for_request(request.fields)
