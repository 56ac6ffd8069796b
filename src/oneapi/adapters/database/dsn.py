"""The original's ways to write a database address, and SQLAlchemy's own, as one URL."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from attrs import field, frozen
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: ``user:password@tcp(host:port)/database?params``; the password may hold anything, so the last ``@`` before the network counts.
GO_MYSQL = re.compile(
    r"^(?:(?P<user>[^:@/]*)(?::(?P<password>.*))?@)?(?P<net>tcp|tcp4|tcp6|unix)?(?:\((?P<address>[^)]*)\))?"
    r"/(?P<database>[^?/]*)(?:\?(?P<params>.*))?$",
    re.DOTALL,
)
DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "mysql": "mysql+aiomysql",
    "mariadb": "mysql+aiomysql",
    "mysql+aiomysql": "mysql+aiomysql",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}
CONNECT_SECONDS = 2


class BadDsn(ValueError):
    """The text is one line that names no password."""


@frozen
class Address:
    """Where a database is: SQLAlchemy's URL and the driver's own arguments."""

    url: URL
    arguments: Mapping[str, Any] = field(factory=dict, repr=False)

    @property
    def product(self) -> str:
        """``sqlite``, ``postgresql`` or ``mysql``."""
        return self.url.get_backend_name()


def read_dsn(dsn: str, sqlite_path: str = "one-api.db") -> Address:
    """The address that ``dsn`` means; empty: the SQLite file ``sqlite_path``. Raises BadDsn."""
    if not dsn:
        return Address(URL.create("sqlite+aiosqlite", database=sqlite_path))
    if "://" in dsn:
        return _from_url(dsn)
    return _from_go(dsn)


def _from_url(dsn: str) -> Address:
    try:
        url = make_url(dsn)
    except (ArgumentError, ValueError):
        raise BadDsn("is not a database address: give scheme://user:password@host:port/database") from None
    driver = DRIVERS.get(url.drivername)
    if driver is None:
        raise BadDsn(f"names an unknown database {url.drivername!r}: give postgres://, mysql:// or sqlite://")
    query = {key: value if isinstance(value, str) else value[-1] for key, value in url.query.items()}
    url = url.set(drivername=driver, query={})
    if driver.startswith("postgresql"):
        return Address(url, _postgres_arguments(query))
    if driver.startswith("mysql"):
        return Address(url, _mysql_arguments(query))
    return Address(url)


def _from_go(dsn: str) -> Address:
    found = GO_MYSQL.match(dsn)
    if found is None:
        raise BadDsn("is not a database address: give user:password@tcp(host:port)/database or postgres://...")
    query = dict(parse_qsl(found["params"] or "", keep_blank_values=True))
    address = found["address"] or "127.0.0.1:3306"
    arguments = _mysql_arguments(query)
    host, port = None, None
    if found["net"] == "unix":
        arguments["unix_socket"] = address
    else:
        host, _, text = address.rpartition(":") if re.search(r":\d+$", address) else (address, "", "3306")
        port = int(text)
    url = URL.create(
        "mysql+aiomysql",
        username=found["user"] or None,
        password=found["password"],
        host=host.strip("[]") if host else None,
        port=port,
        database=unquote(found["database"]),
    )
    return Address(url, arguments)


def _postgres_arguments(query: Mapping[str, str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {"timeout": CONNECT_SECONDS}
    if "sslmode" in query:
        arguments["ssl"] = query["sslmode"]
    server = {}
    for key, value in query.items():
        if key in {"TimeZone", "timezone"}:
            server["timezone"] = value
        elif key in {"search_path", "application_name"}:
            server[key] = value
    if server:
        arguments["server_settings"] = server
    return arguments


def _mysql_arguments(query: Mapping[str, str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, "charset": "utf8mb4"}
    tls = query.get("tls", "false").lower()
    if tls == "true":
        arguments["ssl"] = ssl.create_default_context()
    elif tls == "skip-verify":
        arguments["ssl"] = _unverified()
    return arguments


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
