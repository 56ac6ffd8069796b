"""The only caller of providers: row -> path -> body -> signer -> send -> status -> dialect.

It names no provider. What differs between them stands in ``catalog.py`` as data, or in a dialect as a pure function.
"""

from __future__ import annotations

import time
import uuid
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from oneapi.adapters.dialects import DIALECTS
from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.openai_chat.tally import reply_tally
from oneapi.adapters.dialects.translation import Translation, tally_of
from oneapi.adapters.upstream.answers import RawAnswer, StreamAnswer, WholeAnswer
from oneapi.adapters.upstream.bodies import same_dialect, translated
from oneapi.adapters.upstream.catalog import UnsupportedChannelType, spec_of
from oneapi.adapters.upstream.errors import Judge
from oneapi.adapters.upstream.headers import (
    EVENT_STREAM,
    JSON,
    proxied_request_headers,
    proxied_response_headers,
    request_headers,
    response_headers,
)
from oneapi.adapters.upstream.replay import events_of
from oneapi.adapters.upstream.sse import Framer
from oneapi.adapters.upstream.transcripts import heard_text
from oneapi.adapters.upstream.urls import target_url
from oneapi.domain.errors import UpstreamError, UpstreamGarbage, UpstreamRefusal
from oneapi.domain.requests import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from oneapi.adapters.dialects.interface import Dialect, EventWriter, ServerSentEvent, StreamTranslator
    from oneapi.adapters.upstream.catalog import ProviderSpec
    from oneapi.adapters.upstream.headers import Headers
    from oneapi.adapters.upstream.transport import Response, Transport
    from oneapi.application.ports import UpstreamAnswer
    from oneapi.domain.channels import Channel
    from oneapi.domain.chat import ChatReply
    from oneapi.domain.requests import RelayRequest

SUCCESSES = range(200, 300)
#: Bytes of a refusal that are read.
LONGEST_REFUSAL = 256 * 1024
#: The member without which an answer is none.
_ESSENTIAL = {
    ("openai_chat", Endpoint.CHAT): "choices",
    ("openai_chat", Endpoint.COMPLETIONS): "choices",
    ("openai_chat", Endpoint.EMBEDDINGS): "data",
}
#: Faster ways to what an answer cost than reading all of it.
_TALLIES: Mapping[str, Callable[[bytes], Tally]] = {"openai_chat": reply_tally}
_HEARD = (Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS)


@frozen
class _Exchange:
    """One call: what goes out, and how what comes back is to be read."""

    request: RelayRequest
    client: Dialect
    upstream: Dialect
    body: bytes
    judge: Judge

    def read_reply(self, body: bytes) -> ChatReply:
        """Raises UpstreamGarbage, or UpstreamRefusal for an error inside a success."""
        try:
            return self.upstream.read_reply(body)
        except UpstreamRefusal as refusal:
            raise self.judge.judged(refusal) from None

    def read_tally(self, body: bytes) -> Tally:
        """What an answer cost that passes as it is."""
        return tally_of(self.read_reply(body))


