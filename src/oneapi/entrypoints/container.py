"""The composition root: every object of a process, built once; it reads from top to bottom."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import random
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dependency_injector import containers, providers

from oneapi.adapters.database.accounts import SqlAccountReader
from oneapi.adapters.database.audit import SqlAuditRepository
from oneapi.adapters.database.channels import SqlChannelRepository
from oneapi.adapters.database.engine import Database
from oneapi.adapters.database.ledger import SqlLedgerStore
from oneapi.adapters.database.logs import SqlLogRepository
from oneapi.adapters.database.options import SqlOptionRepository
from oneapi.adapters.database.tokens import SqlTokenRepository
from oneapi.adapters.database.users import SqlUserRepository
from oneapi.adapters.database.versions import SqlVersions
from oneapi.adapters.identity.keys import new_access_token, new_key
from oneapi.adapters.identity.passwords import check_password
from oneapi.adapters.identity.sessions import SignedSessions
from oneapi.adapters.limits import MemoryLimits
from oneapi.adapters.signals import open_signals
from oneapi.adapters.spool import FileSpool
from oneapi.adapters.tokenizer import TiktokenCounter
from oneapi.adapters.upstream.fetcher import PublicFetcher
from oneapi.adapters.upstream.gateway import Gateway
from oneapi.adapters.upstream.http1 import Http1Transport
from oneapi.adapters.upstream.transport import Timeouts
from oneapi.adapters.upstream.websocket import WebSocketCaller
from oneapi.application.accounts import OwnAccount
from oneapi.application.audit import AuditTrail
from oneapi.application.authentication import Authenticator
from oneapi.application.catalog import Catalog
from oneapi.application.channel_health import ChannelHealth
from oneapi.application.channels import ManageChannels
from oneapi.application.ledger import Ledger, LedgerLimits
from oneapi.application.logs import ReadLogs
from oneapi.application.metering import Meter
from oneapi.application.models import ModelLists
from oneapi.application.offers import Offers
from oneapi.application.options import ManageOptions
from oneapi.application.proxying import Proxying
from oneapi.application.relay import Relay
from oneapi.application.sign_in import SignIn, WhoIsThere
from oneapi.application.statements import Statements
from oneapi.application.tokens import ManageTokens
from oneapi.data import ENCODINGS, built_in_models, channel_models, image_limits, model_owners, price_tables
from oneapi.domain.health import MetricRule
from oneapi.entrypoints.http.request import ClientAddress
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

logger = logging.getLogger(__name__)

#: Seconds between two looks for what processes that are gone left behind.
RECOVER_EVERY = 30
MEGABYTE = 1024 * 1024
#: Connections kept to one provider: fewer than run at once would be opened and closed for every request.
MOST_IDLE = 1024


def open_database(settings: Settings) -> Database:
    """The main database; nothing connects yet."""
    return _open(settings, settings.sql_dsn)


def open_log_database(settings: Settings, main: Database) -> Database:
    """The database of the log: the main one unless ``LOG_SQL_DSN`` names another."""
    return _open(settings, settings.log_sql_dsn) if settings.log_sql_dsn else main


def _open(settings: Settings, dsn: str) -> Database:
    return Database.open(
        dsn,
        sqlite_path=settings.sqlite_path,
        max_idle=settings.sql_max_idle_conns,
        max_open=settings.sql_max_open_conns,
        lifetime=settings.sql_conn_max_lifetime,
        busy_timeout=settings.sqlite_busy_timeout,
    )


def _timeouts(settings: Settings) -> Timeouts:
    return Timeouts(
        connect=settings.relay_connect_timeout,
        first_byte=settings.relay_first_byte_timeout,
        idle=settings.relay_idle_timeout,
        total=settings.relay_timeout,
    )


def _limits(settings: Settings) -> LedgerLimits:
    if settings.batch_update_enabled:
        return LedgerLimits(interval=settings.batch_update_interval)
    return LedgerLimits()


def _proxy(settings: Settings) -> str | None:
    return settings.relay_proxy or None


def _environment_proxies(settings: Settings) -> dict[str, str]:
    """In the form of ``urllib.request.getproxies``."""
    proxies = {"http": settings.http_proxy, "https": settings.https_proxy, "no": settings.no_proxy}
    return {scheme: value for scheme, value in proxies.items() if value}


def _channel_settings(settings: Settings) -> dict[str, str]:
    """What stands in for a channel's own settings, under the variables' names."""
    return {
        "GEMINI_VERSION": settings.gemini_version,
        "GEMINI_SAFETY_SETTING": settings.gemini_safety_setting,
    }


def _metric(settings: Settings) -> MetricRule | None:
    if not settings.enable_metric:
        return None
    return MetricRule(settings.metric_queue_size, settings.metric_success_rate_threshold)


def _encodings(settings: Settings) -> Path:
    return Path(settings.tiktoken_cache_dir) if settings.tiktoken_cache_dir else ENCODINGS


def _approximate(catalog: Catalog) -> Callable[[], bool]:
    return lambda: catalog.current.options.approximate_token_enabled


def _owner(settings: Settings) -> str:
    ledger = settings.sql_dsn or str(Path(settings.sqlite_path).resolve())
    return f"{hashlib.sha256(ledger.encode()).hexdigest()[:12]}-{secrets.token_hex(8)}"


class Container(containers.DeclarativeContainer):
    """Singletons of one worker process."""

    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Object(time.time)
    draw = providers.Object(random.random)

    # --- storage
    database = providers.Singleton(open_database, settings)
    log_database = providers.Singleton(open_log_database, settings, database)
    account_reader = providers.Singleton(SqlAccountReader, database)
    users = providers.Singleton(SqlUserRepository, database)
    tokens = providers.Singleton(SqlTokenRepository, database)
    channels = providers.Singleton(SqlChannelRepository, database)
    options = providers.Singleton(SqlOptionRepository, database)
    logs = providers.Singleton(SqlLogRepository, log_database)
    versions = providers.Singleton(SqlVersions, database)
    ledger_store = providers.Singleton(SqlLedgerStore, database, log_database)
    spool = providers.Singleton(
        FileSpool,
        directory=providers.Singleton(Path, settings.provided.spool_dir),
        owner=providers.Singleton(_owner, settings),
    )

    # --- money
    ledger = providers.Singleton(
        Ledger,
        ledger_store,
        account_reader,
        spool,
        clock=clock,
        limits=providers.Singleton(_limits, settings),
    )

    # --- who may, and where to
    authenticator = providers.Singleton(
        Authenticator,
        account_reader,
        observe=ledger.provided.observe,
        clock=clock,
        outage_grace=settings.provided.db_outage_grace,
    )
    catalog = providers.Singleton(
        Catalog,
        channels,
        options,
        versions,
        providers.Singleton(price_tables),
        forget_accounts=authenticator.provided.forget_all,
        full_read_every=settings.provided.sync_frequency,
        clock=clock,
    )
    health = providers.Singleton(
        ChannelHealth,
        channels,
        catalog,
        clock=clock,
        metric=providers.Singleton(_metric, settings),
    )

    counter = providers.Singleton(
        TiktokenCounter,
        providers.Singleton(_encodings, settings),
        approximate=providers.Singleton(_approximate, catalog),
    )
    meter = providers.Singleton(Meter, counter, providers.Singleton(image_limits))

    signals = providers.Singleton(
        open_signals,
        settings.provided.redis_conn_string,
        master=settings.provided.redis_master_name,
        password=settings.provided.redis_password,
    )

    # --- upstream
    transport = providers.Singleton(
        Http1Transport,
        providers.Singleton(_timeouts, settings),
        proxy=providers.Singleton(_proxy, settings),
        environment_proxies=providers.Singleton(_environment_proxies, settings),
        max_idle_per_origin=MOST_IDLE,
    )
    fetcher = providers.Singleton(
        PublicFetcher,
        timeout=settings.provided.user_content_request_timeout,
        proxy=settings.provided.user_content_request_proxy,
    )
    websocket = providers.Singleton(
        WebSocketCaller,
        providers.Singleton(_timeouts, settings),
        proxy=providers.Singleton(_proxy, settings),
    )
    gateway = providers.Singleton(
        Gateway,
        transport,
        websocket=websocket,
        fetcher=fetcher,
        counter=counter,
        settings=providers.Singleton(_channel_settings, settings),
        enforce_include_usage=settings.provided.enforce_include_usage,
        limit=64 * MEGABYTE,
    )

    # --- use cases
    relay = providers.Singleton(Relay, catalog, ledger, gateway, meter, health, clock=clock, draw=draw)
    proxying = providers.Singleton(Proxying, catalog, gateway, logs, clock=clock)
    model_lists = providers.Singleton(ModelLists, catalog, providers.Singleton(model_owners))
    statements = providers.Singleton(Statements, catalog, account_reader, ledger)

    # --- administration
    limits = providers.Singleton(MemoryLimits, clock)
    audit = providers.Singleton(AuditTrail, providers.Singleton(SqlAuditRepository, database), clock=clock)
    sessions = providers.Singleton(SignedSessions, settings.provided.session_secret)
    sign_in = providers.Singleton(
        SignIn,
        users,
        catalog,
        sessions,
        providers.Object(check_password),
        clock,
    )
    who_is_there = providers.Singleton(WhoIsThere, users, sessions, clock)
    own_account = providers.Singleton(
        OwnAccount, users, ledger, new_access_token=providers.Object(new_access_token)
    )
    manage_tokens = providers.Singleton(
        ManageTokens,
        tokens,
        ledger,
        new_key=providers.Object(new_key),
        forget_accounts=authenticator.provided.forget_all,
        clock=clock,
    )
    manage_channels = providers.Singleton(ManageChannels, channels, catalog, ledger, audit, clock=clock)
    manage_options = providers.Singleton(
        ManageOptions, options, catalog, providers.Singleton(price_tables), audit
    )
    offers = providers.Singleton(
        Offers,
        catalog,
        providers.Singleton(price_tables),
        by_type=providers.Singleton(channel_models),
        built_in=providers.Singleton(built_in_models),
    )
    read_logs = providers.Singleton(ReadLogs, logs, ledger, audit)

    # --- the HTTP side
    client_address = providers.Singleton(ClientAddress, settings.provided.trusted_proxies)


@contextlib.asynccontextmanager
async def opened(container: Container) -> AsyncIterator[None]:
    """The container's objects at work; on leaving, open charges are settled before anything closes."""
    ledger, catalog, spool = container.ledger(), container.catalog(), container.spool()
    spool.open()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(_close_databases, container)
        signals = container.signals()
        stack.push_async_callback(signals.close)
        stack.callback(spool.close)
        stack.callback(container.counter().close)
        await asyncio.to_thread(container.counter().load)  # seconds of work that no request should wait for
        await ledger.recover()
        await catalog.refresh()
        stack.push_async_callback(ledger.close)
        stack.push_async_callback(container.relay().close)
        stack.push_async_callback(container.health().close)
        stack.push_async_callback(container.transport().close)
        stack.push_async_callback(container.fetcher().close)
        loops = [
            asyncio.create_task(_forever(ledger.run)),
            asyncio.create_task(_forever(catalog.watch)),
            asyncio.create_task(_forever(lambda: signals.follow(catalog.nudge))),
            asyncio.create_task(_forever(lambda: _recover_repeatedly(container))),
        ]
        stack.push_async_callback(_stop, loops)
        yield


async def _recover_repeatedly(container: Container) -> None:
    while True:
        await asyncio.sleep(RECOVER_EVERY)
        if recovered := await container.ledger().recover():
            logger.warning("%d charges of a process that died were recovered", recovered)


async def _forever(work: Any) -> None:
    """Run ``work``, and run it again when it fails: no background loop may end unseen."""
    while True:
        try:
            coroutine: Coroutine[Any, Any, None] = work()
            await coroutine
        except Exception:
            logger.exception("a background job failed and starts again")
            await asyncio.sleep(1)
        else:
            return


async def _stop(loops: list[asyncio.Task[None]]) -> None:
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


async def _close_databases(container: Container) -> None:
    main, log = container.database(), container.log_database()
    await main.close()
    if log is not main:
        await log.close()
