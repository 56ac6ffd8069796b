"""Gateways wired as in the program, over any transport."""

from __future__ import annotations

import asyncio
import time
import uuid
from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.adapters.upstream.conductor import Conductor
from oneapi.adapters.upstream.destinations import Destinations
from oneapi.adapters.upstream.exchange import UpstreamCall
from oneapi.adapters.upstream.failures.errors import Judge
from oneapi.adapters.upstream.gateway import Gateway
from oneapi.adapters.upstream.reception import Reception
from oneapi.adapters.upstream.remembering import Remembering
from oneapi.adapters.upstream.writing import Writer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from oneapi.adapters.transport.interface import Transport
    from oneapi.adapters.transport.websocket import WebSockets
    from oneapi.adapters.upstream.inlining import ContentFetcher
    from oneapi.adapters.upstream.remembering import ThoughtStore
    from oneapi.application.ports.relay import TokenCounter
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel


def gateway_over(  # noqa: PLR0913  # the same parts as in the container
    transport: Transport,
    *,
    enforce_include_usage: bool = False,
    limit: int = 10_000,
    websocket: WebSockets | None = None,
    fetcher: ContentFetcher | None = None,
    counter: TokenCounter | None = None,
    thoughts: ThoughtStore | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
    now: Callable[[], float] = time.time,
    new_id: Callable[[], str] = lambda: f"chatcmpl-{uuid.uuid4().hex}",
    new_call_id: Callable[[], str] = lambda: f"call_{uuid.uuid4().hex[:24]}",
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Gateway:
    remembering = None if thoughts is None else Remembering(thoughts)
    return Gateway(
        transport,
        Writer(enforce_include_usage, fetcher, remembering, new_call_id),
        Conductor(transport, websocket, fetcher, limit=limit, now=now, sleep=sleep),
        Reception(limit, counter, remembering, now, new_id),
        settings,
    )


def call_of(request: RelayRequest, channel: Channel, model: str = "") -> UpstreamCall:
    """The upstream call that a gateway makes for a request. Raises as ``choose`` does."""
    model = model or channel.upstream_model(request.model)
    found = Destinations({}).find(request, channel, model)
    judge = Judge(channel, request, found.offer.watchful, found.spec.errors.meanings)
    return UpstreamCall(found.spec, found.offer, found.quirks, request, found.channel, model, judge)
