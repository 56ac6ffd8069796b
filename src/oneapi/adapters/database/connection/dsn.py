"""The address of the database, read from the original's forms and SQLAlchemy's into one value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from attrs import field, frozen
from sqlalchemy import URL

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPECTED = "expected user:password@tcp(host:port)/database, postgres://... or an empty text for SQLite"
_SCHEME = re.compile(r"(?P<scheme>[a-z0-9+]+)://(?P<rest>.*)", re.DOTALL)
#: [user[:password]@][net[(address)]]/database[?parameters], https://github.com/go-sql-driver/mysql#dsn-data-source-name
_GO_MYSQL = re.compile(
    r"(?:(?P<user>[^:]*?)(?::(?P<password>.*))?@)?"
    r"(?:(?P<net>[a-z0-9]+)(?:\((?P<address>[^)]*)\))?)?"
    r"/(?P<database>[^/?]*)(?:\?(?P<query>[^/]*))?",
    re.DOTALL,
)

_DRIVERS = {
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "mysql": "mysql+aiomysql",
    "mariadb": "mysql+aiomysql",
    "sqlite": "sqlite+aiosqlite",
}

#: Parameters that other drivers consume, and that mean nothing here. All others are session settings, as in pgx; the
#: server reports those that it does not know.
_OF_OTHER_DRIVERS = frozenset(
    # libpq, https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    "channel_binding client_encoding connect_timeout dbname fallback_application_name gssdelegation gssencmode gsslib"
    " host hostaddr keepalives keepalives_count keepalives_idle keepalives_interval krbspn krbsrvname"
    " load_balance_hosts passfile password port replication require_auth requirepeer requiressl service servicefile"
    " ssl_max_protocol_version ssl_min_protocol_version sslcert sslcertmode sslcompression sslcrl sslcrldir sslkey"
    " sslkeylogfile sslmode sslnegotiation sslpassword sslrootcert sslsni target_session_attrs tcp_user_timeout user"
    # pgx and lib/pq
    " binary_parameters default_query_exec_mode description_cache_capacity min_read_buffer_size"
    " pool_health_check_period pool_max_conn_idle_time pool_max_conn_lifetime pool_max_conn_lifetime_jitter"
    " pool_max_conns pool_min_conns pool_min_idle_conns prefer_simple_protocol sslinline"
    " statement_cache_capacity statement_cache_mode"
    # in addresses that PostgreSQL hosting companies give out for Prisma, JDBC, psycopg and asyncpg
    " connection_limit pgbouncer pool_timeout prepare_threshold prepared_statement_cache_size prepared_statements"
    " preparethreshold socket_timeout sslaccept statement_cache_size supa"
    # from MySQL addresses, left over after a move to PostgreSQL
    " charset collation loc multistatements parsetime readtimeout timeout tls writetimeout".split()
)
#: Parameters that imply a connection pooler in front of the server: lower-case name -> values.
_UNPREPARED = {
    "default_query_exec_mode": {"simple_protocol", "exec", "describe_exec", "cache_describe"},
    "statement_cache_mode": {"describe"},
    "pgbouncer": {"true", "1"},
    "prepare_threshold": {"0", "none"},
    "prepared_statement_cache_size": {"0"},
    "prepared_statements": {"false", "0"},
    "preparethreshold": {"0"},
    "statement_cache_size": {"0"},
}

#: ``tls`` of the Go driver for MySQL -> libpq's ``sslmode``.
_MYSQL_TLS = {
    "": "disable",
    "false": "disable",
    "0": "disable",
    "preferred": "prefer",
    "skip-verify": "require",
    "true": "verify-full",
    "1": "verify-full",
}
_TLS_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})


class BadDsn(ValueError):
    """An unusable address. The message is one line without the password."""


@frozen
class Tls:
    """Encryption of a connection. ``mode`` is one of libpq's ``sslmode`` values; the other fields are file names."""

    mode: str = "disable"
    root_certificate: str = ""
    certificate: str = ""
    key: str = ""


@frozen
class Address:
    """The address of a database.

    Attributes:
        url: Product, driver and server; for SQLite ``url.database`` is the file name, verbatim.
        session: Settings of each PostgreSQL session.
        prepared: False if the address implies a connection pooler that keeps no prepared statements.
    """

    url: URL
    tls: Tls = Tls()
    session: Mapping[str, str] = field(factory=dict)
    prepared: bool = True

    @property
    def product(self) -> str:
        """``sqlite``, ``postgresql`` or ``mysql``."""
        return self.url.get_backend_name()

    def __str__(self) -> str:
        """The address without its password, for messages and logs."""
        return (
            self.url.database or ""
            if self.product == "sqlite"
            else self.url.render_as_string(hide_password=True)
        )


