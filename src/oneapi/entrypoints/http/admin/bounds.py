"""The types that bodies and queries of the admin API are declared with: each has an end.

A route whose body could hold a text, a list or a number without one cannot be declared, see ``check_bounds``.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, inspect

#: JavaScript and doubles know no larger whole number exactly.
LARGEST = 2**53
Whole = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
#: For columns that are 32 bits wide somewhere.
Natural = Annotated[int, Meta(ge=0, lt=2**31)]

# Texts: what a field takes at all, before anything looks at it. How long a name, a password or an address may really
# be is decided, and said more kindly, where it is checked.
LONGEST_LINE, LONGEST_TEXT, LONGEST_PAGE = 1_000, 65_535, 1_000_000
#: Names, addresses, codes, words to search for.
Line = Annotated[str, Meta(max_length=LONGEST_LINE)]
#: Lists, JSON objects, prompts; a ``text`` of MySQL holds no more.
Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
#: Pages that operators write, tables of prices, lists of keys.
Page = Annotated[str, Meta(max_length=LONGEST_PAGE)]


def check_bounds(kind: type[msgspec.Struct]) -> None:
    """Raise TypeError if a value of ``kind`` could hold a text, a list or an object of any size."""
    for name, declared in _fields(kind).items():
        if not _is_bounded(declared):
            raise TypeError(f"{kind.__name__}.{name} has no bound: declare it with a type of bounds.py")


def longest_of(kind: type[msgspec.Struct]) -> dict[str, int | None]:
    """By field of a query: the characters of its text, None for a number."""
    return {name: getattr(declared, "max_length", None) for name, declared in _fields(kind).items()}


def _fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Name and type of each field, without their descriptions."""
    fields = inspect.type_info(kind).fields  # type: ignore[attr-defined]  # of a Struct it is a StructType
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


#: Types of which no value is large.
_CLOSED = (inspect.BoolType, inspect.NoneType, inspect.LiteralType)