class Gateway:
    """Implements the ``Upstream`` port.

    ``enforce_include_usage``: ask for usage on every stream of an upstream that can report it; otherwise only where the
    body must change anyway. ``limit``: bytes of an answer that is not streamed. ``now`` (unix seconds) and ``new_id``
    stamp answers that are put together here.
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
        response = await self._transport.send("POST", url, sent, exchange.body)
        try:
            return await self._accept(exchange, response)
        except BaseException:
            response.release()
            raise

    def _exchange(self, spec: ProviderSpec, request: RelayRequest, channel: Channel, model: str) -> _Exchange:
        client, upstream = DIALECTS[request.dialect], DIALECTS.get(spec.dialect)
        if upstream is None:
            raise UnsupportedChannelType(feature="this channel type")
        judge = Judge(
            channel, request, tuple(quirk for quirk in spec.quirks if quirk.mark) if spec.quirks else ()
        )
        if upstream is client:
            body = same_dialect(spec, channel, request, model, enforce_usage=self._enforce_usage)
        else:
            body = translated(spec, channel, request, client.read_request(request.fields), upstream, model)
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
        body = await response.read(self._limit)
        response.release()
        headers = response_headers(response.headers)
        if exchange.request.endpoint in _HEARD:
            exchange.judge.check_answer(body, response.headers)
            tally = _heard(body, exchange.request)
        elif exchange.upstream is exchange.client:
            essential = _ESSENTIAL.get((exchange.upstream.name, exchange.request.endpoint), "")
            exchange.judge.check_json(body, response.headers, essential)
            tally = _TALLIES.get(exchange.upstream.name, exchange.read_tally)(body)
        else:
            exchange.judge.check_json(body, response.headers, "")
            reply = exchange.read_reply(body)
            tally = tally_of(reply)
            body = exchange.client.write_reply(self._stamped(exchange, reply))
            headers = [*(header for header in headers if header[0] != "content-type"), ("content-type", JSON)]
        return WholeAnswer(response.status, headers, body, tally)

    async def _binary(self, response: Response) -> RawAnswer:
        first = await response.next()
        if not first:
            raise UpstreamGarbage("the answer is empty")
        headers = response_headers(response.headers)
        return RawAnswer(response.status, headers, response, first=first, limit=self._limit)

    async def _stream(self, exchange: _Exchange, response: Response, kind: str) -> UpstreamAnswer:
        first = await response.next()
        headers = response_headers({**response.headers, "content-type": EVENT_STREAM})
        if "json" in kind or (EVENT_STREAM not in kind and first.lstrip()[:1] in (b"{", b"[", b"<")):
            rest = await response.read(self._limit) if first else b""
            exchange.judge.check_json(first + rest, response.headers, "")
            return self._made_stream(exchange, headers, first + rest)
        answer = StreamAnswer(
            headers,
            response,
            self._translator(exchange),
            client=exchange.client,
            end=_end_of(exchange.upstream.name),
            judge=exchange.judge,
        )
        await answer.open(first)
        return answer

    def _translator(self, exchange: _Exchange) -> StreamTranslator:
        if exchange.upstream is exchange.client:
            # A body that went out as it came cannot have asked for more than the client did.
            untouched = exchange.body is exchange.request.body
            return exchange.client.tap(include_usage=exchange.request.include_usage or untouched)
        return Translation(exchange.upstream.event_reader(), self._writer(exchange, self._new_id()))

    def _made_stream(self, exchange: _Exchange, headers: Headers, body: bytes) -> WholeAnswer:
        """Some upstreams know no streams and answer whole."""
        if exchange.request.endpoint is not Endpoint.CHAT:
            raise UpstreamGarbage("a whole answer came for a request of a stream")
        reply = self._stamped(exchange, exchange.read_reply(body))
        writer = self._writer(exchange, reply.id)
        made = b"".join(map(writer.feed, events_of(reply))) + writer.finish()
        return WholeAnswer(HTTPStatus.OK.value, headers, made, tally_of(reply), streams_to=exchange.client)

    def _writer(self, exchange: _Exchange, reply_id: str) -> EventWriter:
        return exchange.client.event_writer(
            reply_id=reply_id,
            model=exchange.request.model,
            created=int(self._now()),
            include_usage=exchange.request.include_usage,
        )

    def _stamped(self, exchange: _Exchange, reply: ChatReply) -> ChatReply:
        """With the model that the client named, and with what its upstream did not tell."""
        return evolve(
            reply,
            id=reply.id or self._new_id(),
            model=exchange.request.model,
            created=reply.created or int(self._now()),
        )


def _heard(body: bytes, request: RelayRequest) -> Tally:
    tally = Tally()
    tally.produced = tally.finished = True
    tally.text.append(heard_text(body, request.form.get("response_format", "json")))
    return tally


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
