"""Browsers from other origins: the relay and the billing dashboard are open to them, without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sanic import HTTPResponse

if TYPE_CHECKING:
    from sanic import Request

#: Paths that scripts of other origins may call; the admin API is not among them.
OPEN = ("/v1/", "/dashboard/")
MAX_AGE = "43200"


def is_foreign(request: Request) -> bool:
    """Whether the request comes from a page of another origin and asks for an open path."""
    origin = request.headers.get("origin")
    if not origin or not request.path.startswith(OPEN):
        return False
    return bool(origin != f"{request.scheme}://{request.host}")


def is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and is_foreign(request)


def preflight(request: Request) -> HTTPResponse:
    """What the browser asks before it sends; the header wildcard would not cover Authorization."""
    asked = request.headers.get("access-control-request-headers", "")
    return HTTPResponse(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
            "Access-Control-Allow-Headers": asked.replace("\r", "").replace("\n", "") or "*",
            "Access-Control-Max-Age": MAX_AGE,
        },
    )
