"""Texts that every product takes: a row of the log must never be what keeps a charge from being written."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy.dialects import mysql, postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from sqlalchemy import Column, Dialect

#: Characters of a text column that MySQL has as varchar(191).
SHORT = 191
#: A ``text`` of MySQL holds 65535 bytes, four for the longest character.
LONG = 16_000


def storable(text: str, most: int = LONG) -> str:
    """``text`` without what PostgreSQL refuses (NUL) and what cannot be encoded, cut to ``most`` characters."""
    if len(text) > most:
        text = text[:most]
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@lru_cache(maxsize=4096)  # the same few names stand on all rows
def clipped(text: str) -> str:
    """``text`` as short as the columns of names are on MySQL."""
    return storable(text, SHORT)


def encodable(text: str) -> bool:
    """Whether a column could hold ``text`` at all; a header may bring bytes that are no characters."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text))


#: SQLite takes any text, whatever the column says.
_BOUNDED: Mapping[str, Callable[[], Dialect]] = {"mysql": mysql.dialect, "postgresql": postgresql.dialect}


def lengths(product: str, columns: Iterable[Column[Any]]) -> Mapping[str, int]:
    """The characters that ``columns`` take on ``product``, by name; those without a bound are not named."""
    if product not in _BOUNDED:
        return {}
    dialect = _BOUNDED[product]()
    found = {column.name: getattr(column.type.dialect_impl(dialect), "length", None) for column in columns}
    return {name: length for name, length in found.items() if length}
