"""Opening the databases at start; every failure names the environment variable at fault."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from oneapi.adapters.database.schema.recognition import CannotUse
from oneapi.domain.errors import StorageUnavailable
from oneapi.entrypoints.settings import CannotStart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.entrypoints.composition.root import Container
    from oneapi.entrypoints.settings import Settings


def open_databases(container: Container) -> tuple[Database, Database]:
    """The main database and the log database, which may be the same, not yet connected. Raises CannotStart."""
    with at_fault(main_variable(container.settings())):
        main = container.storage().database()
    with at_fault("LOG_SQL_DSN"):
        return main, container.storage().log_database()


def main_variable(settings: Settings) -> str:
    """The name of the variable that configures the main database."""
    return "SQL_DSN" if settings.sql_dsn else "SQLITE_PATH"


@contextlib.contextmanager
def at_fault(variable: str) -> Iterator[None]:
    """Turn failures to reach or use a database into CannotStart, which names ``variable``."""
    try:
        yield
    except StorageUnavailable as error:
        cause = error.cause
        raise CannotStart(f"{variable}: the database cannot be used: {cause}") from None
    except (CannotUse, OSError) as error:  # OSError: a certificate that cannot be read
        raise CannotStart(f"{variable}: {error}") from None
