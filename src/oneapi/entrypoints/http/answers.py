"""Whole answers in JSON, and the numbers in a query that lists are asked for with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sanic import HTTPResponse

from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sanic import Request

JSON = "application/json; charset=utf-8"
LONGEST_NUMBER = 9


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> HTTPResponse:
    """``value`` as a whole answer."""
    return HTTPResponse(msgspec.json.encode(value), status, dict(headers or {}), JSON)


def page_size(request: Request, name: str, *, usual: int, largest: int, clamps: bool = False) -> int:
    """How many entries a client wants at once.

    Raises InvalidParameter for what is no number from 1 to ``largest``; with ``clamps``, larger ones mean ``largest``.
    """
    given = str(request.args.get(name) or usual)
    size = int(given) if given.isascii() and given.isdigit() and len(given) <= LONGEST_NUMBER else 0
    if clamps:
        size = min(size, largest)
    if not 1 <= size <= largest:
        raise InvalidParameter(name, f"{name} must be a number from 1 to {largest}")
    return size
