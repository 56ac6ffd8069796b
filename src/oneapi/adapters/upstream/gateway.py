"""The only caller of providers: row -> path -> body -> signer -> send -> status -> dialect.

It names no provider. What differs between them stands in ``providers`` as data, or in a dialect as a pure function.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.adapters.dialects import DIALECTS, HOSTS, SURFACES, answering
from oneapi.adapters.dialects.tool_calls import ConversationDialect, takes_names
from oneapi.adapters.providers.calls import Job, Outgoing
from oneapi.adapters.providers.catalog import spec_for
from oneapi.adapters.providers.procedures.embeddings import told_usage
from oneapi.adapters.providers.urls import base_url, target_url
from oneapi.adapters.upstream.answers import RawAnswer
from oneapi.adapters.upstream.bodies import dispensable, prompted, same_dialect, translated
from oneapi.adapters.upstream.conductor import Conductor
from oneapi.adapters.upstream.errors import Judge
from oneapi.adapters.upstream.headers import (
    USER_AGENT,
    proxied_request_headers,
    proxied_response_headers,
    request_headers,
)
from oneapi.adapters.upstream.inlining import inlined
from oneapi.adapters.upstream.reception import Exchange, Reception
from oneapi.domain.chat import ChatReply
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from oneapi.adapters.dialects.anthropic.hosted import HostedAnthropic
    from oneapi.adapters.dialects.interface import Dialect
    from oneapi.adapters.providers.specs import ProviderSpec
    from oneapi.adapters.transport.interface import Transport
    from oneapi.adapters.transport.websocket import WebSockets
    from oneapi.adapters.upstream.inlining import ContentFetcher
    from oneapi.application.ports import TokenCounter, UpstreamAnswer
    from oneapi.domain.channels import Channel
    from oneapi.domain.requests import RelayRequest


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
        self._conductor = Conductor(transport, websocket, fetcher, limit=limit, now=now, sleep=sleep)
        self._fetcher = fetcher
        self._counter = counter
        self._reception = Reception(limit, counter, now, new_id)
        self._settings = settings
        self._now = now
        self._new_call_id = new_call_id

    async def call(self, request: RelayRequest, channel: Channel, model: str) -> UpstreamAnswer:
        """See the port. Raises CallerError or ChannelMisconfigured only before anything was sent."""
        spec = spec_for(channel, model)
        if spec.uses_settings:
            channel = evolve(channel, config={**self._settings, **channel.config})
        if request.work in spec.procedures:
            return await self._conducted(spec, request, channel, model)
        url = target_url(spec, channel, request, model)
        signed = spec.signer(channel, request, model)
        if request.work is Work.PROXY:
            sent = [*proxied_request_headers(request), *signed]
            response = await self._transport.send(request.method, url, sent, request.body or None)
            return RawAnswer(response.status, proxied_response_headers(response.headers), response)
        sent = [*request_headers(request), *signed, *spec.added_headers]
        without: frozenset[str] = frozenset()
        while True:
            exchange = self._passed_on(spec, request, channel, model, without)
            if exchange is None:
                exchange = await self._translated(spec, request, channel, model)
            if spec.is_plain:
                response = await self._transport.send("POST", url, sent, exchange.body)
            else:
                outgoing = Outgoing("POST", url, tuple(sent), exchange.body)
                response = await self._conductor.send(
                    spec, self._job(spec, request, channel, model), outgoing
                )
            try:
                return await self._reception.accept(exchange, response)
            except BaseException as error:
                self._conductor.note(spec, channel, error)
                response.release()
                refused = dispensable(request, exchange.body, error)
                if refused <= without:
                    raise
                without |= refused

    def _passed_on(
        self, spec: ProviderSpec, request: RelayRequest, channel: Channel, model: str, without: frozenset[str]
    ) -> Exchange | None:
        """The call with the client's own bytes; None where the upstream does not speak the client's format."""
        client, upstream = SURFACES[request.dialect], DIALECTS[spec.dialect]
        host: HostedAnthropic | None = None
        if upstream is not client:
            host = HOSTS.get(spec.dialect)
            if host is None or not host.carries(client.name, request.fields):
                return None
        if spec.tool_names is not None and not takes_names(spec.tool_names, request.fields):
            return None
        judge = Judge(channel, request, spec.watchful, spec.codes)
        body = same_dialect(
            spec, channel, request, model, enforce_usage=self._enforce_usage, without=without, host=host
        )
        return Exchange(spec, request, client, client, body, judge)

    async def _translated(
        self, spec: ProviderSpec, request: RelayRequest, channel: Channel, model: str
    ) -> Exchange:
        client = SURFACES[request.dialect]
        chat = client.read_request(request.fields)
        client = answering(client, chat)
        upstream = ConversationDialect(DIALECTS[spec.dialect], chat, self._new_call_id, spec.tool_names)
        if upstream.inlines_images and self._fetcher is not None:
            chat = await inlined(chat, self._fetcher)
        body = translated(spec, channel, request, chat, upstream, model)
        return Exchange(
            spec, request, client, upstream, body, Judge(channel, request, spec.watchful, spec.codes)
        )

    async def _conducted(
        self, spec: ProviderSpec, request: RelayRequest, channel: Channel, model: str
    ) -> UpstreamAnswer:
        """The answer of a procedure."""
        client = SURFACES[request.dialect]
        job = self._job(spec, request, channel, model)
        if request.work is Work.CONVERSE:
            job = evolve(job, conversation=prompted(client.read_request(request.fields), channel))
        made = await self._conductor.conduct(spec, job)
        if isinstance(made, Outgoing):
            return await self._opened(spec, job, client, made)
        if isinstance(made, ChatReply):
            return await self._reception.told(request, client, [], made)
        if made.usage is None and request.work is Work.EMBED and self._counter is not None:
            tokens = await self._counter.count_prompt(request, request.model)
            made = told_usage(made, tokens)
        return self._reception.made(request, client, made.fields, made.usage)

    async def _opened(
        self, spec: ProviderSpec, job: Job, client: Dialect, outgoing: Outgoing
    ) -> UpstreamAnswer:
        """The stream that a procedure has led to."""
        headers = [("user-agent", USER_AGENT), *spec.signer(job.channel, job.request, job.model)]
        outgoing = evolve(outgoing, headers=(*outgoing.headers, *headers))
        judge = Judge(job.channel, job.request, spec.watchful, spec.codes)
        exchange = Exchange(spec, job.request, client, DIALECTS[spec.dialect], b"", judge)
        response = await self._conductor.send(spec, job, outgoing)
        try:
            return await self._reception.accept(exchange, response)
        except BaseException:
            response.release()
            raise

    def _job(self, spec: ProviderSpec, request: RelayRequest, channel: Channel, model: str) -> Job:
        return Job(request, channel, model, base_url(spec, channel), int(self._now()))
