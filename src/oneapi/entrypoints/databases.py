"""The databases at start: reached and looked at, and each reason not to go on told with the variable at fault."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from oneapi.adapters.database.schema.recognition import CannotUse
from oneapi.domain.errors import StorageUnavailable
from oneapi.entrypoints.settings import CannotStart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.entrypoints.container import Container
    from oneapi.entrypoints.settings import Settings


def open_databases(container: Container) -> tuple[Database, Database]:
    """The main database and that of the log, which may be the same; nothing connects yet. Raises CannotStart."""
    with at_fault(main_variable(container.settings())):
        main = container.database()
    with at_fault("LOG_SQL_DSN"):
        return main, container.log_database()


def main_variable(settings: Settings) -> str:
    """The variable that says where the main database is."""
    return "SQL_DSN" if settings.sql_dsn else "SQLITE_PATH"


@contextlib.contextmanager
def at_fault(variable: str) -> Iterator[None]:
    """Raises CannotStart, which names ``variable``, for a database that cannot be reached or used."""
    try:
        yield
    except StorageUnavailable as error:
        cause = error.cause
        raise CannotStart(f"{variable}: the database cannot be used: {cause}") from None
    except (CannotUse, OSError) as error:  # OSError: a certificate that cannot be read
        raise CannotStart(f"{variable}: {error}") from None