def read_dsn(text: str, *, sqlite_path: str = "one-api.db") -> Address:
    """Read ``SQL_DSN``; empty means the SQLite file ``sqlite_path``. Raises BadDsn."""
    text = text.strip()
    if "\0" in unquote(text):
        raise BadDsn("the database address contains a NUL character")
    if not text:
        return _sqlite(sqlite_path)
    found = _SCHEME.match(text)
    if found is None:
        return _go_mysql(text)
    product = found["scheme"].partition("+")[0]
    if product not in _DRIVERS:
        raise BadDsn(f"the database address has the unknown scheme {found['scheme']!r}: {_EXPECTED}")
    if product == "sqlite":
        return _sqlite(found["rest"].partition("?")[0].removeprefix("/"))
    return _network(product, found["rest"])


def _sqlite(path: str) -> Address:
    if not path or path == ":memory:":
        raise BadDsn("the SQLite database needs a file name (SQLITE_PATH)")
    path = re.sub("^//+", "/", path)  # SQLAlchemy would read two slashes as the start of a host name
    return Address(URL.create(_DRIVERS["sqlite"], database=path))


def _network(product: str, rest: str) -> Address:
    """Read ``user:password@host:port/database?parameters``; passwords may contain ``@``, ``:`` and ``/`` unescaped."""
    place, _, query = rest.partition("?")
    credentials, _, place = place.rpartition("@")
    user, _, password = credentials.partition(":")
    hosts, _, database = place.partition("/")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    addresses = [_host_and_port(host) for host in hosts.split(",")]
    url = URL.create(
        _DRIVERS[product],
        username=unquote(user) or parameters.get("user"),
        password=unquote(password) or parameters.get("password"),
        host=addresses[0][0] or None if len(addresses) == 1 else None,
        port=addresses[0][1] if len(addresses) == 1 else None,
        database=unquote(database) or parameters.get("dbname"),
    )
    if url.drivername == _DRIVERS["mysql"]:
        return _mysql(url, parameters)
    if len(addresses) > 1:
        url = url.update_query_dict({"host": [f"{host}:{port or 5432}" for host, port in addresses]})
    elif parameters.get("host"):
        url = url.update_query_dict({"host": parameters["host"]})
    said = {name.lower(): value.lower() for name, value in parameters.items()}
    return Address(
        url,
        tls=_postgres_tls(parameters),
        session={name: value for name, value in parameters.items() if name.lower() not in _OF_OTHER_DRIVERS},
        prepared=not any(said.get(name) in words for name, words in _UNPREPARED.items()),
    )


def _go_mysql(text: str) -> Address:
    found = _GO_MYSQL.fullmatch(text)
    if found is None:
        raise BadDsn(f"the database address cannot be read: {_EXPECTED}")
    parameters = dict(parse_qsl(found["query"] or "", keep_blank_values=True))
    net, address = found["net"] or "tcp", found["address"] or ""
    url = URL.create(_DRIVERS["mysql"], found["user"] or None, found["password"], database=found["database"])
    if net == "unix":
        return _mysql(url, {**parameters, "unix_socket": address or "/tmp/mysql.sock"})  # noqa: S108  # Go's default
    if net not in ("tcp", "tcp4", "tcp6"):
        raise BadDsn(f"the database address names the unknown network {net!r}: {_EXPECTED}")
    host, port = _host_and_port(address)
    return _mysql(url.set(host=host or "127.0.0.1", port=port or 3306), parameters)


def _mysql(url: URL, parameters: Mapping[str, str]) -> Address:
    """Complete ``url``. Only ``tls`` and the socket are read: times are integers here, and the charset is utf8mb4."""
    mode = _MYSQL_TLS.get(parameters.get("tls", "").lower())
    if mode is None:
        raise BadDsn("the database address has an unknown tls; use true, false, skip-verify or preferred")
    query = {"charset": "utf8mb4"}
    if "unix_socket" in parameters:
        query["unix_socket"] = parameters["unix_socket"]
    return Address(url.set(query=query), tls=Tls(mode))


def _postgres_tls(parameters: Mapping[str, str]) -> Tls:
    mode = parameters.get("sslmode") or "prefer"
    if mode not in _TLS_MODES:
        raise BadDsn(
            f"the database address has an unknown sslmode; use one of {', '.join(sorted(_TLS_MODES))}"
        )
    root = parameters.get("sslrootcert", "")
    if root and mode == "require":
        mode = "verify-ca"  # https://www.postgresql.org/docs/current/libpq-ssl.html
    return Tls(mode, root, parameters.get("sslcert", ""), parameters.get("sslkey", ""))


def _host_and_port(address: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"(?:\[(?P<v6>[^]]*)\]|(?P<host>[^:]*))(?::(?P<port>\d*))?", address)
    if found is None:
        raise BadDsn(f"the database address has an invalid host or port: {_EXPECTED}")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:  # noqa: PLR2004  # TCP's range
        raise BadDsn("the database address has a port outside 1 to 65535")
    return found["v6"] or found["host"] or "", port
