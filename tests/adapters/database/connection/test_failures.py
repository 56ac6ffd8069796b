"""What the drivers say, and what of it the application and its callers see."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import asyncpg  # type: ignore[import-untyped]
import pymysql
import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from oneapi.adapters.database.connection.failures import LoginRefused, translate
from oneapi.adapters.database.schema.tables import users
from oneapi.domain.errors import GatewayError, StorageUnavailable, UnstorableValue
from oneapi.entrypoints.errors.answers import LANGUAGES, text_of

if TYPE_CHECKING:
    from tests.support.stores.databases import FreshDatabase

SECRET = "secret_table.secret_column"
STATES = (
    ("08006", StorageUnavailable),
    ("22003", UnstorableValue),
    ("22021", UnstorableValue),
    ("25006", StorageUnavailable),
    ("28P01", LoginRefused),
    ("3D000", LoginRefused),
    ("40001", StorageUnavailable),
    ("53100", StorageUnavailable),
    ("53300", StorageUnavailable),
    ("55000", StorageUnavailable),
    ("55P03", StorageUnavailable),
    ("57P01", StorageUnavailable),
    ("57P02", StorageUnavailable),
    ("57P03", StorageUnavailable),
)
CODES = (
    (1040, StorageUnavailable),
    (1045, LoginRefused),
    (1049, LoginRefused),
    (1205, StorageUnavailable),
    (1264, UnstorableValue),
    (1366, UnstorableValue),
    (1406, UnstorableValue),
    (1690, UnstorableValue),
    (2013, StorageUnavailable),
    (4025, UnstorableValue),
)


def of_postgresql(state: str) -> Exception:
    error: Exception = asyncpg.PostgresError.new({"C": state, "M": SECRET})
    return error


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError(SECRET)
    error.sqlite_errorcode = code
    return error


CASES: list[tuple[Exception, type[GatewayError]]] = [
    *((of_postgresql(state), seen) for state, seen in STATES),
    *((DBAPIError(SECRET, None, of_postgresql(state)), seen) for state, seen in STATES),
    *(
        (OperationalError(SECRET, None, pymysql.err.OperationalError(code, SECRET)), seen)
        for code, seen in CODES
    ),
    *((of_sqlite(code), StorageUnavailable) for code in (5, 6, 8, 10, 11, 13, 14, 26)),
    *((of_sqlite(code), UnstorableValue) for code in (18, 20)),
    (OverflowError(SECRET), UnstorableValue),
    (UnicodeEncodeError("utf-8", SECRET, 0, 1, "surrogates not allowed"), UnstorableValue),
    (DataError(SECRET, None, ValueError(SECRET)), UnstorableValue),
    (PoolTimeout(SECRET), StorageUnavailable),
    (ConnectionRefusedError(SECRET), StorageUnavailable),
    (TimeoutError(SECRET), StorageUnavailable),
]


@pytest.mark.parametrize(("said", "seen"), CASES)
def test_no_caller_reads_what_a_driver_said(said: Exception, seen: type[GatewayError]) -> None:
    ours = translate(said)
    assert isinstance(ours, seen)
    assert isinstance(ours, StorageUnavailable | UnstorableValue)
    texts = [text_of(ours, language) for language in LANGUAGES] + [str(ours), repr(ours)]
    assert not any("secret" in text for text in texts)
    assert ours.cause, "the operator can read it"


@pytest.mark.parametrize("error", [IntegrityError("x", None, Exception()), ValueError("x"), KeyError("x")])
def test_what_is_no_outage_and_no_value_stays_as_it_is(error: Exception) -> None:
    assert translate(error) is error


@pytest.mark.parametrize("value", [2**63, 2**70, "a\0b", "\ud800", "m" * 70_000])
async def test_a_value_that_no_column_takes(database: Any, value: Any) -> None:
    row: dict[str, Any] = {"id": 1, "username": "u", "password": "p", "access_token": "a", "aff_code": "f"}
    row["quota" if isinstance(value, int) else "username"] = value
    try:
        async with database.write() as connection:
            await connection.execute(insert(users), row)
    except UnstorableValue as error:
        assert text_of(error, "en").startswith("a value cannot be stored:")
        assert text_of(error, "zh").startswith("有内容无法保存")
    else:
        assert isinstance(value, str), "a text that this product takes"


@pytest.mark.parametrize("product", ["postgresql"], indirect=True)
async def test_a_server_that_lets_nobody_in_is_an_outage(fresh_database: FreshDatabase) -> None:
    """SQLSTATE 55000, while it connects and for a connection that was open."""
    opened = fresh_database.open()
    async with opened.read() as connection:
        await connection.exec_driver_sql("SELECT 1")
    fresh_database.shut()
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            async with opened.read() as connection:
                await connection.execute(select(1))
        with pytest.raises(StorageUnavailable):
            async with opened.write() as connection:
                await connection.execute(select(1))
    await opened.close()
