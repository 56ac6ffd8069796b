"""Every environment variable: typed, documented, checked at start, and read nowhere else."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from attrs import frozen
from dotenv import dotenv_values

from oneapi.adapters.database.bootstrap import ACCESS_TOKEN_LENGTH
from oneapi.adapters.database.connection.dsn import BadDsn, read_dsn
from oneapi.domain.options import THEMES
from oneapi.domain.people.tokens import KEY_LENGTH
from oneapi.entrypoints.variables import (
    ANY_CASE_SWITCH,
    NETWORKS,
    PROXY,
    REDIS,
    SWITCH,
    TEXT,
    TLS_PROXY,
    WEB_ADDRESS,
    CannotStart,
    Network,
    SettingsError,
    Unreadable,
    Variable,
    VariableKind,
    choice,
    number,
    section,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CannotStart", "Settings", "SettingsError", "Variable", "environment", "variables"]

MINUTE = 60
HOUR = 60 * MINUTE

server = section("Server")
database = section("Database")
nodes = section("Redis and several nodes")
ledger = section("Ledger")
relay = section("Relay")
health = section("Channel health")
limits = section("Limits")
secrets = section("First start and secrets")
console = section("Console and messages")
logs = section("Logs")
accepted = section("Accepted without effect")

#: The example in the original's README and compose file, which its program refuses as a value.
EXAMPLE_SECRET = "random_string"  # noqa: S105  # the opposite of a secret
SHORTEST_ENCRYPTION_KEY = 16

PRIVATE_RANGES = (
    "127.0.0.0/8, ::1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7, fe80::/10"
)


def _dsn(text: str) -> str:
    try:
        read_dsn(text)
    except BadDsn as error:
        raise Unreadable(str(error)) from None
    return text


def _sqlite_path(text: str) -> str:
    try:
        read_dsn("", sqlite_path=text)
    except BadDsn as error:
        raise Unreadable(str(error)) from None
    return text


def _at_most(length: int) -> VariableKind:
    def read(text: str) -> str:
        if not re.fullmatch(rf"[!-~]{{0,{length}}}", text.removeprefix("sk-")):
            raise ValueError(text)
        return text

    return VariableKind(f"at most {length} characters of ASCII without blanks", read)


def _encryption_keys(text: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if any(len(key) < SHORTEST_ENCRYPTION_KEY for key in keys):
        raise Unreadable(f"a key has at least {SHORTEST_ENCRYPTION_KEY} characters")
    return keys


DSN = VariableKind(
    "`user:password@tcp(host:port)/database` or `postgres://user:password@host:port/database`", _dsn
)
SQLITE_PATH = VariableKind("a file name", _sqlite_path)
#: Seconds; 0 means no limit.
UNLIMITED_SECONDS = VariableKind("a number of at least 0", lambda text: number().read(text or "0") or None)


@frozen(kw_only=True)
class Settings:
    """The operator's settings; each field is the variable of the same name in upper case.

    Durations are in seconds, whatever the unit of the variable. Secrets are left out of ``repr``.
    """

    # Server
    port: int = server(
        whole(1, 65535), "3000", "Port to listen on, on all interfaces. Takes precedence over `--port`."
    )
    workers: int = server(
        whole(1, 256), "1", "Number of worker processes. Takes precedence over `--workers`."
    )
    shutdown_grace: float = server(number(), "30", "Seconds that open answers have to finish after SIGTERM.")
    trusted_proxies: tuple[Network, ...] = server(
        NETWORKS,
        PRIVATE_RANGES,
        "Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted; `none` trusts no network.",
    )
    max_request_body_mb: int = server(
        whole(1, 4096),
        "64",
        "Largest request body in MB, before and after decompression; larger ones get 413.",
    )
    debug: bool = server(
        ANY_CASE_SWITCH,
        "false",
        "Debug lines in the log. As in the original it also switches all rate limits off: not for production.",
    )

    # Database
    sql_dsn: str = database(
        DSN,
        "",
        "Database to use instead of SQLite: `user:password@tcp(host:3306)/oneapi` (MySQL, MariaDB; "
        "`?tls=skip-verify` and the like are understood) or `postgres://user:password@host:5432/oneapi`. "
        "The database must exist; the program creates the tables.",
        secret=True,
    )
    log_sql_dsn: str = database(
        DSN, "", "Separate database for the table `logs`, in the forms of `SQL_DSN`.", secret=True
    )
    sqlite_path: str = database(SQLITE_PATH, "one-api.db", "SQLite file, used when `SQL_DSN` is not set.")
    sqlite_busy_timeout: float = database(
        number(times=0.001), "3000", "Milliseconds that SQLite waits for a lock."
    )
    sql_max_idle_conns: int = database(whole(), "100", "Idle connections that are kept.")
    sql_max_open_conns: int = database(
        whole(), "1000", "Most connections; 0: no limit. Lower it on `Error 1040: Too many connections`."
    )
    sql_conn_max_lifetime: float = database(
        number(times=MINUTE),
        "60",
        "Minutes after which a connection is renewed. `SQL_MAX_LIFETIME` is the same in seconds.",
        aliases={"SQL_MAX_LIFETIME": number()},
    )
    debug_sql: bool = database(ANY_CASE_SWITCH, "false", "Writes every SQL statement to the log.")
    db_outage_grace: float = database(
        number(), "60", "Seconds that known tokens are served while the database cannot be reached."
    )

    # Redis and several nodes
    redis_conn_string: str = nodes(
        REDIS,
        "",
        "Redis, as `redis://default:password@host:6379`; nodes of a cluster or sentinels as "
        "`host:port,host:port`. It carries changes between nodes and shared limits; without it, or while it "
        "is down, nodes poll the database.",
        secret=True,
    )
    redis_password: str = nodes(
        TEXT, "", "Password of a Redis cluster or of the sentinels' master.", secret=True
    )
    redis_master_name: str = nodes(TEXT, "", "Name of the master that the sentinels watch.")
    node_type: str = nodes(choice("master", "slave"), "master", "Only a `master` migrates the database.")
    frontend_base_url: str = nodes(
        WEB_ADDRESS,
        "",
        "Where a `slave` sends requests for web pages, for example the master's address.",
    )
    sync_frequency: float = nodes(
        number(),
        "600",
        "Seconds between full reads of channels, prices and options; 0: only when they change.",
    )

    # Ledger
    spool_dir: str = ledger(
        TEXT,
        "spool",
        "Directory for charges that are durable but not yet in the database. Local disk, one per node, kept "
        "across restarts.",
    )
    batch_update_enabled: bool = ledger(
        SWITCH, "false", "Stretches the interval at which charges are written to `BATCH_UPDATE_INTERVAL`."
    )
    batch_update_interval: float = ledger(
        number(0.05), "5", "Seconds between two writes of charges, when `BATCH_UPDATE_ENABLED`."
    )

    # Relay
    relay_timeout: float | None = relay(
        UNLIMITED_SECONDS,
        "",
        "Seconds that a whole exchange with an upstream may take; unset or 0: no limit.",
    )
    relay_connect_timeout: float = relay(number(0.1), "10", "Seconds to connect to an upstream, per attempt.")
    relay_first_byte_timeout: float = relay(
        number(0.1), "300", "Seconds until an upstream's complete response header, per attempt."
    )
    relay_idle_timeout: float = relay(
        number(0.1), "120", "Seconds that an upstream may be silent within its answer."
    )
    stream_heartbeat: float = relay(
        number(), "15", "Seconds of silence after which an open stream gets an SSE comment; 0: never."
    )
    relay_proxy: str = relay(PROXY, "", "Proxy for calls to upstreams.", secret=True)
    http_proxy: str = relay(
        PROXY,
        "",
        "Proxy for outgoing `http://` calls that have none of their own.",
        secret=True,
        aliases={"http_proxy": PROXY},
    )
    https_proxy: str = relay(
        PROXY,
        "",
        "Proxy for outgoing `https://` calls that have none of their own.",
        secret=True,
        aliases={"https_proxy": PROXY},
    )
    no_proxy: str = relay(
        TEXT,
        "",
        "Comma-separated hosts that are called without `HTTP_PROXY` and `HTTPS_PROXY`.",
        aliases={"no_proxy": TEXT},
    )
    user_content_request_proxy: str = relay(
        TLS_PROXY, "", "Proxy for fetching what users link to, such as images.", secret=True
    )
    user_content_request_timeout: float = relay(
        number(0.1), "30", "Seconds to fetch what users link to, such as images."
    )
    enforce_include_usage: bool = relay(
        SWITCH,
        "true",
        "Asks every upstream that can report it for the usage of each stream, and hides it from clients that did not"
        " ask. With `false` such streams are billed by their visible text: hidden reasoning costs nothing.",
    )
    gemini_safety_setting: str = relay(TEXT, "BLOCK_NONE", "Threshold of Gemini's safety settings.")
    gemini_version: str = relay(
        TEXT, "v1", "Version of the Gemini API for models before 1.5, on channels that name none."
    )
    tiktoken_cache_dir: str = relay(
        TEXT,
        "",
        "Directory of token tables that are used instead of the ones shipped. `DATA_GYM_CACHE_DIR` is the same.",
        aliases={"DATA_GYM_CACHE_DIR": TEXT},
    )

    # Channel health
    channel_test_frequency: int = health(
        whole(times=MINUTE), "0", "Minutes between tests of all channels, by a master; 0: never."
    )
    channel_update_frequency: int = health(
        whole(times=MINUTE), "0", "Minutes between reads of all channels' balances, by a master; 0: never."
    )
    polling_interval: float = health(
        number(), "0", "Seconds between two channels when all are tested or their balances read."
    )
    test_prompt: str = health(
        TEXT,
        "Print your model name exactly and do not output without any other text.",
        "What a channel test asks.",
    )
    enable_metric: bool = health(SWITCH, "false", "Disables channels with a low success rate.")
    metric_queue_size: int = health(
        whole(1), "10", "Latest calls of a channel from which the rate is computed."
    )
    metric_success_rate_threshold: float = health(
        number(0, 1), "0.8", "Success rate below which a channel is disabled."
    )

    # Limits
    global_api_rate_limit: int = limits(
        whole(),
        "180",
        "Calls of `/api` per address in three minutes; 0: no limit. The relay is not counted.",
    )
    global_web_rate_limit: int = limits(
        whole(), "60", "Requests for web pages per address in three minutes; 0: no limit."
    )
    critical_rate_limit: int = limits(
        whole(),
        "20",
        "Sign-ins, registrations and password resets per address in twenty minutes; 0: no limit.",
    )

    # First start and secrets
    session_secret: str = secrets(
        VariableKind("any text", lambda text: "" if text == EXAMPLE_SECRET else text),
        "",
        "Key that signs session cookies; the same on all nodes. Unset, or the example `random_string`: one is "
        "created at the first start and stored.",
        secret=True,
    )
    encryption_key: tuple[str, ...] = secrets(
        VariableKind("one or several texts, separated by commas", _encryption_keys),
        "",
        "Encrypts the secrets in the database (upstream keys, secret options, keys of tokens, access tokens, stored "
        "responses) and the thoughts kept in Redis; the same on all nodes, and kept: without it they are lost. Of "
        "several keys, separated by commas, the first encrypts, all decrypt. `oneapi encrypt-keys` "
        "and `decrypt-keys` convert what is stored.",
        secret=True,
    )
    password_hash_upgrade: bool = secrets(
        SWITCH,
        "false",
        "Hashes passwords with argon2id, those of old accounts when they sign in. The original does not read "
        "such hashes: leave it off while you may go back to it.",
    )
    initial_root_password: str = secrets(
        TEXT,
        "123456",
        "Password of the first account, `root`. Change it after the first sign-in.",
        secret=True,
    )
    initial_root_token: str = secrets(
        _at_most(KEY_LENGTH), "", "A token of `root` with this key, made with the first account.", secret=True
    )
    initial_root_access_token: str = secrets(
        _at_most(ACCESS_TOKEN_LENGTH),
        "",
        "The access token of `root` for the management API, made with the first account.",
        secret=True,
    )

    # Console and messages
    theme: str = console(
        choice(*THEMES),
        "default",
        "Theme that `/api/status` names to consoles; the option `Theme`, once stored, takes precedence.",
    )
    default_language: str = console(
        choice("zh", "en"), "zh", "Language of messages when the client's `Accept-Language` names none."
    )

    # Logs
    log_level: str = logs(
        choice("debug", "info", "warning", "error"), "info", "Lowest level that is logged; `DEBUG` lowers it."
    )
    only_one_log_file: bool = logs(
        SWITCH, "false", "Writes `oneapi.log` instead of one `oneapi-YYYYMMDD.log` per day of start."
    )

    # Accepted without effect
    memory_cache_enabled: bool = accepted(
        ANY_CASE_SWITCH, "false", "The catalog is always in memory here, and at most a second old."
    )
    gin_mode: str = accepted(TEXT, "release", "Mode of the original's web framework.")
    metric_success_chan_size: int = accepted(whole(), "1024", "Buffer inside the original.")
    metric_fail_chan_size: int = accepted(whole(), "128", "Buffer inside the original.")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """The settings in ``environ``. Raises SettingsError for the first bad value."""
        return cls(
            **{field: variable.read(field.upper(), environ) for field, variable in variables().items()}
        )


def variables() -> dict[str, Variable]:
    """Every variable by the name of its field, in the order of the documentation."""
    return {field.name: field.metadata[Variable] for field in attrs.fields(Settings)}


def environment(directory: Path | None = None) -> dict[str, str]:
    """The environment of the process, over the file ``.env`` in ``directory`` (default: the working directory)."""
    path = (directory or Path.cwd()) / ".env"
    try:
        written = dotenv_values(path, encoding="utf-8-sig") if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"cannot be read: {error}") from None
    return {**{name: text or "" for name, text in written.items()}, **os.environ}
