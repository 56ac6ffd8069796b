"""The only caller of providers: row -> path -> body -> signer -> send -> status -> dialect.

It names no provider. What differs between them stands in ``catalog.py`` as data, or in a dialect as a pure function.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

import msgspec
from attrs import frozen

from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.dialects.openai_chat.tally import reply_tally
from oneapi.adapters.upstream.answers import RawAnswer, StreamAnswer, WholeAnswer
from oneapi.adapters.upstream.bodies import Body, same_dialect
from oneapi.adapters.upstream.catalog import spec_of
from oneapi.adapters.upstream.errors import Judge
from oneapi.adapters.upstream.headers import (
    proxied_request_headers,
    proxied_response_headers,
    request_headers,
    response_headers,
)
from oneapi.adapters.upstream.sse import Framer
from oneapi.adapters.upstream.transcripts import heard_text
from oneapi.adapters.upstream.urls import target_url
from oneapi.domain.errors import UnsupportedEndpoint, UpstreamGarbage
from oneapi.domain.requests import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.dialects.interface import Dialect, ServerSentEvent, StreamTranslator, Tally
    from oneapi.adapters.upstream.answers import Answer
    from oneapi.adapters.upstream.catalog import ProviderSpec
    from oneapi.adapters.upstream.transport import Response, Transport
    from oneapi.domain.channels import Channel
    from oneapi.domain.requests import RelayRequest

#: Bytes of an error's body that are read; the rest says nothing more.
LONGEST_REFUSAL = 256 * 1024


class Gateway:
    """Implements the ``Upstream`` port.

    ``enforce_include_usage``: ask for usage on every stream of an upstream that can report it. ``limit``: bytes of an answer
    that is read whole. ``now`` (unix seconds) and ``new_id`` stamp answers that are put together here.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        enforce_include_usage: bool,
        limit: int,
        now: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: f"chatcmpl-{uuid.uuid4().hex}",
    ) -> None:
        self._transport = transport
        self._enforce_usage = enforce_include_usage
        self._limit = limit
        self._now = now
        self._new_id = new_id

    async def call(self, request: RelayRequest, channel: Channel, model: str) -> Answer:
        """See the port. Before anything is sent it raises UnsupportedFeature, CallerError or ChannelMisconfigured."""
        spec = spec_of(channel)
        url = target_url(spec, channel, request, model)
        signed = spec.signer(channel, request, model)
        if request.endpoint is Endpoint.PROXY:
            sent = [*proxied_request_headers(request), *signed]
            response = await self._transport.send(request.method, url, sent, request.body or None)
            return RawAnswer(response.status, proxied_response_headers(response.headers), response)
        exchange = self._exchange(spec, request, channel, model)
        sent = [*request_headers(request), *signed]
        for quirk in spec.quirks:
            sent += quirk.headers()
        response = await self._transport.send("POST", url, sent, exchange.body.data)
        try:
            return await self._accept(exchange, response)
        except BaseException:
            response.release()
            raise
