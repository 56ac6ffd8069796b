"""The envelope of every admin answer: ``success``, ``message``, ``data``."""

from __future__ import annotations

import math
from typing import Any

import msgspec
from sanic import HTTPResponse

from oneapi.entrypoints.http.errors import JSON

#: Stands for "no data at all", which is not the same as null.
NONE = msgspec.UNSET
TOTAL = "X-Total-Count"


def done(data: Any = NONE, *, total: int | None = None, message: str = "") -> HTTPResponse:
    """A success. ``total``: how many there are, of which ``data`` is a page."""
    body: dict[str, Any] = {"success": True, "message": message}
    if data is not NONE:
        body["data"] = data
    headers = {} if total is None else {TOTAL: str(total)}
    return HTTPResponse(msgspec.json.encode(body), headers=headers, content_type=JSON)


def refused(message: str, status: int = 200, *, retry_after: float | None = None) -> HTTPResponse:
    """A failure. ``retry_after``: seconds."""
    body = {"success": False, "message": message}
    headers = {} if retry_after is None else {"Retry-After": str(max(1, math.ceil(retry_after)))}
    return HTTPResponse(msgspec.json.encode(body), status, headers, JSON)
