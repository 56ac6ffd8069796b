"""Texts that every product accepts, so that a log row never keeps a charge from being written."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy.dialects import mysql, postgresql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from sqlalchemy import Column, Dialect

#: The most characters of columns that are varchar(191) on MySQL.
SHORT = 191
#: The most characters of MySQL's ``text``: it holds 65535 bytes, and a character has up to four.
LONG = 16_000


def storable(text: str, most: int = LONG) -> str:
    """``text`` without NUL, which PostgreSQL refuses, and lone surrogates, truncated to ``most`` characters."""
    if len(text) > most:
        text = text[:most]
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@lru_cache(maxsize=4096)  # the same few names occur on all rows
def clipped(text: str) -> str:
    """``text`` truncated to fit MySQL's columns for names."""
    return storable(text, SHORT)


def encodable(text: str) -> bool:
    """Whether a column can store ``text``; headers may contain bytes that are not characters."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text))


#: The products that enforce the length of columns; SQLite accepts texts of any length.
_BOUNDED: Mapping[str, Callable[[], Dialect]] = {"mysql": mysql.dialect, "postgresql": postgresql.dialect}


def lengths(product: str, columns: Iterable[Column[Any]]) -> Mapping[str, int]:
    """The most characters of each of ``columns`` on ``product``, by name, without unbounded columns."""
    if product not in _BOUNDED:
        return {}
    dialect = _BOUNDED[product]()
    found = {column.name: getattr(column.type.dialect_impl(dialect), "length", None) for column in columns}
    return {name: length for name, length in found.items() if length}
