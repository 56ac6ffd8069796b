"""Gzip for answers of the admin API and web pages; never for the relay, whose bytes pass through unchanged."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sanic import HTTPResponse, Request

#: Bytes below which compression is not worthwhile.
LEAST = 1024
#: Takes half the time of the highest level, for a few per cent more bytes.
LEVEL = 5


def pack(body: bytes, level: int = LEVEL) -> bytes:
    return gzip.compress(body, level, mtime=0)


def compressed(request: Request, response: HTTPResponse, packed: bytes | None = None) -> HTTPResponse:
    """``response``, gzipped if it is large enough and the client accepts it; ``packed``: its gzipped body, if known."""
    response.headers["Vary"] = "Accept-Encoding"
    body = response.body
    if body is None or len(body) < LEAST or not takes_gzip(request.headers.get("accept-encoding", "")):
        return response
    response.body = packed or pack(body)
    response.headers["Content-Encoding"] = "gzip"
    return response


def takes_gzip(accepted: str) -> bool:
    """Whether the header ``Accept-Encoding`` accepts gzip, or any encoding, with a weight above 0."""
    weights = dict(_weight(part) for part in accepted.lower().split(","))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(part: str) -> tuple[str, float]:
    coding, _, parameter = part.partition(";")
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return coding.strip(), 1.0
    try:
        return coding.strip(), float(value)
    except ValueError:
        return coding.strip(), 0.0
