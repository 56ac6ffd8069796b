"""Outgoing calls other than to language models: identity providers, Turnstile, Message Pusher."""

from __future__ import annotations

from dependency_injector import containers, providers

from oneapi.adapters.transport.http1 import Http1Transport, default_tls
from oneapi.adapters.transport.interface import Timeouts
from oneapi.adapters.transport.proxies import ProxyRules
from oneapi.entrypoints.composition.services import Service
from oneapi.entrypoints.settings import Settings


def _environment_proxies(settings: Settings) -> dict[str, str]:
    """The proxies of the environment, in the form of ``urllib.request.getproxies``."""
    proxies = {"http": settings.http_proxy, "https": settings.https_proxy, "no": settings.no_proxy}
    return {scheme: value for scheme, value in proxies.items() if value}


class OutsideContainer(containers.DeclarativeContainer):
    settings = providers.Dependency(instance_of=Settings)

    tls = providers.Singleton(default_tls)
    environment_proxies = providers.Factory(_environment_proxies, settings)
    transport = providers.Singleton(
        Http1Transport,
        providers.Factory(Timeouts),
        providers.Factory(ProxyRules.of, None, environment_proxies),
        verify=tls,
    )

    services = providers.List(providers.Factory(Service, close=transport.provided.close))
