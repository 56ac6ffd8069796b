"""What the errors of the database drivers mean for the application: one table for each driver."""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from oneapi.domain.errors import StorageUnavailable, UnstorableValue


class Contention(StorageUnavailable):
    """The transaction lost to a concurrent one and has been rolled back; repeating it may succeed."""


class LoginRefused(StorageUnavailable):
    """The server answers, but refuses the user, the password or the database's name."""


#: Primary codes for a file that is locked, full, read-only, damaged or missing: https://www.sqlite.org/rescode.html.
_SQLITE_UNAVAILABLE = frozenset({3, 5, 6, 8, 10, 11, 13, 14, 15, 23, 26})

#: Primary codes for a value that is too big or of the wrong type.
_SQLITE_UNFIT = frozenset({18, 20, 25})

#: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES_CONTENTION = frozenset({"40001", "40P01"})
_POSTGRES_LOST_STATEMENT = frozenset({"26000", "42P05"})
_POSTGRES_LOGIN_REFUSED = ("28", "3D")
_POSTGRES_UNAVAILABLE = ("08", "53", "55", "57", "58", "25006", "XX")

#: https://mariadb.com/kb/en/mariadb-error-code-reference/
_MYSQL_CONTENTION = frozenset({1020, 1205, 1213})
_MYSQL_LOGIN_REFUSED = frozenset({1044, 1045, 1049})
_MYSQL_UNAVAILABLE = frozenset(
    {
        1021,
        1037,
        1040,
        1041,
        1042,
        1043,
        1053,
        1114,
        1129,
        1130,
        1203,
        1226,
        1290,
        1317,
        1792,
    }
    | {1836, 1927, *range(2000, 2100)}
)
#: Values that are too long, out of range, not in the column's character set, or refused by a check or a trigger.
_MYSQL_UNFIT = frozenset({1153, 1264, 1265, 1292, 1300, 1366, 1406, 1644, 1690, 3819, 3988, 4025})

#: Errors for values that no driver can send: numbers beyond 64 bits, lone surrogates.
_UNSENDABLE = (OverflowError, UnicodeEncodeError)


def translate(error: Exception) -> Exception:
    """The error that the application sees for ``error``: StorageUnavailable, UnstorableValue, or ``error`` itself.

    The driver's message is in the field ``cause``, which is never shown to callers.
    """
    if isinstance(error, PoolTimeout | OSError | TimeoutError):
        return StorageUnavailable(cause=one_line(error))
    if isinstance(error, _UNSENDABLE):
        return UnstorableValue(cause=one_line(error))
    if isinstance(error, sqlite3.Error):  # from a transaction that bypassed SQLAlchemy
        wrap = IntegrityError if isinstance(error, sqlite3.IntegrityError) else DBAPIError
        error = wrap(None, None, error)
    origin: Any = error.orig if isinstance(error, DBAPIError) else error
    if not of_driver(error):
        return error
    for kind, applies in ((Contention, _contended), (LoginRefused, _login_refused)):
        if applies(origin):
            return kind(cause=one_line(origin))
    if _unavailable(origin) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return StorageUnavailable(cause=one_line(origin))
    return UnstorableValue(cause=one_line(origin)) if _unfit(error, origin) else error


def lost_statement(error: Exception) -> bool:
    """Whether PostgreSQL did not know a prepared statement, or knew another by its name: the sign of a pooler."""
    return isinstance(error, DBAPIError) and _sqlstate(error.orig) in _POSTGRES_LOST_STATEMENT


def one_line(error: BaseException) -> str:
    """The first line of a driver's message."""
    return (str(error) or type(error).__name__).splitlines()[0]


def _contended(origin: Any) -> bool:
    return _sqlstate(origin) in _POSTGRES_CONTENTION or _mysql_code(origin) in _MYSQL_CONTENTION


def _login_refused(origin: Any) -> bool:
    state = _sqlstate(origin) or ""
    return state.startswith(_POSTGRES_LOGIN_REFUSED) or _mysql_code(origin) in _MYSQL_LOGIN_REFUSED


def _unfit(error: Exception, origin: Any) -> bool:
    """Whether a column does not accept a value; asyncpg detects some of these itself, and raises ValueError."""
    if isinstance(error, DataError) or isinstance(origin.__cause__, (ValueError, *_UNSENDABLE)):
        return True
    if isinstance(origin, sqlite3.Error):
        return getattr(origin, "sqlite_errorcode", 0) & 0xFF in _SQLITE_UNFIT
    if (code := _mysql_code(origin)) is not None:
        return code in _MYSQL_UNFIT
    return (_sqlstate(origin) or "").startswith(("22", "P0001"))


def _unavailable(origin: Any) -> bool:
    if isinstance(origin, sqlite3.Error):
        return getattr(origin, "sqlite_errorcode", 0) & 0xFF in _SQLITE_UNAVAILABLE
    if (code := _mysql_code(origin)) is not None:
        return code in _MYSQL_UNAVAILABLE
    if (state := _sqlstate(origin)) is not None:
        return state.startswith(_POSTGRES_UNAVAILABLE)
    # asyncpg and aiomysql raise these without a code for connections that are closed, or close while they open
    broken = type(origin).__name__ in ("InterfaceError", "InternalClientError")
    return broken and not isinstance(origin, SQLAlchemyError)


def of_driver(error: Exception) -> bool:
    """Whether a database driver raised it. asyncpg's errors while it connects do not pass through SQLAlchemy."""
    return isinstance(error, SQLAlchemyError) or type(error).__module__.startswith("asyncpg.")


def _sqlstate(origin: Any) -> str | None:
    state = getattr(origin, "sqlstate", None)
    return state if isinstance(state, str) else None


def _mysql_code(origin: Any) -> int | None:
    if type(origin).__module__ != "pymysql.err":
        return None
    code = origin.args[0] if getattr(origin, "args", None) else None
    return code if isinstance(code, int) else None
