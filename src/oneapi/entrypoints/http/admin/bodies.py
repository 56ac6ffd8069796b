"""Reading bodies and query strings of the admin API, exactly as leniently as the original."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec

from oneapi.domain.changes import UNSET
from oneapi.domain.errors import MalformedRequest, Refusal
from oneapi.domain.errors.administration import (
    EmptyBody,
    InvalidArguments,
    OutOfRange,
    TooLong,
    UnreadableJson,
    WrongType,
)
from oneapi.entrypoints.http.admin.bounds import LARGEST, LONGEST_LINE, Line, Whole, longest_of
from oneapi.entrypoints.http.bodies import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from sanic import Request

    from oneapi.domain.changes import Unset

T = TypeVar("T", bound=msgspec.Struct)
V = TypeVar("V")

PAGE_SIZE = 10
LARGEST_PAGE = 100

#: msgspec's message for a value of the wrong type or out of range.
WRONG = re.compile(r"Expected `([^`]+)`(?:, got `([^`]+)`| .*?) - at `\$\.([^`]+)`")
_TOO_LONG = re.compile(r"Expected `(?:str|array)` of length <= (\d+) - at `\$\.([^`]+)`")


def read_body(body: bytes, kind: type[T], unreadable: Callable[[], Refusal] | None = None) -> T:
    """The first JSON value of ``body``.

    Keys are case-insensitive, unknown ones are ignored, null counts as absent. Raises ``unreadable``, or a Refusal that
    names the error.
    """
    try:
        return _read_body(body, kind)
    except Refusal:
        if unreadable is None:
            raise
        raise unreadable() from None


def _read_body(given: bytes, kind: type[T]) -> T:
    if not given.strip():
        raise EmptyBody
    known = {field.encode_name for field in msgspec.structs.fields(kind)}
    values = {
        key.lower(): value
        for key, value in _parse(given).items()
        if value is not None and key.lower() in known
    }
    try:
        body = msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        raise _explained(error) from None
    # No database accepts NUL in a text, and their error messages are unclear.
    if any(isinstance(value, str) and "\x00" in value for value in values.values()):
        raise InvalidArguments
    return body


def given(value: V | msgspec.UnsetType | None) -> V | Unset:
    """A field of a body for the application, with null as UNSET."""
    return UNSET if value is None or isinstance(value, msgspec.UnsetType) else value


def read_query(request: Request, kind: type[T]) -> T:
    """The query string as the fields of ``kind``, which are numbers or texts.

    As in the original, an invalid number counts as 0. Unknown parameters are ignored. Texts that are too long are cut:
    no column holds as much, so they would not match anything anyway.
    """
    values = {
        name: query_int(request, name) if longest is None else query_text(request, name, longest)
        for name, longest in _query_fields(kind).items()
    }
    return kind(**values)


_query_fields = lru_cache(maxsize=64)(longest_of)


class PageQuery(msgspec.Struct):
    """A page of a list."""

    #: Zero-based.
    p: Annotated[Whole, msgspec.Meta(description="page number, starting at 0")] = 0
    page_size: Annotated[Whole, msgspec.Meta(description=f"rows of a page, at most {LARGEST_PAGE}")] = 0

    @property
    def window(self) -> dict[str, int]:
        """``offset`` and ``limit`` of the page."""
        limit = min(max(self.page_size or PAGE_SIZE, 1), LARGEST_PAGE)
        return {"offset": min(max(self.p, 0), LARGEST // LARGEST_PAGE) * limit, "limit": limit}


class OrderedQuery(PageQuery):
    """A page of a list in one of several orders."""

    order: Line = ""


class KeywordQuery(msgspec.Struct):
    """The search term; empty matches everything."""

    keyword: Line = ""


class StatusQuery(msgspec.Struct):
    """If not empty, only the status changes."""

    status_only: Line = ""


def path_id(text: str) -> int:
    """The number in a path. Raises Refusal."""
    number = _whole(text)
    if number is None:
        raise InvalidArguments
    return number


def path_id_or_zero(text: str) -> int:
    """The number in a path, 0 for anything else, as for some of the original's routes."""
    return _whole(text) or 0


def query_text(request: Request, name: str, longest: int = LONGEST_LINE) -> str:
    """The parameter ``name``, cut to ``longest`` characters; empty if absent."""
    value = str(request.args.get(name) or "")[:longest]
    return value.replace("\x00", "").encode(errors="replace").decode()


def query_int(request: Request, name: str) -> int:
    """The parameter ``name`` as a number; 0 if absent or invalid."""
    return _whole(query_text(request, name).strip()) or 0


def _whole(text: str) -> int | None:
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > len(str(LARGEST)):
        return None
    return int(text) if abs(int(text)) <= LARGEST else None


def _parse(body: bytes) -> dict[str, object]:
    try:
        return parse_object(body)
    except MalformedRequest as error:
        first = _first_value(body)
        if first is None:
            raise UnreadableJson(detail=error.detail) from None
    return _parse(first)


def _first_value(body: bytes) -> bytes | None:
    """The first JSON value if only text follows it, which the original ignores; None if something else is wrong."""
    try:
        text = body.decode().lstrip()
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return text[:end].encode() if text[end:].strip() else None


def _explained(error: msgspec.ValidationError) -> Refusal:
    if long := _TOO_LONG.match(str(error)):
        return TooLong(field=long[2], most=int(long[1]))
    found = WRONG.match(str(error))
    if found is None:
        return UnreadableJson(detail=str(error))
    expected, got, field = found.groups()
    if got is None:
        return OutOfRange(field=field)
    return WrongType(field=field, expected=expected, got=got)
