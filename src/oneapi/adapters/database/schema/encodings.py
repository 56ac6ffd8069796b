"""Whether a database can store every text, checked at start, before a charge depends on it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from oneapi.adapters.database.schema.recognition import CannotUse
from oneapi.adapters.database.schema.tables import logs, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from oneapi.adapters.database.connection.engine import Database

logger = logging.getLogger(__name__)

#: MySQL's character sets for all of Unicode: https://dev.mysql.com/doc/refman/8.4/en/charset-charsets.html
_ALL = frozenset({"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"})
#: MySQL's character sets for everything but emoji and rare characters.
_ALMOST = frozenset({"utf8", "utf8mb3", "ucs2"})
#: PostgreSQL's encodings that work: SQL_ASCII stores bytes unchanged, and ours are UTF-8.
_OF_POSTGRES = frozenset({"UTF8", "SQL_ASCII"})

#: The default character set of each table, and that of each of its columns.
_OF_TABLES = (
    "SELECT t.table_name, c.character_set_name FROM information_schema.tables t"
    " JOIN information_schema.collation_character_set_applicability c ON c.collation_name = t.table_collation"
    " WHERE t.table_schema = DATABASE() UNION"
    " SELECT table_name, character_set_name FROM information_schema.columns"
    " WHERE table_schema = DATABASE() AND character_set_name IS NOT NULL"
)


class WrongEncoding(CannotUse):
    """The character set of the database, or of one of its tables, cannot represent every text."""


async def require_unicode(database: Database, *, log: bool = False) -> None:
    """Raise WrongEncoding, with the statements that convert the tables, unless all can store every text.

    ``log`` limits the check to the table ``logs``.
    """
    names = {logs.name} if log else {table.name for table in metadata.sorted_tables}
    async with database.read() as connection:
        if database.product == "postgresql":
            await _require_of_postgres(connection, str(database.address.url.database))
        elif database.product == "mysql":
            rows: list[Any] = list(await connection.exec_driver_sql(_OF_TABLES))
            _require_of_mysql([(table, charset) for table, charset in rows if table.lower() in names])


async def _require_of_postgres(connection: AsyncConnection, name: str) -> None:
    encoding = (await connection.exec_driver_sql("SHOW server_encoding")).scalar()
    if encoding not in _OF_POSTGRES:
        raise WrongEncoding(
            f"the database {name} has the encoding {encoding}, which cannot represent every text: UTF8 is required."
            f" Create a new one with CREATE DATABASE {name}_utf8 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
            f" TEMPLATE template0; copy the data with pg_dump {name} | psql {name}_utf8,"
            " and put the new name into the address"
        )


def _require_of_mysql(found: Sequence[tuple[str, str]]) -> None:
    narrow = sorted({table for table, name in found if name not in _ALL | _ALMOST})
    if narrow:
        names = sorted({name for table, name in found if table in narrow and name not in _ALL | _ALMOST})
        raise WrongEncoding(
            f"the character set {' and '.join(names)} cannot represent every character. Back up the database,"
            f" and convert it to utf8mb4 with: {_conversion(narrow)}"
        )
    limited = sorted({table for table, name in found if name in _ALMOST})
    if limited:
        logger.warning(
            "tables in utf8mb3 cannot store emoji and rare characters; convert them with: %s",
            _conversion(limited),
        )


def _conversion(tables: Sequence[str]) -> str:
    return " ".join(f"ALTER TABLE `{table}` CONVERT TO CHARACTER SET utf8mb4;" for table in tables)
