"""The composition root: every object of a process, built once; it reads from top to bottom."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import logging
import random
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve
from dependency_injector import containers, providers

from oneapi.adapters.database.connection.engine import Database
from oneapi.adapters.database.repositories.accounts import SqlAccountReader
from oneapi.adapters.database.repositories.audit import SqlAuditRepository
from oneapi.adapters.database.repositories.channels import SqlChannelRepository
from oneapi.adapters.database.repositories.codes import SqlCodeRepository
from oneapi.adapters.database.repositories.credits import SqlCreditStore
from oneapi.adapters.database.repositories.leases import SqlLeaseRepository
from oneapi.adapters.database.repositories.ledger import SqlLedgerStore
from oneapi.adapters.database.repositories.logs import SqlLogRepository
from oneapi.adapters.database.repositories.options import SqlOptionRepository
from oneapi.adapters.database.repositories.redemptions import SqlRedemptionRepository
from oneapi.adapters.database.repositories.reminders import SqlReminded
from oneapi.adapters.database.repositories.sessions import SqlSessionRepository
from oneapi.adapters.database.repositories.tokens import SqlTokenRepository
from oneapi.adapters.database.repositories.users import SqlUserRepository
from oneapi.adapters.database.repositories.versions import SqlVersions
from oneapi.adapters.database.sealing import Cipher
from oneapi.adapters.database.secrets_at_rest import SecretsAtRest
from oneapi.adapters.dialects import SURFACES
from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI_CHAT
from oneapi.adapters.identity.calls import Calls
from oneapi.adapters.identity.keys import (
    new_access_token,
    new_aff_code,
    new_code,
    new_deleted_name,
    new_key,
    new_number,
    new_password,
    new_redemption_key,
    new_reset_token,
    new_secret,
)
from oneapi.adapters.identity.oauth.github import GitHub
from oneapi.adapters.identity.oauth.lark import Lark
from oneapi.adapters.identity.oauth.oidc import OidcProvider
from oneapi.adapters.identity.oauth.wechat import WeChat
from oneapi.adapters.identity.passwords import Passwords
from oneapi.adapters.identity.sessions import SignedAttempts, SignedSessions
from oneapi.adapters.identity.turnstile import CloudflareTurnstile
from oneapi.adapters.kept_thoughts import thoughts_over
from oneapi.adapters.limits import limits_over
from oneapi.adapters.mail import SmtpMailer
from oneapi.adapters.providers.catalog import CHANNEL_TYPES
from oneapi.adapters.pusher import HttpPusher
from oneapi.adapters.redis import open_redis
from oneapi.adapters.signals import signals_over
from oneapi.adapters.spool import FileSpool
from oneapi.adapters.texts.letters import write_letter
from oneapi.adapters.texts.prices import PRICE_WORDS
from oneapi.adapters.tokenizer import TiktokenCounter
from oneapi.adapters.transport.http1 import Http1Transport, default_tls
from oneapi.adapters.transport.interface import Timeouts
from oneapi.adapters.transport.proxies import ProxyRules
from oneapi.adapters.transport.websocket import WebSocketCaller
from oneapi.adapters.upstream.balance_reader import Balances
from oneapi.adapters.upstream.conductor import Conductor
from oneapi.adapters.upstream.fetcher import PublicFetcher
from oneapi.adapters.upstream.gateway import Gateway
from oneapi.adapters.upstream.reception import Reception
from oneapi.adapters.upstream.remembering import Remembering
from oneapi.adapters.upstream.writing import Writer
from oneapi.application.audit import AuditTrail
from oneapi.application.catalog import Catalog
from oneapi.application.channels.balances import JOB as BALANCE_JOB
from oneapi.application.channels.balances import ChannelBalances
from oneapi.application.channels.batch import BatchChannels
from oneapi.application.channels.health import ChannelHealth
from oneapi.application.channels.manage_channels import ManageChannels
from oneapi.application.channels.probe import ChannelProbe
from oneapi.application.channels.testing import JOB as TEST_JOB
from oneapi.application.channels.testing import ChannelTests
from oneapi.application.jobs import Jobs
from oneapi.application.messages.mails import Mails
from oneapi.application.messages.notices import Notices
from oneapi.application.messages.outbox import Outbox
from oneapi.application.messages.quota_reminders import QuotaReminders
from oneapi.application.money.ledger import Ledger, LedgerLimits
from oneapi.application.money.metering import Meter
from oneapi.application.money.redemptions import ManageRedemptions
from oneapi.application.money.statements import Statements
from oneapi.application.money.top_ups import Redeem, TopUp
from oneapi.application.operations.logs import ReadLogs
from oneapi.application.operations.options import ManageOptions
from oneapi.application.operations.readiness import Readiness
from oneapi.application.people.accounts import FirstPassword, OwnAccount
from oneapi.application.people.external_sign_in import SignInWith, Vouching
from oneapi.application.people.human_check import HumanCheck
from oneapi.application.people.mailed_codes import OneTimeCodes, SendCodes, UseCodes
from oneapi.application.people.registration import NewAccounts, Register
from oneapi.application.people.sessions import UserSessions
from oneapi.application.people.sign_in import PasswordCheck, SignIn, WhoIsThere
from oneapi.application.people.sign_in_attempts import SignInAttempts
from oneapi.application.people.tokens import ManageTokens
from oneapi.application.people.users import ManageUsers, ReadUsers
from oneapi.application.relay.authentication import Authenticator
from oneapi.application.relay.models import ModelLists
from oneapi.application.relay.offers import Offers
from oneapi.application.relay.proxying import Proxying
from oneapi.application.relay.serving import Relay
from oneapi.application.relay.token_counts import TokenCounts
from oneapi.data import ENCODINGS, built_in_models, channel_models, image_limits, model_owners, price_tables
from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.health import MetricRule
from oneapi.domain.limits import Rate
from oneapi.entrypoints.errors.answers import probe_failure, reason_of
from oneapi.entrypoints.http.request import ClientAddress
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Mapping

    from oneapi.domain.counting import RequestFormat
    from oneapi.domain.options import Options
    from oneapi.domain.pricing import Tables

logger = logging.getLogger(__name__)

#: Seconds between two looks for what processes that are gone left behind.
RECOVER_EVERY = 30
#: Seconds of the shutdown for messages that have not left yet.
LAST_MESSAGES = 5
MEGABYTE = 1024 * 1024
#: Bytes of an answer that is not streamed.
LONGEST_ANSWER = 64 * MEGABYTE
#: Seconds over which wrong redemption codes are counted.
REDEEM_WINDOW = 20 * 60
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


def _formats() -> Mapping[str, RequestFormat]:
    return SURFACES


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


def _redeem_rate(settings: Settings) -> Rate:
    """Of codes that there are not."""
    return Rate("RD", settings.critical_rate_limit * (not settings.debug), REDEEM_WINDOW)


def _encodings(settings: Settings) -> Path:
    return Path(settings.tiktoken_cache_dir) if settings.tiktoken_cache_dir else ENCODINGS


def _approximate(catalog: Catalog) -> Callable[[], bool]:
    return lambda: catalog.current.options.approximate_token_enabled


def _options(catalog: Catalog) -> Callable[[], Options]:
    return lambda: catalog.current.options


def _outbox(settings: Settings) -> Outbox:
    return Outbox(grace=min(settings.shutdown_grace, LAST_MESSAGES))


def _owner(settings: Settings) -> str:
    ledger = settings.sql_dsn or str(Path(settings.sqlite_path).resolve())
    return f"{hashlib.sha256(ledger.encode()).hexdigest()[:12]}-{secrets.token_hex(8)}"


def _tables(language: str) -> Tables:
    return evolve(price_tables(), words=PRICE_WORDS[language])


def _new_owner() -> str:
    return secrets.token_hex(16)


class Container(containers.DeclarativeContainer):
    """Singletons of one worker process."""

    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Object(time.time)
    draw = providers.Object(random.random)

    # --- storage
    database = providers.Singleton(open_database, settings)
    log_database = providers.Singleton(open_log_database, settings, database)
    cipher = providers.Singleton(Cipher, settings.provided.encryption_key)
    account_reader = providers.Singleton(SqlAccountReader, database, cipher)
    language = settings.provided.default_language
    users = providers.Singleton(SqlUserRepository, database, log_database, cipher, language=language)
    codes = providers.Singleton(SqlCodeRepository, database)
    tokens = providers.Singleton(SqlTokenRepository, database, cipher)
    channels = providers.Singleton(SqlChannelRepository, database, cipher)
    options = providers.Singleton(SqlOptionRepository, database, cipher)
    secrets_at_rest = providers.Singleton(SecretsAtRest, database, cipher, channels)
    logs = providers.Singleton(SqlLogRepository, log_database, language=language)
    leases = providers.Singleton(SqlLeaseRepository, database)
    redemptions = providers.Singleton(SqlRedemptionRepository, database)
    credit_store = providers.Singleton(SqlCreditStore, database, log_database, logs, language=language)
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
        providers.Singleton(_tables, language),
        forget_accounts=authenticator.provided.forget_all,
        full_read_every=settings.provided.sync_frequency,
        clock=clock,
        defaults=providers.Dict(Theme=settings.provided.theme),
    )

    # --- calls that serve no request of a client: sign-in providers, Turnstile, the Message Pusher
    tls = providers.Singleton(default_tls)
    environment_proxies = providers.Singleton(_environment_proxies, settings)
    outside = providers.Singleton(
        Http1Transport,
        providers.Singleton(Timeouts),
        providers.Singleton(ProxyRules.of, None, environment_proxies),
        verify=tls,
    )

    # --- messages
    current_options = providers.Singleton(_options, catalog)
    mailer = providers.Singleton(SmtpMailer, current_options, clock=clock)
    mails = providers.Singleton(Mails, mailer, write_letter, current_options)
    pusher = providers.Singleton(
        HttpPusher,
        current_options,
        outside,
    )
    outbox = providers.Singleton(_outbox, settings)
    notices = providers.Singleton(
        Notices,
        pusher,
        mailer,
        users,
        outbox,
        write_letter,
        current_options,
        language=settings.provided.default_language,
        clock=clock,
    )
    quota_reminders = providers.Singleton(
        QuotaReminders,
        current_options,
        users,
        providers.Singleton(SqlReminded, database),
        mails,
        outbox,
        language=settings.provided.default_language,
        clock=clock,
    )

    health = providers.Singleton(
        ChannelHealth,
        channels,
        catalog,
        clock=clock,
        metric=providers.Singleton(_metric, settings),
        notices=notices,
    )

    counter = providers.Singleton(
        TiktokenCounter,
        providers.Singleton(_encodings, settings),
        approximate=providers.Singleton(_approximate, catalog),
    )
    meter = providers.Singleton(
        Meter, counter, providers.Singleton(image_limits), providers.Singleton(_formats)
    )

    redis = providers.Singleton(
        open_redis,
        settings.provided.redis_conn_string,
        master=settings.provided.redis_master_name,
        password=settings.provided.redis_password,
    )
    signals = providers.Singleton(signals_over, redis)

    # --- upstream
    provider_proxies = providers.Singleton(
        ProxyRules.of, providers.Singleton(_proxy, settings), environment_proxies
    )
    transport = providers.Singleton(
        Http1Transport,
        providers.Singleton(_timeouts, settings),
        provider_proxies,
        verify=tls,
        max_idle_per_origin=MOST_IDLE,
    )
    fetcher = providers.Singleton(
        PublicFetcher,
        timeout=settings.provided.user_content_request_timeout,
        proxy=settings.provided.user_content_request_proxy,
    )
    websocket = providers.Singleton(
        WebSocketCaller, providers.Singleton(_timeouts, settings), provider_proxies
    )
    remembering = providers.Singleton(Remembering, providers.Singleton(thoughts_over, redis))
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
        providers.Singleton(_channel_settings, settings),
    )
    balances = providers.Singleton(Balances, transport, now=clock)

    # --- use cases
    relay = providers.Singleton(Relay, catalog, ledger, gateway, meter, health, clock=clock, draw=draw)
    proxying = providers.Singleton(Proxying, catalog, ledger, gateway, clock=clock)
    token_counts = providers.Singleton(TokenCounts, relay, gateway, counter, health, draw=draw)
    model_lists = providers.Singleton(ModelLists, catalog, providers.Singleton(model_owners))
    statements = providers.Singleton(Statements, catalog, account_reader, ledger)

    # --- administration
    limits = providers.Singleton(limits_over, redis, clock)
    audit = providers.Singleton(AuditTrail, providers.Singleton(SqlAuditRepository, database), clock=clock)
    session_cookies = providers.Singleton(SignedSessions, settings.provided.session_secret)
    sessions = providers.Singleton(
        UserSessions,
        providers.Singleton(SqlSessionRepository, database),
        session_cookies,
        new_id=providers.Object(new_secret),
        clock=clock,
    )
    passwords = providers.Singleton(Passwords, settings.provided.password_hash_upgrade)
    password_check = providers.Singleton(PasswordCheck, passwords, limits)
    sign_in = providers.Singleton(
        SignIn, users, catalog, sessions, session_cookies, passwords, password_check, clock
    )
    who_is_there = providers.Singleton(WhoIsThere, users, sessions)
    new_accounts = providers.Singleton(
        NewAccounts,
        users,
        catalog,
        new_key=providers.Object(new_key),
        new_access_token=providers.Object(new_access_token),
        new_aff_code=providers.Object(new_aff_code),
        clock=clock,
    )
    one_time_codes = providers.Singleton(OneTimeCodes, codes, clock=clock)
    register = providers.Singleton(Register, new_accounts, users, catalog, one_time_codes, passwords)
    send_codes = providers.Singleton(
        SendCodes,
        one_time_codes,
        users,
        catalog,
        mails,
        outbox,
        limits,
        new_code=providers.Object(new_code),
        new_reset_token=providers.Object(new_reset_token),
    )
    use_codes = providers.Singleton(
        UseCodes,
        one_time_codes,
        users,
        passwords,
        sessions,
        new_password=providers.Object(new_password),
        new_access_token=providers.Object(new_access_token),
    )
    identity_calls = providers.Singleton(Calls, outside)
    human_check = providers.Singleton(
        HumanCheck, catalog, providers.Singleton(CloudflareTurnstile, identity_calls)
    )
    vouching = providers.Singleton(
        Vouching,
        providers.Singleton(
            dict,
            github=providers.Singleton(GitHub, identity_calls),
            oidc=providers.Singleton(OidcProvider, identity_calls, clock=clock),
            lark=providers.Singleton(Lark, identity_calls),
        ),
        providers.Singleton(dict, wechat=providers.Singleton(WeChat, identity_calls)),
        catalog,
    )
    sign_in_attempts = providers.Singleton(
        SignInAttempts,
        providers.Singleton(SignedAttempts, settings.provided.session_secret),
        new_secret=providers.Object(new_secret),
        clock=clock,
    )
    sign_in_with = providers.Singleton(
        SignInWith,
        vouching,
        users,
        new_accounts,
        catalog,
        sessions,
        new_number=providers.Object(new_number),
    )
    own_account = providers.Singleton(
        OwnAccount,
        users,
        ledger,
        sign_in,
        passwords,
        new_access_token=providers.Object(new_access_token),
        new_aff_code=providers.Object(new_aff_code),
        new_deleted_name=providers.Object(new_deleted_name),
        forget_accounts=authenticator.provided.forget_all,
    )
    has_first_password = providers.Singleton(
        FirstPassword, users, passwords, settings.provided.initial_root_password
    )
    read_users = providers.Singleton(ReadUsers, users, ledger)
    manage_users = providers.Singleton(
        ManageUsers,
        users,
        new_accounts,
        passwords,
        catalog,
        audit,
        sessions,
        new_access_token=providers.Object(new_access_token),
        new_deleted_name=providers.Object(new_deleted_name),
        forget_accounts=authenticator.provided.forget_all,
        clock=clock,
    )
    manage_tokens = providers.Singleton(
        ManageTokens,
        tokens,
        ledger,
        new_key=providers.Object(new_key),
        forget_accounts=authenticator.provided.forget_all,
        clock=clock,
    )
    channel_types = providers.Object(CHANNEL_TYPES)
    manage_channels = providers.Singleton(
        ManageChannels, channels, catalog, ledger, audit, types=channel_types, clock=clock
    )
    batch_channels = providers.Singleton(BatchChannels, manage_channels)
    jobs = providers.Singleton(Jobs, leases, new_owner=providers.Object(_new_owner), clock=clock)
    channel_probe = providers.Singleton(
        ChannelProbe,
        channels,
        catalog,
        gateway,
        logs,
        health,
        dialect=OPENAI_CHAT,
        prompt=settings.provided.test_prompt,
        explain=providers.Object(probe_failure),
        clock=clock,
        ticks=providers.Object(time.monotonic),
    )
    channel_tests = providers.Singleton(
        ChannelTests,
        channel_probe,
        channels,
        catalog,
        health,
        jobs,
        apart=settings.provided.polling_interval,
        language=settings.provided.default_language,
        notices=notices,
    )
    channel_balances = providers.Singleton(
        ChannelBalances,
        channels,
        catalog,
        balances,
        health,
        jobs,
        clock=clock,
        apart=settings.provided.polling_interval,
        explain=providers.Object(reason_of),
        language=settings.provided.default_language,
    )
    manage_options = providers.Singleton(
        ManageOptions, options, catalog, providers.Singleton(price_tables), audit
    )
    offers = providers.Singleton(
        Offers,
        catalog,
        providers.Singleton(_tables, language),
        types=channel_types,
        by_type=providers.Singleton(channel_models),
        built_in=providers.Singleton(built_in_models),
    )
    manage_redemptions = providers.Singleton(
        ManageRedemptions, redemptions, audit, new_key=providers.Object(new_redemption_key), clock=clock
    )
    redeem = providers.Singleton(
        Redeem,
        redemptions,
        credit_store,
        catalog,
        limits,
        providers.Singleton(_redeem_rate, settings),
        forget_accounts=authenticator.provided.forget_all,
        clock=clock,
    )
    top_up = providers.Singleton(
        TopUp,
        users,
        credit_store,
        catalog,
        audit,
        forget_accounts=authenticator.provided.forget_all,
        clock=clock,
    )
    read_logs = providers.Singleton(ReadLogs, logs, ledger, audit, clock=clock)

    readiness = providers.Singleton(
        Readiness, versions, catalog, spool, ledger, redis_answers=signals.provided.answers, clock=clock
    )

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
        ledger.on_set_aside = lambda _: container.notices().charges_set_aside(ledger.set_aside)
        await ledger.recover()
        await _retry_set_aside(ledger)
        await catalog.refresh()
        stack.push_async_callback(container.outside().close)  # once the outbox has sent its last messages
        stack.push_async_callback(container.outbox().close)
        ledger.on_balances = container.quota_reminders().watch
        stack.push_async_callback(ledger.close)
        stack.push_async_callback(container.relay().close)
        stack.push_async_callback(container.health().close)
        stack.push_async_callback(container.transport().close)
        stack.push_async_callback(container.fetcher().close)
        stack.push_async_callback(container.jobs().close)
        loops = [
            asyncio.create_task(_forever(ledger.run)),
            asyncio.create_task(_forever(catalog.watch)),
            asyncio.create_task(_forever(lambda: signals.follow(catalog.nudge))),
            asyncio.create_task(_forever(lambda: _recover_repeatedly(container))),
            *(asyncio.create_task(_forever(job)) for job in _scheduled(container)),
        ]
        stack.push_async_callback(_stop, loops)
        yield


def _scheduled(container: Container) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """The jobs that masters repeat; of all their workers one does each."""
    settings, repeat = container.settings(), container.jobs().repeat
    if settings.node_type != "master":
        return []
    wanted = [
        (TEST_JOB, container.channel_tests().run, settings.channel_test_frequency),
        (BALANCE_JOB, container.channel_balances().run, settings.channel_update_frequency),
    ]
    return [functools.partial(repeat, name, work, every=every) for name, work, every in wanted if every]


async def _recover_repeatedly(container: Container) -> None:
    while True:
        await asyncio.sleep(RECOVER_EVERY)
        if recovered := await container.ledger().recover():
            logger.warning("%d charges of a process that died were recovered", recovered)


async def _retry_set_aside(ledger: Ledger) -> None:
    """What the database refused before the restart may fit now; if not, it is no reason not to serve."""
    try:
        stored, left = await ledger.retry_set_aside()
    except (StorageUnavailable, OSError) as error:
        logger.warning("charges that were set aside wait for the next start: %s", error)
        return
    if stored or left:
        logger.warning(
            "of the charges that were set aside %d were stored and %d are still refused", stored, left
        )


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
