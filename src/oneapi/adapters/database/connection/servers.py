"""Connections to PostgreSQL and MySQL: their encryption and session settings, and how a pooler is detected."""

from __future__ import annotations

import asyncio
import ssl
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from oneapi.adapters.database.connection.dsn import Address, Tls

#: Seconds in which a connection must be established, so that a dead server is noticed early.
CONNECT_SECONDS = 2.0

#: Settings of each PostgreSQL session. Compiling a statement would take longer than running any of ours.
_SESSION = {"application_name": "oneapi", "jit": "off"}
#: Sent as statements: older servers have no ``jit``, and poolers refuse these startup parameters. Not every pooler can
#: be configured to ignore them: https://www.pgbouncer.org/config.html#ignore_startup_parameters
_SET = "SELECT set_config('{}', '{}', false) FROM pg_settings WHERE name = '{}'"
#: Servers with ``skip-character-set-client-handshake`` ignore the character set of the handshake.
_NAMES = "SET NAMES utf8mb4"


def open_server(address: Address, *, prepare: bool, **settings: Any) -> AsyncEngine:
    """A pool of connections to ``address``, none open yet. ``prepare``: whether to prepare statements on the server."""
    if address.product == "mysql":
        # REPEATABLE READ locks gaps, and shows a transaction that has waited for a lock outdated rows
        settings.setdefault("isolation_level", "READ COMMITTED")
    arguments = _mysql(address) if address.product == "mysql" else _postgres(address, prepare=prepare)
    engine = create_async_engine(address.url, pool_pre_ping=True, connect_args=arguments, **settings)
    if address.product == "mysql" and address.tls.mode not in ("disable", "prefer"):
        event.listen(engine.sync_engine, "connect", _require_encryption)
    if address.product == "postgresql" and prepare:
        ours = {name: value for name, value in _SESSION.items() if name not in address.session}
        event.listen(engine.sync_engine, "connect", partial(_set, ours))
    return engine


async def behind_pooler(address: Address) -> bool:
    """Whether a pooler is in front of PostgreSQL: statements run in another process than the one that greeted us."""
    engine = open_server(address, prepare=False, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            working = (await connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar()
            raw: Any = (await connection.get_raw_connection()).driver_connection
            return bool(working != raw.get_server_pid())
    finally:
        await engine.dispose()


def _postgres(address: Address, *, prepare: bool) -> dict[str, Any]:
    mode = address.tls.mode
    arguments: dict[str, Any] = {
        "timeout": CONNECT_SECONDS,
        "ssl": mode if mode in ("disable", "allow", "prefer") else _tls_context(address.tls),
        "server_settings": dict(address.session),
    }
    if not prepare:
        # An unnamed statement is parsed, bound and executed before the pooler passes the connection to another client.
        arguments |= {
            "statement_cache_size": 0,
            "prepared_statement_cache_size": 0,
            "prepared_statement_name_func": str,
        }
    return arguments


def _mysql(address: Address) -> dict[str, Any]:
    context = None if address.tls.mode == "disable" else _tls_context(address.tls)
    return {"ssl": context, "init_command": _NAMES, "async_creator_fn": _connect_to_mysql}


async def _connect_to_mysql(*arguments: Any, **settings: Any) -> Any:
    import aiomysql  # type: ignore[import-untyped]  # noqa: PLC0415  # 10 MB, which only its users need

    # not aiomysql.connect: its timeout covers only the TCP handshake, and it leaves the socket open after a failure
    connection = aiomysql.Connection(*arguments, **settings)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await connection._connect()  # noqa: SLF001  # aiomysql has no public way
    except BaseException:
        connection.close()
        raise
    return connection


def _tls_context(tls: Tls) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=tls.root_certificate or None)
    context.check_hostname = tls.mode == "verify-full"
    if not tls.mode.startswith("verify"):
        context.verify_mode = ssl.CERT_NONE
    if tls.certificate:
        context.load_cert_chain(tls.certificate, tls.key or None)
    return context


def _set(settings: dict[str, str], connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for name, value in settings.items():
        cursor.execute(_SET.format(name, value, name))
    cursor.close()
    connection.commit()


def _require_encryption(connection: Any, _record: Any) -> None:
    # aiomysql continues unencrypted if the server offers no TLS
    cursor = connection.cursor()
    cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
    row = cursor.fetchone()
    cursor.close()
    if row is None or not row[1]:
        raise OperationalError(
            "SHOW STATUS", None, ConnectionError("the server offers no TLS, but the address requires it")
        )
