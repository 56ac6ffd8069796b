"""CORS: the relay and the billing dashboard are open to other origins, without cookies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sanic import HTTPResponse

if TYPE_CHECKING:
    from sanic import Request

REQUEST_ID = "X-Oneapi-Request-Id"
#: Paths that scripts of other origins may call; in the admin API, those that take a relay token. Double slashes come
#: from a base URL with a trailing slash, whose script must be able to read the error.
OPEN = (
    *("/v1/", "/v1beta/", "/dashboard/", "/openai/", "/anthropic/", "/claude/", "//"),
    *("/user/", "/api/usage/", "/api/log/token"),
)
#: Headers that scripts may read. The wildcard covers all of them, but older browsers take it literally:
#: https://developer.mozilla.org/docs/Web/HTTP/Headers/Access-Control-Expose-Headers
EXPOSED = ", ".join(
    (
        "*",
        REQUEST_ID,
        "Retry-After",
        "X-Should-Retry",
        "Request-Id",
        "X-Request-Id",
        *(
            f"X-RateLimit-{what}-{unit}"
            for what in ("Limit", "Remaining", "Reset")
            for unit in ("Requests", "Tokens")
        ),
    )
)
MAX_AGE = "43200"
#: https://wicg.github.io/private-network-access/#headers
ASKS_PRIVATE = "access-control-request-private-network"
ALLOWS_PRIVATE = {"Access-Control-Allow-Private-Network": "true"}


def is_foreign(request: Request) -> bool:
    """Whether the request comes from a page of another origin and its path is open."""
    origin = request.headers.get("origin")
    if not origin or not request.path.startswith(OPEN):
        return False
    return bool(origin != f"{request.scheme}://{request.host}")


def is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and is_foreign(request)


def preflight(request: Request) -> HTTPResponse:
    """The answer to a preflight request; headers are listed because a wildcard does not cover Authorization."""
    asked = request.headers.get("access-control-request-headers", "")
    # Public pages may call a gateway in a private network: access depends on the key, not on the network.
    private = ALLOWS_PRIVATE if ASKS_PRIVATE in request.headers else {}
    return HTTPResponse(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
            "Access-Control-Allow-Headers": asked.replace("\r", "").replace("\n", "") or "*",
            "Access-Control-Max-Age": MAX_AGE,
        }
        | private,
    )
