"""Calls to providers."""

from __future__ import annotations

from typing import Any

from dependency_injector import containers, providers

from oneapi.adapters.kept_thoughts import thoughts_over
from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.adapters.transport.interface import Timeouts
from oneapi.adapters.transport.proxies import ProxyRules
from oneapi.adapters.transport.websocket import WebSocketCaller
from oneapi.adapters.upstream.balance_reader import ProviderBalances
from oneapi.adapters.upstream.conductor import Conductor
from oneapi.adapters.upstream.fetcher import PublicFetcher
from oneapi.adapters.upstream.gateway import Gateway
from oneapi.adapters.upstream.reception import Reception
from oneapi.adapters.upstream.remembering import Remembering
from oneapi.adapters.upstream.writing import Writer
from oneapi.entrypoints.composition.services import Service
from oneapi.entrypoints.settings import Settings

#: The most bytes of an answer that is not streamed.
LONGEST_ANSWER = 64 * 1024 * 1024
#: The most idle connections kept per provider; below the number of concurrent requests, connections would not be
#: reused.
MOST_IDLE = 1024


def _timeouts(settings: Settings) -> Timeouts:
    return Timeouts(
        connect=settings.relay_connect_timeout,
        first_byte=settings.relay_first_byte_timeout,
        idle=settings.relay_idle_timeout,
        total=settings.relay_timeout,
    )


def _proxy(settings: Settings) -> str | None:
    return settings.relay_proxy or None


def _channel_settings(settings: Settings) -> dict[str, str]:
    """Defaults for settings of channels, by the names of their variables."""
    return {
        "GEMINI_VERSION": settings.gemini_version,
        "GEMINI_SAFETY_SETTING": settings.gemini_safety_setting,
    }


class UpstreamContainer(containers.DeclarativeContainer):
    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Dependency[Any]()
    outside = providers.DependenciesContainer()
    counter = providers.Dependency[Any]()
    redis = providers.Dependency[Any]()
    cipher = providers.Dependency[Any]()

    timeouts = providers.Factory(_timeouts, settings)
    proxies = providers.Singleton(
        ProxyRules.of, providers.Factory(_proxy, settings), outside.environment_proxies
    )
    transport = providers.Singleton(
        Http1Transport, timeouts, proxies, verify=outside.tls, max_idle_per_origin=MOST_IDLE
    )
    websocket = providers.Singleton(WebSocketCaller, timeouts, proxies)
    fetcher = providers.Singleton(
        PublicFetcher,
        timeout=settings.provided.user_content_request_timeout,
        proxy=settings.provided.user_content_request_proxy,
        tls=outside.tls,
    )
    remembering = providers.Singleton(Remembering, providers.Singleton(thoughts_over, redis, cipher))
    gateway = providers.Singleton(
        Gateway,
        transport,
        providers.Singleton(
            Writer,
            enforce_usage=settings.provided.enforce_include_usage,
            fetcher=fetcher,
            remembering=remembering,
        ),
        providers.Singleton(Conductor, transport, websocket, fetcher, limit=LONGEST_ANSWER),
        providers.Singleton(Reception, LONGEST_ANSWER, counter, remembering),
        providers.Factory(_channel_settings, settings),
    )
    balances = providers.Singleton(ProviderBalances, transport, now=clock)

    services = providers.List(
        providers.Factory(Service, close=transport.provided.close),
    )
