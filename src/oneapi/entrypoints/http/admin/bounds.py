"""Bounded types for the bodies and queries of the admin API.

A route cannot be declared if its body may contain a text, list or number without bounds: see ``check_bounds``.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, inspect

#: The largest whole number up to which JavaScript and doubles are exact.
LARGEST = 2**53
Whole = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
#: For columns that have 32 bits on some database.
Natural = Annotated[int, Meta(ge=0, lt=2**31)]

# Limits of texts before any other check. The actual limits of names, passwords and addresses are checked, with better
# messages, by the application.
LONGEST_LINE, LONGEST_TEXT, LONGEST_PAGE = 1_000, 65_535, 1_000_000
#: Names, addresses, codes, search terms.
Line = Annotated[str, Meta(max_length=LONGEST_LINE)]
#: Lists, JSON objects, prompts; the limit is that of MySQL's ``text``.
Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
#: Pages that operators write, tables of prices, lists of keys.
Page = Annotated[str, Meta(max_length=LONGEST_PAGE)]


def check_bounds(kind: type[msgspec.Struct]) -> None:
    """Raise TypeError if a value of ``kind`` could contain a text, list or object without bounds."""
    for name, declared in _fields(kind).items():
        if not _is_bounded(declared):
            raise TypeError(f"{kind.__name__}.{name} has no bound: declare it with a type of bounds.py")


def longest_of(kind: type[msgspec.Struct]) -> dict[str, int | None]:
    """Field of a query -> the most characters of its text, None for a number."""
    return {name: getattr(declared, "max_length", None) for name, declared in _fields(kind).items()}


def _fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The type of each field, without its description."""
    fields = inspect.type_info(kind).fields  # type: ignore[attr-defined]  # a StructType for a Struct
    return {field.name: getattr(field.type, "type", field.type) for field in fields}


def _is_bounded(kind: Any) -> bool:
    if isinstance(kind, inspect.UnionType):
        return all(map(_is_bounded, kind.types))
    if isinstance(kind, inspect.StrType):
        return kind.max_length is not None
    if isinstance(kind, inspect.ListType):
        return kind.max_length is not None and _is_bounded(kind.item_type)
    if isinstance(kind, inspect.IntType):
        return {kind.ge, kind.gt} != {None} and {kind.le, kind.lt} != {None}
    return isinstance(kind, _CLOSED)


#: Types without large values.
_CLOSED = (inspect.BoolType, inspect.NoneType, inspect.LiteralType)
