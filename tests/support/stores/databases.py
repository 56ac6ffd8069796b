"""Empty databases of every product, made for one test and dropped after it.

``TEST_POSTGRES_DSN`` and ``TEST_MYSQL_DSN`` name the servers; without them, the standard ports of loopback are tried,
and tests of a product without a server are skipped. SQLite is always available.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import secrets
import shutil
import socket
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg  # type: ignore[import-untyped]
import pymysql
import pytest
from attrs import define
from pymysql.constants import CLIENT
from sqlalchemy import delete

from oneapi.adapters.database.connection.dsn import read_dsn
from oneapi.adapters.database.connection.engine import Database
from oneapi.adapters.database.schema.migrate import migrate
from oneapi.adapters.database.schema.tables import metadata, versions

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

PRODUCTS = ("sqlite", "postgresql", "mysql")
POSTGRES = os.environ.get("TEST_POSTGRES_DSN", "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable")
MYSQL = os.environ.get("TEST_MYSQL_DSN", "root@tcp(127.0.0.1:3306)/")
ORIGINALS = Path(__file__).parents[2] / "fixtures" / "original"
_FILES = {"sqlite": "sqlite.db", "postgresql": "postgres.sql.gz", "mysql": "mariadb.sql.gz"}


@define
class FreshDatabase:
    """A database of one test; ``dsn`` is empty for SQLite, whose file is ``path``."""

    product: str
    dsn: str
    path: str

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which a gateway process uses the database."""
        return {"SQL_DSN": self.dsn, "SQLITE_PATH": self.path}

    def open(self, **settings: Any) -> Database:
        return Database.open(self.dsn, sqlite_path=self.path, **settings)

    def restore_original(self) -> None:
        """Fill the database with data of the original; see ``tests/fixtures/original/manifest.json``."""
        source = ORIGINALS / _FILES[self.product]
        if self.product == "sqlite":
            shutil.copyfile(source, self.path)
            return
        self.run_script(gzip.decompress(source.read_bytes()).decode())

    def run_script(self, script: str) -> None:
        """Run statements separated by semicolons, as an operator would in the server's own client."""
        if self.product == "sqlite":
            with sqlite3.connect(self.path) as connection:
                connection.executescript(script)
            connection.close()
        elif self.product == "postgresql":
            _postgres(script, self.name)
        else:
            _mysql(script, self.name)

    def shut(self) -> None:
        """Close all connections to the database and refuse new ones (PostgreSQL only)."""
        _postgres(f'ALTER DATABASE "{self.name}" ALLOW_CONNECTIONS false')
        mine = f"datname = '{self.name}'"
        _postgres(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}")  # noqa: S608

    @property
    def name(self) -> str:
        return read_dsn(self.dsn, sqlite_path=self.path).url.database or ""


def skip_unless_reachable(product: str) -> None:
    if product in PRODUCTS[1:] and not _reachable(product):
        pytest.skip(f"no {product} server: set TEST_{'POSTGRES' if product == 'postgresql' else 'MYSQL'}_DSN")


@contextlib.contextmanager
def temporary_database(product: str, folder: Path) -> Iterator[FreshDatabase]:
    """An empty database for the length of a ``with`` block; that of SQLite is a file in ``folder``."""
    made = _create(product, folder)
    try:
        yield made
    finally:
        _drop(made)


@contextlib.contextmanager
def encoded_database(encoding: str, folder: Path) -> Iterator[FreshDatabase]:
    """An empty database of PostgreSQL in ``encoding``."""
    skip_unless_reachable("postgresql")
    made = _create("postgresql", folder, encoding)
    try:
        yield made
    finally:
        _drop(made)


@pytest.fixture(params=PRODUCTS)
def product(request: pytest.FixtureRequest) -> str:
    """The database product that a test runs on; the test runs once on each."""
    wanted: str = request.param
    skip_unless_reachable(wanted)
    return wanted


@pytest.fixture
def new_database(product: str, tmp_path: Path) -> Iterator[Callable[[], FreshDatabase]]:
    """Makes empty databases of one product."""
    made: list[FreshDatabase] = []

    def make() -> FreshDatabase:
        made.append(_create(product, tmp_path))
        return made[-1]

    yield make
    for fresh in made:
        _drop(fresh)


