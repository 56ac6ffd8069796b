"""Serving requests for models."""

from __future__ import annotations

from typing import Any

from dependency_injector import containers, providers

from oneapi.application.relay.models import ModelLists
from oneapi.application.relay.offers import Offers
from oneapi.application.relay.proxying import Proxying
from oneapi.application.relay.serving import Relay as Serving
from oneapi.application.relay.token_counts import TokenCounts
from oneapi.data import built_in_models, channel_models, model_owners
from oneapi.entrypoints.composition.services import Service


class Relay(containers.DeclarativeContainer):
    clock = providers.Dependency[Any]()
    draw = providers.Dependency[Any]()
    memory = providers.DependenciesContainer()
    money = providers.DependenciesContainer()
    upstream = providers.DependenciesContainer()
    channels = providers.DependenciesContainer()

    serving = providers.Singleton(
        Serving,
        memory.catalog,
        memory.ledger,
        upstream.gateway,
        money.meter,
        channels.health,
        clock=clock,
        draw=draw,
    )
    token_counts = providers.Singleton(
        TokenCounts, serving, upstream.gateway, money.counter, channels.health, draw=draw
    )
    proxying = providers.Singleton(Proxying, memory.catalog, memory.ledger, upstream.gateway, clock=clock)

    model_lists = providers.Singleton(ModelLists, memory.catalog, providers.Factory(model_owners))
    offers = providers.Singleton(
        Offers,
        memory.catalog,
        memory.prices,
        types=channels.types,
        by_type=providers.Factory(channel_models),
        built_in=providers.Factory(built_in_models),
    )

    services = providers.List(providers.Factory(Service, close=serving.provided.close))
