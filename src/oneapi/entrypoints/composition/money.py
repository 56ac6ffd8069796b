"""Money: counting, charging and topping up."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dependency_injector import containers, providers

from oneapi.adapters.dialects import REQUEST_FORMATS
from oneapi.adapters.identity.keys import new_redemption_key
from oneapi.adapters.tokenizer import TiktokenCounter
from oneapi.application.money.metering import Meter
from oneapi.application.money.price_lists import PriceLists
from oneapi.application.money.recovery import Recovery
from oneapi.application.money.redemptions import ManageRedemptions
from oneapi.application.money.statements import Statements
from oneapi.application.money.top_ups import Redeem, TopUp
from oneapi.data import ENCODINGS, image_limits, model_owners, traits_of
from oneapi.domain.limits import Rate
from oneapi.entrypoints.composition.services import Service
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.domain.options import Options

#: Seconds over which wrong redemption codes are counted.
REDEEM_WINDOW = 20 * 60


def _encodings(settings: Settings) -> Path:
    return Path(settings.tiktoken_cache_dir) if settings.tiktoken_cache_dir else ENCODINGS


def _approximate(options: Callable[[], Options]) -> Callable[[], bool]:
    return lambda: options().approximate_token_enabled


def _redeem_rate(settings: Settings) -> Rate:
    """The rate limit for wrong redemption codes of a user."""
    return Rate("RD", settings.critical_rate_limit * (not settings.debug), REDEEM_WINDOW)


class MoneyContainer(containers.DeclarativeContainer):
    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Dependency[Any]()
    storage = providers.DependenciesContainer()
    memory = providers.DependenciesContainer()
    operations = providers.DependenciesContainer()

    counter = providers.Singleton(
        TiktokenCounter,
        providers.Factory(_encodings, settings),
        approximate=providers.Factory(_approximate, memory.options),
    )
    meter = providers.Singleton(
        Meter,
        counter,
        providers.Factory(image_limits),
        providers.Object(REQUEST_FORMATS),
        providers.Object(traits_of),
    )
    recovery = providers.Singleton(Recovery, memory.ledger)
    price_lists = providers.Singleton(PriceLists, memory.catalog, providers.Factory(model_owners))
    statements = providers.Singleton(
        Statements, memory.catalog, storage.account_reader, memory.ledger, clock=clock
    )

    manage_redemptions = providers.Singleton(
        ManageRedemptions,
        storage.redemptions,
        operations.audit,
        new_key=providers.Object(new_redemption_key),
        clock=clock,
    )
    redeem = providers.Singleton(
        Redeem,
        storage.redemptions,
        storage.credits,
        memory.catalog,
        storage.limits,
        providers.Factory(_redeem_rate, settings),
        forget_accounts=memory.authenticator.provided.forget_all,
        clock=clock,
    )
    top_up = providers.Singleton(
        TopUp,
        storage.users,
        storage.credits,
        memory.catalog,
        operations.audit,
        forget_accounts=memory.authenticator.provided.forget_all,
        clock=clock,
    )

    services = providers.List(
        providers.Factory(
            Service,
            # Takes seconds, which no request should wait for.
            open=providers.Factory(functools.partial, asyncio.to_thread, counter.provided.load),
            close=counter.provided.close,
        ),
        providers.Factory(
            Service,
            open=recovery.provided.at_start,
            loops=providers.List(memory.ledger.provided.run, recovery.provided.repeat),
            close=memory.ledger.provided.close,
        ),
    )
