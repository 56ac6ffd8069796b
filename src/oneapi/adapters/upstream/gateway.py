"""The only caller of providers: row -> path -> body -> signer -> send -> status -> dialect.

It names no provider. What differs between them stands in ``catalog.py`` as data, or in a dialect as a pure function.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.openai_chat.tally import reply_tally
from oneapi.adapters.upstream.answers import RawAnswer, StreamAnswer, WholeAnswer
from oneapi.adapters.upstream.bodies import same_dialect
from oneapi.adapters.upstream.catalog import UnsupportedChannelType, spec_of
from oneapi.adapters.upstream.errors import Judge
from oneapi.adapters.upstream.headers import (
    EVENT_STREAM,
    proxied_request_headers,
    proxied_response_headers,
    request_headers,
    response_headers,
)
from oneapi.adapters.upstream.sse import Framer
from oneapi.adapters.upstream.transcripts import heard_text
from oneapi.adapters.upstream.urls import target_url
from oneapi.domain.errors import UpstreamError, UpstreamGarbage
from oneapi.domain.requests import Endpoint

if TYPE_CHECKING:
    from oneapi.adapters.dialects.interface import Dialect, ServerSentEvent
    from oneapi.adapters.upstream.bodies import Body
    from oneapi.adapters.upstream.catalog import ProviderSpec
    from oneapi.adapters.upstream.transport import Response, Transport
    from oneapi.application.ports import UpstreamAnswer
    from oneapi.domain.channels import Channel
    from oneapi.domain.requests import RelayRequest

SUCCESSES = range(200, 300)
#: Bytes of a refusal that are read.
LONGEST_REFUSAL = 256 * 1024
#: The member without which an answer is none.
_ESSENTIAL = {Endpoint.CHAT: "choices", Endpoint.COMPLETIONS: "choices", Endpoint.EMBEDDINGS: "data"}
_HEARD = (Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS)


@frozen
class _Exchange:
    """One call: what goes out, and how what comes back is to be read."""

    request: RelayRequest
    client: Dialect
    upstream: Dialect
    body: Body
    judge: Judge


class Gateway:
    """Implements the ``Upstream`` port.

    ``enforce_include_usage``: ask for usage on every stream of an upstream that can report it; otherwise only where the
    body must change anyway. ``limit``: bytes of an answer that is not streamed.
    """

    def __init__(self, transport: Transport, *, enforce_include_usage: bool, limit: int) -> None:
        self._transport = transport
        self._enforce_usage = enforce_include_usage
        self._limit = limit

    async def call(self, request: RelayRequest, channel: Channel, model: str) -> UpstreamAnswer:
        """See the port. Raises CallerError or ChannelMisconfigured only before anything was sent."""
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

    def _exchange(self, spec: ProviderSpec, request: RelayRequest, channel: Channel, model: str) -> _Exchange:
        client, upstream = DIALECTS[request.dialect], DIALECTS.get(spec.dialect)
        if upstream is None:
            raise UnsupportedChannelType(feature="this channel type")
        judge = Judge(channel, request, tuple(quirk for quirk in spec.quirks if quirk.mark))
        if upstream is not client:
            raise UnsupportedChannelType(feature="this channel type")
        body = same_dialect(spec, channel, request, model, enforce_usage=self._enforce_usage)
        return _Exchange(request, client, upstream, body, judge)

    async def _accept(self, exchange: _Exchange, response: Response) -> UpstreamAnswer:
        """The answer if the upstream gave one. Raises UpstreamError for anything else."""
        if response.status not in SUCCESSES:
            raise exchange.judge.refused(response.status, response.headers, await _beginning(response))
        kind = response.headers.get("content-type", "").lower()
        if exchange.request.stream:
            return await self._stream(exchange, response, kind)
        if exchange.request.endpoint is Endpoint.SPEECH and "json" not in kind:
            return await self._binary(response)
        if EVENT_STREAM in kind and exchange.request.endpoint not in _HEARD:
            raise UpstreamGarbage("a stream came for an answer that was to be whole")
        return self._whole(exchange, response, await response.read(self._limit))

    def _whole(self, exchange: _Exchange, response: Response, body: bytes) -> WholeAnswer:
        headers = response_headers(response.headers)
        endpoint = exchange.request.endpoint
        if endpoint in _HEARD:
            exchange.judge.check_answer(body, response.headers)
            tally = Tally()
            tally.produced = tally.finished = True
            tally.text.append(heard_text(body, exchange.request.form.get("response_format", "json")))
        else:
            exchange.judge.check_json(body, response.headers, _ESSENTIAL.get(endpoint, ""))
            tally = reply_tally(body)
        response.release()
        return WholeAnswer(response.status, headers, body, tally, exchange.client)

    async def _binary(self, response: Response) -> RawAnswer:
        first = await response.next()
        if not first:
            raise UpstreamGarbage("the answer is empty")
        return RawAnswer(
            response.status, response_headers(response.headers), response, first=first, limit=self._limit
        )

    async def _stream(self, exchange: _Exchange, response: Response, kind: str) -> UpstreamAnswer:
        first = await response.next()
        if "json" in kind or (EVENT_STREAM not in kind and first.lstrip()[:1] in (b"{", b"[", b"<", b"")):
            body = first + await response.read(self._limit) if first else first
            exchange.judge.check_json(body, response.headers, "choices")
            raise UpstreamGarbage("a whole answer came for a request of a stream")
        answer = StreamAnswer(
            response_headers({**response.headers, "content-type": EVENT_STREAM}),
            response,
            exchange.client.tap(
                include_usage=exchange.request.include_usage or not exchange.body.usage_forced
            ),
            client=exchange.client,
            end=_end_of(exchange.upstream.name),
            judge=exchange.judge,
        )
        await answer.open(first)
        return answer


async def _beginning(response: Response) -> bytes:
    """As much of a refusal as is worth reading; a connection that breaks meanwhile does not hide it."""
    pieces: list[bytes] = []
    size = 0
    try:
        while size < LONGEST_REFUSAL and (piece := await response.next()):
            pieces.append(piece)
            size += len(piece)
    except UpstreamError:
        pass
    return b"".join(pieces)


@lru_cache
def _end_of(dialect: str) -> ServerSentEvent:
    """The event that ends a stream of ``dialect``."""
    return Framer().feed(DIALECTS[dialect].end_marker)[0]
