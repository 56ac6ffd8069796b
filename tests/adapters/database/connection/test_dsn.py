"""Addresses in the original's forms, and in SQLAlchemy's."""

from __future__ import annotations

import pytest

from oneapi.adapters.database.connection.dsn import BadDsn, Tls, read_dsn


def place(dsn: str) -> tuple[object, ...]:
    url = read_dsn(dsn).url
    return url.drivername, url.username, url.password, url.host, url.port, url.database


@pytest.mark.parametrize(
    "path",
    ["one-api.db", "/data/one-api.db", "/data/a?b=1.db", "/data/100% #1/ü.db", "C:\\data.db", "file:x"],
)
def test_empty_means_the_sqlite_file_whatever_its_name(path: str) -> None:
    address = read_dsn("", sqlite_path=path)
    assert address.product == "sqlite"
    assert address.url.database == path


@pytest.mark.parametrize(
    ("dsn", "path"),
    [
        ("sqlite:///one.db", "one.db"),
        ("sqlite:////data/one.db", "/data/one.db"),
        ("sqlite+aiosqlite:////data/one.db?timeout=5", "/data/one.db"),
    ],
)
def test_sqlite_as_a_url(dsn: str, path: str) -> None:
    assert read_dsn(dsn).url.database == path


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_postgres(scheme: str) -> None:
    wanted = ("postgresql+asyncpg", "me", "secret", "db.example.com", 5433, "oneapi")
    assert place(f"{scheme}://me:secret@db.example.com:5433/oneapi?sslmode=disable") == wanted


@pytest.mark.parametrize(
    ("written", "password"),
    [("p%40ss", "p@ss"), ("p@ss:w/rd", "p@ss:w/rd"), ("a%2Fb%3Fc", "a/b?c"), ("p%25", "p%"), ("#1", "#1")],
)
def test_postgres_passwords_with_any_character(written: str, password: str) -> None:
    wanted = ("postgresql+asyncpg", "me", password, "db", 5432, "oneapi")
    assert place(f"postgres://me:{written}@db:5432/oneapi") == wanted


def test_postgres_without_password_or_port() -> None:
    assert place("postgres://me@db/oneapi") == ("postgresql+asyncpg", "me", None, "db", None, "oneapi")


def test_postgres_ipv6() -> None:
    assert place("postgres://me@[::1]:5432/oneapi")[3:5] == ("::1", 5432)


def test_postgres_socket_and_several_hosts() -> None:
    assert read_dsn("postgres:///oneapi?host=/var/run/postgresql").url.query == {
        "host": "/var/run/postgresql"
    }
    assert read_dsn("postgres://me@a:1,b/oneapi").url.query == {"host": ("a:1", "b:5432")}


@pytest.mark.parametrize(
    ("query", "tls"),
    [
        ("", Tls("prefer")),
        ("sslmode=disable", Tls("disable")),
        ("sslmode=require", Tls("require")),
        ("sslmode=require&sslrootcert=/ca.pem", Tls("verify-ca", "/ca.pem")),
        (
            "sslmode=verify-full&sslrootcert=/ca.pem&sslcert=/c&sslkey=/k",
            Tls("verify-full", "/ca.pem", "/c", "/k"),
        ),
    ],
)
def test_postgres_tls(query: str, tls: Tls) -> None:
    assert read_dsn(f"postgres://me@db/oneapi?{query}").tls == tls


def test_postgres_settings_of_the_session() -> None:
    address = read_dsn(
        "postgres://me@db/o?sslmode=disable&connect_timeout=10&TimeZone=Asia/Shanghai&search_path=x"
    )
    assert address.session == {"TimeZone": "Asia/Shanghai", "search_path": "x"}
    assert address.prepared


def test_postgres_behind_a_pooler_prepares_nothing() -> None:
    assert not read_dsn("postgres://me@db/o?default_query_exec_mode=simple_protocol").prepared


@pytest.mark.parametrize(
    ("dsn", "wanted"),
    [
        ("root:123456@tcp(localhost:3306)/oneapi", ("root", "123456", "localhost", 3306, "oneapi")),
        (
            "root@tcp(db)/oneapi?charset=utf8mb4&parseTime=True&loc=Local",
            ("root", None, "db", 3306, "oneapi"),
        ),
        ("me:p@ss:w/rd(1)@tcp(db:3307)/oneapi", ("me", "p@ss:w/rd(1)", "db", 3307, "oneapi")),
        ("me:pw@tcp([::1]:3306)/oneapi", ("me", "pw", "::1", 3306, "oneapi")),
        ("me:pw@/oneapi", ("me", "pw", "127.0.0.1", 3306, "oneapi")),
        ("mysql://me:p%40w@db:3307/oneapi", ("me", "p@w", "db", 3307, "oneapi")),
        ("mysql+aiomysql://me:pw@db/oneapi", ("me", "pw", "db", None, "oneapi")),
        ("mariadb://me:pw@db/oneapi", ("me", "pw", "db", None, "oneapi")),
    ],
)
def test_mysql(dsn: str, wanted: tuple[object, ...]) -> None:
    assert place(dsn) == ("mysql+aiomysql", *wanted)
    assert read_dsn(dsn).url.query == {"charset": "utf8mb4"}
    assert read_dsn(dsn).tls == Tls("disable")


def test_mysql_socket() -> None:
    address = read_dsn("me:pw@unix(/run/mysqld/mysqld.sock)/oneapi")
    assert address.url.query["unix_socket"] == "/run/mysqld/mysqld.sock"
    assert address.url.database == "oneapi"


@pytest.mark.parametrize(
    ("written", "mode"),
    [("true", "verify-full"), ("TRUE", "verify-full"), ("skip-verify", "require"), ("preferred", "prefer")],
)
def test_mysql_tls(written: str, mode: str) -> None:
    assert read_dsn(f"me:pw@tcp(db)/oneapi?tls={written}").tls == Tls(mode)


@pytest.mark.parametrize(
    "dsn",
    [
        "hunter2",
        "me:hunter2@tcp(db:3306)",
        "me:hunter2@ftp(db:3306)/oneapi",
        "me:hunter2@tcp(db:99999)/oneapi",
        "me:hunter2@tcp(db:x)/oneapi",
        "me:hunter2@tcp(db)/oneapi?tls=hunter2",
        "oracle://me:hunter2@db/oneapi",
        "postgres://me:hunter2@db/oneapi?sslmode=hunter2",
        "postgres://me:hunter2@db:99999/oneapi",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_what_cannot_be_read_is_said_in_one_line_without_the_password(dsn: str) -> None:
    with pytest.raises(BadDsn) as refused:
        read_dsn(dsn)
    text = str(refused.value)
    assert text
    assert "hunter2" not in text
    assert "\n" not in text


def test_shown_without_the_password() -> None:
    assert str(read_dsn("postgres://me:hunter2@db/o")) == "postgresql+asyncpg://me:***@db/o"
    assert "hunter2" not in str(read_dsn("me:hunter2@tcp(db)/o"))
    assert str(read_dsn("", sqlite_path="/data/one.db")) == "/data/one.db"
