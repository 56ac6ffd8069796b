"""Storage that outlives the process or is shared between processes: databases, spool, Redis."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Any

from dependency_injector import containers, providers

from oneapi.adapters.database.connection.engine import Database
from oneapi.adapters.database.repositories.audit import SqlAuditRepository
from oneapi.adapters.database.repositories.channels import SqlChannelRepository
from oneapi.adapters.database.repositories.leases import SqlLeaseRepository
from oneapi.adapters.database.repositories.logs import SqlLogRepository
from oneapi.adapters.database.repositories.money.credits import SqlCreditStore
from oneapi.adapters.database.repositories.money.ledger import SqlLedgerStore
from oneapi.adapters.database.repositories.money.redemptions import SqlRedemptionRepository
from oneapi.adapters.database.repositories.options import SqlOptionRepository
from oneapi.adapters.database.repositories.people.accounts import SqlAccountReader
from oneapi.adapters.database.repositories.people.codes import SqlCodeRepository
from oneapi.adapters.database.repositories.people.reminders import SqlReminded
from oneapi.adapters.database.repositories.people.sessions import SqlSessionRepository
from oneapi.adapters.database.repositories.people.tokens import SqlTokenRepository
from oneapi.adapters.database.repositories.people.users import SqlUserRepository
from oneapi.adapters.database.repositories.stored_responses import SqlResponseStore
from oneapi.adapters.database.repositories.versions import SqlVersions
from oneapi.adapters.database.sealing import Cipher
from oneapi.adapters.database.secrets_at_rest import SecretsAtRest
from oneapi.adapters.limits import limits_over
from oneapi.adapters.redis import open_redis
from oneapi.adapters.signals import signals_over
from oneapi.adapters.spool import FileSpool
from oneapi.entrypoints.composition.services import Service
from oneapi.entrypoints.settings import Settings


def _open(settings: Settings, dsn: str) -> Database:
    """The database of ``dsn``, not yet connected."""
    return Database.open(
        dsn,
        sqlite_path=settings.sqlite_path,
        max_idle=settings.sql_max_idle_conns,
        max_open=settings.sql_max_open_conns,
        lifetime=settings.sql_conn_max_lifetime,
        busy_timeout=settings.sqlite_busy_timeout,
    )


def _open_log(settings: Settings, main: Database) -> Database:
    """The database of the log: the main one, unless ``LOG_SQL_DSN`` names another."""
    return _open(settings, settings.log_sql_dsn) if settings.log_sql_dsn else main


def _owner(settings: Settings) -> str:
    """The name of this process's records in the spool, which identifies the database and the process."""
    ledger = settings.sql_dsn or str(Path(settings.sqlite_path).resolve())
    return f"{hashlib.sha256(ledger.encode()).hexdigest()[:12]}-{secrets.token_hex(8)}"


class StorageContainer(containers.DeclarativeContainer):
    settings = providers.Dependency(instance_of=Settings)
    clock = providers.Dependency[Any]()

    database = providers.Singleton(_open, settings, settings.provided.sql_dsn)
    log_database = providers.Singleton(_open_log, settings, database)
    language = settings.provided.default_language
    cipher = providers.Singleton(Cipher, settings.provided.encryption_key)

    account_reader = providers.Singleton(SqlAccountReader, database, cipher)
    users = providers.Singleton(SqlUserRepository, database, log_database, cipher, language=language)
    sessions = providers.Singleton(SqlSessionRepository, database)
    codes = providers.Singleton(SqlCodeRepository, database)
    tokens = providers.Singleton(SqlTokenRepository, database, cipher)
    channels = providers.Singleton(SqlChannelRepository, database, cipher)
    options = providers.Singleton(SqlOptionRepository, database, cipher)
    responses = providers.Singleton(SqlResponseStore, database, cipher)
    secrets_at_rest = providers.Singleton(SecretsAtRest, database, cipher, channels, responses)
    versions = providers.Singleton(SqlVersions, database)
    leases = providers.Singleton(SqlLeaseRepository, database)
    logs = providers.Singleton(SqlLogRepository, log_database, language=language)
    audit = providers.Singleton(SqlAuditRepository, database)
    redemptions = providers.Singleton(SqlRedemptionRepository, database)
    credits = providers.Singleton(SqlCreditStore, database, log_database, logs, language=language)
    reminded = providers.Singleton(SqlReminded, database)

    ledger = providers.Singleton(SqlLedgerStore, database, log_database)
    spool = providers.Singleton(
        FileSpool,
        directory=providers.Factory(Path, settings.provided.spool_dir),
        owner=providers.Factory(_owner, settings),
    )

    redis = providers.Singleton(
        open_redis,
        settings.provided.redis_conn_string,
        master=settings.provided.redis_master_name,
        password=settings.provided.redis_password,
    )
    signals = providers.Singleton(signals_over, redis)
    limits = providers.Singleton(limits_over, redis, clock)

    services = providers.List(
        providers.Factory(Service, close=database.provided.close),
        providers.Factory(Service, close=log_database.provided.close),
        providers.Factory(Service, close=signals.provided.close),
        providers.Factory(Service, open=spool.provided.open, close=spool.provided.close),
    )
