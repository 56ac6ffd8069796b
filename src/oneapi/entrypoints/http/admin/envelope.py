"""The envelope of every admin answer: ``success``, ``message``, ``data``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.entrypoints.http.answers import as_json

if TYPE_CHECKING:
    from sanic import HTTPResponse

#: No ``data`` at all, which is not the same as null.
NONE = msgspec.UNSET
TOTAL = "X-Total-Count"


def done(data: Any = NONE, *, total: int | None = None, message: str = "") -> HTTPResponse:
    """A success. ``total``: the number of all items, of which ``data`` is a page."""
    body: dict[str, Any] = {"success": True, "message": message}
    if data is not NONE:
        body["data"] = data
    headers = {} if total is None else {TOTAL: str(total)}
    return as_json(body, headers=headers)


def refused(message: str, status: int = 200, *, retry_after: float | None = None) -> HTTPResponse:
    """A failure. ``retry_after``: seconds, sent as ``Retry-After``."""
    body = {"success": False, "message": message}
    headers = {} if retry_after is None else {"Retry-After": str(max(1, math.ceil(retry_after)))}
    return as_json(body, status, headers)
