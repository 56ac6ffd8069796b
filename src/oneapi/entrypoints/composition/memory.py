"""What a process keeps in memory, so that requests do not wait for the database: accounts and the catalog."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from attrs import evolve
from dependency_injector import containers, providers

from oneapi.adapters.texts.prices import PRICE_WORDS
from oneapi.application.catalog import Catalog
from oneapi.application.money.ledger import Ledger, LedgerLimits
from oneapi.application.relay.authentication import Authenticator
from oneapi.data import price_tables
from oneapi.entrypoints.composition.services import Service
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.domain.money.pricing import Tables
    from oneapi.domain.options import Options


def _limits(settings: Settings) -> LedgerLimits:
    if settings.batch_update_enabled:
        return LedgerLimits(interval=settings.batch_update_interval)
    return LedgerLimits()


def _prices(language: str) -> Tables:
    return evolve(price_tables(), words=PRICE_WORDS[language])


def _options(catalog: Catalog) -> Callable[[], Options]:
    return lambda: catalog.current.options


class MemoryContainer(containers.DeclarativeContainer):
    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Dependency[Any]()
    storage = providers.DependenciesContainer()

    ledger = providers.Singleton(
        Ledger,
        storage.ledger,
        storage.account_reader,
        storage.spool,
        clock=clock,
        limits=providers.Factory(_limits, settings),
    )
    authenticator = providers.Singleton(
        Authenticator,
        storage.account_reader,
        observe=ledger.provided.observe,
        clock=clock,
        outage_grace=settings.provided.db_outage_grace,
    )
    prices = providers.Singleton(_prices, settings.provided.default_language)
    catalog = providers.Singleton(
        Catalog,
        storage.channels,
        storage.options,
        storage.versions,
        prices,
        forget_accounts=authenticator.provided.forget_all,
        full_read_every=settings.provided.sync_frequency,
        clock=clock,
        defaults=providers.Dict(Theme=settings.provided.theme),
    )
    #: Returns the current options when called.
    options = providers.Singleton(_options, catalog)

    services = providers.List(
        providers.Factory(
            Service,
            open=catalog.provided.refresh,
            loops=providers.List(
                catalog.provided.watch,
                providers.Factory(functools.partial, storage.signals.provided.follow, catalog.provided.nudge),
            ),
        ),
    )
