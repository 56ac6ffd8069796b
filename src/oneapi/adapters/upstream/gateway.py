"""The only caller of providers: row -> path -> body -> signer -> send -> status -> dialect.

It names no provider. What differs between them stands in ``catalog.py`` as data, or in a dialect as a pure function.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec
from attrs import evolve

from oneapi.adapters.dialects import DIALECTS, SURFACES, answering
from oneapi.adapters.dialects.interface import ServerSentEvent, Tally
from oneapi.adapters.dialects.openai_chat.tally import reply_tally
from oneapi.adapters.dialects.tool_calls import ConversationDialect, takes_names
from oneapi.adapters.dialects.translation import Translation, tally_of
from oneapi.adapters.upstream.answers import RawAnswer, StreamAnswer, WholeAnswer
from oneapi.adapters.upstream.bodies import prompted, same_dialect, translated
from oneapi.adapters.upstream.calls import Job, Outgoing
from oneapi.adapters.upstream.catalog import spec_for
from oneapi.adapters.upstream.conductor import SUCCESSES, Conductor, beginning
from oneapi.adapters.upstream.errors import Judge
from oneapi.adapters.upstream.headers import (
    EVENT_STREAM,
    JSON,
    USER_AGENT,
    proxied_request_headers,
    proxied_response_headers,
    request_headers,
    response_headers,
)
from oneapi.adapters.upstream.inlining import inlined
from oneapi.adapters.upstream.lines import LineFramer
from oneapi.adapters.upstream.procedures.embeddings import told_usage
from oneapi.adapters.upstream.replay import events_of, reply_of
from oneapi.adapters.upstream.sse import Framer
from oneapi.adapters.upstream.transcripts import heard_text
from oneapi.adapters.upstream.urls import base_url, target_url
from oneapi.domain.chat import ChatReply
from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal
from oneapi.domain.records import record
from oneapi.domain.requests import Endpoint
from oneapi.domain.usage import Usage, believed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from oneapi.adapters.dialects.interface import Dialect, EventWriter, StreamTranslator, UpstreamDialect
    from oneapi.adapters.upstream.headers import Headers
    from oneapi.adapters.upstream.inlining import ContentFetcher
    from oneapi.adapters.upstream.specs import ProviderSpec
    from oneapi.adapters.upstream.transport import Response, Transport
    from oneapi.adapters.upstream.websocket import WebSockets
    from oneapi.application.ports import TokenCounter, UpstreamAnswer
    from oneapi.domain.channels import Channel
    from oneapi.domain.chat import ChatEvent
    from oneapi.domain.requests import RelayRequest

#: No event is this one: streams of some dialects end with their last byte.
_NO_EVENT = ServerSentEvent(b"\0", b"\0")
#: The member without which an answer is none.
_ESSENTIAL = {
    ("openai_chat", Endpoint.CHAT): "choices",
    ("openai_chat", Endpoint.COMPLETIONS): "choices",
    ("openai_chat", Endpoint.EMBEDDINGS): "data",
}
#: Faster ways to what an answer cost than reading all of it.
_TALLIES: Mapping[str, Callable[[bytes], Tally]] = {"openai_chat": reply_tally}
_HEARD = (Endpoint.TRANSCRIPTIONS, Endpoint.TRANSLATIONS)


@record
class _Exchange:
    """One call: what goes out, and how what comes back is to be read."""

    spec: ProviderSpec
    request: RelayRequest
    client: Dialect
    upstream: UpstreamDialect
    body: bytes
    judge: Judge

    def read_reply(self, body: bytes) -> ChatReply:
        """Raises UpstreamGarbage, or UpstreamRefusal for an error inside a success."""
        try:
            return self.upstream.read_reply(body)
        except UpstreamRefusal as refusal:
            raise self.judge.judged(refusal, body) from None

    def read_tally(self, body: bytes) -> Tally:
        """What an answer cost that passes as it is."""
        return tally_of(self.read_reply(body))


class Gateway:
    """Implements the ``Upstream`` port.

    ``websocket`` carries conversations of rows that want one, ``fetcher`` images that a provider takes as data only.
    ``counter`` says what a translated answer cost where its upstream does not, so that the client reads it too.
    ``settings`` are the operator's for whole channel types, under the names that rows know; a channel's own ``config``
    wins. ``enforce_include_usage``: ask for usage on every stream of an upstream that can report it; otherwise only
    where the body must change anyway. ``limit``: bytes of an answer that is not streamed. ``now`` (unix seconds) and
    ``new_id`` stamp answers that are put together here, ``new_call_id`` calls of tools that came without an id.
    """

    def __init__(  # noqa: PLR0913  # each is one piece of the world, named where everything is wired
        self,
        transport: Transport,
        *,
        enforce_include_usage: bool,
        limit: int,
        websocket: WebSockets | None = None,
        fetcher: ContentFetcher | None = None,
        counter: TokenCounter | None = None,
        settings: Mapping[str, str] = MappingProxyType({}),
        now: Callable[[], float] = time.time,
        new_id: Callable[[], str] = lambda: f"chatcmpl-{uuid.uuid4().hex}",
        new_call_id: Callable[[], str] = lambda: f"call_{uuid.uuid4().hex[:24]}",
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._transport = transport
        self._enforce_usage = enforce_include_usage
        self._limit = limit
        self._conductor = Conductor(transport, websocket, fetcher, limit=limit, now=now, sleep=sleep)
        self._fetcher = fetcher
        self._counter = counter
        self._settings = settings
        self._now = now
        self._new_id = new_id
        self._new_call_id = new_call_id

    async def call(self, request: RelayRequest, channel: Channel, model: str) -> UpstreamAnswer:
        """See the port. Raises CallerError or ChannelMisconfigured only before anything was sent."""
        spec = spec_for(channel, model)
        if spec.uses_settings:
            channel = evolve(channel, config={**self._settings, **channel.config})
        if request.endpoint in spec.procedures:
            return await self._conducted(spec, request, channel, model)
        url = target_url(spec, channel, request, model)
        signed = spec.signer(channel, request, model)
        if request.endpoint is Endpoint.PROXY:
            sent = [*proxied_request_headers(request), *signed]
            response = await self._transport.send(request.method, url, sent, request.body or None)
            return RawAnswer(response.status, proxied_response_headers(response.headers), response)
        exchange = await self._exchange(spec, request, channel, model)
        sent = [*request_headers(request), *signed]
        for quirk in spec.quirks:
            sent += quirk.headers()
        if spec.is_plain:
            response = await self._transport.send("POST", url, sent, exchange.body)
        else:
            outgoing = Outgoing("POST", url, tuple(sent), exchange.body)
            response = await self._conductor.send(spec, self._job(spec, request, channel, model), outgoing)
        try:
            return await self._accept(exchange, response)
        except BaseException as error:
            self._conductor.note(spec, channel, error)
            response.release()
            raise

    async def _exchange(
        self, spec: ProviderSpec, request: RelayRequest, channel: Channel, model: str
    ) -> _Exchange:
        client, upstream = SURFACES[request.dialect], DIALECTS[spec.dialect]
        judge = Judge.of(spec.quirks, channel, request)
        if upstream is client and takes_names(spec.tool_names, request.fields):
            body = same_dialect(spec, channel, request, model, enforce_usage=self._enforce_usage)
        else:
            chat = client.read_request(request.fields)
            client = answering(client, chat)
            upstream = ConversationDialect(upstream, chat, self._new_call_id, spec.tool_names)
            if upstream.inlines_images and self._fetcher is not None:
                chat = await inlined(chat, self._fetcher)
            body = translated(spec, channel, request, chat, upstream, model)
        return _Exchange(spec, request, client, upstream, body, judge)

    async def _conducted(
        self, spec: ProviderSpec, request: RelayRequest, channel: Channel, model: str
    ) -> UpstreamAnswer:
        """The answer of a procedure."""
        client = SURFACES[request.dialect]
        job = self._job(spec, request, channel, model)
        if request.endpoint is Endpoint.CHAT:
            job = evolve(job, conversation=prompted(client.read_request(request.fields), channel))
        made = await self._conductor.conduct(spec, job)
        if isinstance(made, Outgoing):
            return await self._opened(spec, job, client, made)
        if isinstance(made, ChatReply):
            return await self._told(request, client, [], made)
        if made.usage is None and request.endpoint is Endpoint.EMBEDDINGS and self._counter is not None:
            tokens = await self._counter.count_prompt(request, request.model)
            made = told_usage(made, tokens)
        tally = Tally()
        tally.produced = tally.finished = True
        tally.usage = made.usage
        body = msgspec.json.encode(made.fields)
        return WholeAnswer(HTTPStatus.OK.value, [("content-type", JSON)], body, tally)

    async def _opened(
        self, spec: ProviderSpec, job: Job, client: Dialect, outgoing: Outgoing
    ) -> UpstreamAnswer:
        """The stream that a procedure has led to."""
        headers = [("user-agent", USER_AGENT), *spec.signer(job.channel, job.request, job.model)]
        outgoing = evolve(outgoing, headers=(*outgoing.headers, *headers))
        judge = Judge.of(spec.quirks, job.channel, job.request)
        exchange = _Exchange(spec, job.request, client, DIALECTS[spec.dialect], b"", judge)
        response = await self._conductor.send(spec, job, outgoing)
        try:
            return await self._accept(exchange, response)
        except BaseException:
            response.release()
            raise

    def _job(self, spec: ProviderSpec, request: RelayRequest, channel: Channel, model: str) -> Job:
        return Job(request, channel, model, base_url(spec, channel), int(self._now()))

    async def _accept(self, exchange: _Exchange, response: Response) -> UpstreamAnswer:
        """The answer if the upstream gave one. Raises UpstreamError for anything else."""
        if response.status not in SUCCESSES:
            raise exchange.judge.refused(response.status, response.headers, await beginning(response))
        kind = response.headers.get("content-type", "").lower()
        if exchange.request.stream:
            return await self._stream(exchange, response, kind)
        if exchange.spec.always_streams:
            return await self._collected(exchange, response)
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
            return await self._told(exchange.request, exchange.client, headers, exchange.read_reply(body))
        return WholeAnswer(response.status, headers, body, tally)

    async def _told(
        self, request: RelayRequest, client: Dialect, headers: Headers, reply: ChatReply
    ) -> WholeAnswer:
        """A whole answer in the client's dialect, as a stream if it asked for one."""
        if believed(reply.usage) is None and self._counter is not None:
            reply = evolve(reply, usage=await self._counted(request, reply))
        reply = evolve(
            reply,
            id=reply.id or self._new_id(),
            model=request.model,
            created=reply.created or int(self._now()),
        )
        kind = EVENT_STREAM if request.stream else JSON
        headers = [*(header for header in headers if header[0] != "content-type"), ("content-type", kind)]
        tally = tally_of(reply)
        if not request.stream:
            return WholeAnswer(HTTPStatus.OK.value, headers, client.write_reply(reply), tally)
        writer = self._writer(request, client, reply.id)
        made = b"".join(map(writer.feed, events_of(reply))) + writer.finish()
        return WholeAnswer(HTTPStatus.OK.value, headers, made, tally, streams_to=client)

    async def _counted(self, request: RelayRequest, reply: ChatReply) -> Usage | None:
        """What an answer cost whose upstream does not say."""
        assert self._counter is not None  # noqa: S101  # the caller looked
        prompt = await self._counter.count_prompt(request, request.model)
        completion = await self._counter.count_text("".join(tally_of(reply).text), request.model)
        return Usage(prompt, completion) if prompt or completion else None

    async def _binary(self, response: Response) -> RawAnswer:
        first = await response.next()
        if not first:
            raise UpstreamGarbage("the answer is empty")
        headers = response_headers(response.headers)
        return RawAnswer(response.status, headers, response, first=first, limit=self._limit)

    async def _stream(self, exchange: _Exchange, response: Response, kind: str) -> UpstreamAnswer:
        first = await response.next()
        headers = response_headers({**response.headers, "content-type": EVENT_STREAM})
        of_lines = exchange.spec.framer is LineFramer
        if not of_lines and (
            "json" in kind or (EVENT_STREAM not in kind and first.lstrip()[:1] in (b"{", b"[", b"<"))
        ):
            rest = await response.read(self._limit) if first else b""
            exchange.judge.check_json(first + rest, response.headers, "")
            return await self._made_stream(exchange, headers, first + rest)
        answer = StreamAnswer(
            headers,
            response,
            self._translator(exchange),
            client=exchange.client,
            framer=exchange.spec.framer(),
            end=_end_of(exchange.upstream.name),
            judge=exchange.judge,
        )
        await answer.open(first)
        return answer

    async def _collected(self, exchange: _Exchange, response: Response) -> WholeAnswer:
        """A stream that came for a client who had asked for none."""
        framer, reader = exchange.spec.framer(), exchange.upstream.event_reader()
        events: list[ChatEvent] = []
        size = 0
        try:
            while piece := await response.next():
                size += len(piece)
                if size > self._limit:
                    raise UpstreamGarbage(f"the answer is larger than {self._limit} bytes")
                for event in framer.feed(piece):
                    exchange.judge.check_event(event.data)
                    events += reader.feed(event)
            for event in framer.finish():
                events += reader.feed(event)
            events += reader.finish()
        except UpstreamRefusal as refusal:
            raise exchange.judge.judged(refusal) from None
        response.release()
        return await self._told(
            exchange.request, exchange.client, response_headers(response.headers), reply_of(events)
        )

    def _translator(self, exchange: _Exchange) -> StreamTranslator:
        if exchange.upstream is exchange.client:
            # A body that went out as it came cannot have asked for more than the client did.
            untouched = exchange.body is exchange.request.body
            return exchange.client.tap(include_usage=exchange.request.include_usage or untouched)
        return Translation(
            exchange.upstream.event_reader(), self._writer(exchange.request, exchange.client, self._new_id())
        )

    async def _made_stream(self, exchange: _Exchange, headers: Headers, body: bytes) -> WholeAnswer:
        """Some upstreams know no streams and answer whole."""
        if exchange.request.endpoint is not Endpoint.CHAT:
            raise UpstreamGarbage("a whole answer came for a request of a stream")
        return await self._told(exchange.request, exchange.client, headers, exchange.read_reply(body))

    def _writer(self, request: RelayRequest, client: Dialect, reply_id: str) -> EventWriter:
        return client.event_writer(
            reply_id=reply_id,
            model=request.model,
            created=int(self._now()),
            include_usage=request.include_usage,
        )


def _heard(body: bytes, request: RelayRequest) -> Tally:
    tally = Tally()
    tally.produced = tally.finished = True
    tally.text.append(heard_text(body, request.form.get("response_format", "json")))
    return tally


@lru_cache
def _end_of(dialect: str) -> ServerSentEvent:
    """The event that ends a stream of ``dialect``."""
    marker = DIALECTS[dialect].end_marker
    return Framer().feed(marker)[0] if marker else _NO_EVENT