@pytest.fixture
def fresh_database(new_database: Callable[[], FreshDatabase]) -> FreshDatabase:
    """An empty database, without any table."""
    return new_database()


@pytest.fixture(scope="session")
def kept_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., FreshDatabase]]:
    """Two databases for each product, with the current schema: an empty one, and one with data of the original."""
    kept: dict[tuple[str, bool], FreshDatabase] = {}

    def keep(product: str, *, original: bool = False) -> FreshDatabase:
        if (product, original) not in kept:
            made = kept[product, original] = _create(product, tmp_path_factory.mktemp(product))
            if original:
                made.restore_original()
            _in_thread(_migrated(made))
        return kept[product, original]

    yield keep
    for fresh in kept.values():
        _drop(fresh)


@pytest.fixture
async def database(
    product: str, kept_databases: Callable[..., FreshDatabase], tmp_path: Path
) -> AsyncIterator[Database]:
    """A database with the current schema and no rows; ids need not begin at 1."""
    kept = kept_databases(product)
    if product == "sqlite":
        kept = FreshDatabase(product, "", str(tmp_path / "database.db"))
        shutil.copyfile(kept_databases(product).path, kept.path)
    opened = kept.open()
    async with opened.write() as connection:
        for table in reversed(metadata.sorted_tables):
            if table is not versions:
                await connection.execute(delete(table))
    yield opened
    await opened.close()


@pytest.fixture
async def original(product: str, kept_databases: Callable[..., FreshDatabase]) -> AsyncIterator[Database]:
    """A database of the original after our migration, only for reading."""
    opened = kept_databases(product, original=True).open()
    yield opened
    await opened.close()


async def _migrated(fresh: FreshDatabase) -> None:
    opened = fresh.open()
    await migrate(opened)
    await opened.close()


def _create(product: str, folder: Path, encoding: str = "UTF8") -> FreshDatabase:
    name = f"oneapi_test_{secrets.token_hex(6)}"
    if product == "postgresql":
        locale = "" if encoding == "UTF8" else "LC_COLLATE 'C' LC_CTYPE 'C'"
        _postgres(f"CREATE DATABASE \"{name}\" ENCODING '{encoding}' {locale} TEMPLATE template0")
    elif product == "mysql":
        _mysql(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
    return FreshDatabase(product, _dsn(product, name), str(folder / f"{name}.db"))


def _drop(fresh: FreshDatabase) -> None:
    if fresh.product == "postgresql":
        _postgres(f'DROP DATABASE IF EXISTS "{fresh.name}" WITH (FORCE)')
    elif fresh.product == "mysql":
        _mysql(f"DROP DATABASE IF EXISTS `{fresh.name}`")


def _dsn(product: str, name: str) -> str:
    if product == "postgresql":
        return (
            read_dsn(POSTGRES)
            .url.set(drivername="postgres", database=name)
            .render_as_string(hide_password=False)
            + "?sslmode=disable"
        )
    if product == "mysql":
        return MYSQL.rpartition("/")[0] + "/" + name
    return ""


def _reachable(product: str) -> bool:
    url = read_dsn(_dsn(product, "any")).url
    try:
        socket.create_connection((url.host or "127.0.0.1", url.port or 5432), timeout=1).close()
    except OSError:
        return False
    return True


def _postgres(script: str, database: str | None = None) -> None:
    url = read_dsn(POSTGRES).url

    async def run() -> None:
        connection = await asyncpg.connect(
            host=url.host,
            port=url.port,
            user=url.username,
            password=url.password,
            database=database or url.database or "postgres",
            ssl=False,
        )
        try:
            await connection.execute(script)
        finally:
            await connection.close()

    _in_thread(run())


def _mysql(script: str, database: str | None = None) -> None:
    url = read_dsn(_dsn("mysql", "any")).url
    connection = pymysql.connect(
        host=url.host or "127.0.0.1",
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        database=database,
        charset="utf8mb4",
        client_flag=CLIENT.MULTI_STATEMENTS,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(script)
            while cursor.nextset():
                pass
        connection.commit()
    finally:
        connection.close()


def _in_thread(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` on its own event loop, because the caller may be inside a running one."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as error:  # noqa: BLE001  # raised again below, in the thread that waits
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
