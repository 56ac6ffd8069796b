"""The envelope of every admin answer: ``success``, ``message``, ``data``."""

from __future__ import annotations

import math
from functools import wraps
from typing import TYPE_CHECKING, Any

import msgspec
from sanic import HTTPResponse, Request

from oneapi.application.refusals import Refusal
from oneapi.domain.errors import CallerError, GatewayError
from oneapi.entrypoints.http.errors import JSON
from oneapi.entrypoints.http.request import language

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

#: Stands for "no data at all", which is not the same as null.
NONE = msgspec.UNSET
TOTAL = "X-Total-Count"


def done(data: Any = NONE, *, total: int | None = None) -> HTTPResponse:
    """A success. ``total``: how many there are, of which ``data`` is a page."""
    body: dict[str, Any] = {"success": True, "message": ""}
    if data is not NONE:
        body["data"] = data
    headers = {} if total is None else {TOTAL: str(total)}
    return HTTPResponse(msgspec.json.encode(body), headers=headers, content_type=JSON)


def refused(message: str, status: int = 200, *, retry_after: float | None = None) -> HTTPResponse:
    """A failure. ``retry_after``: seconds."""
    body = {"success": False, "message": message}
    headers = {} if retry_after is None else {"Retry-After": str(max(1, math.ceil(retry_after)))}
    return HTTPResponse(msgspec.json.encode(body), status, headers, JSON)


#: Methods that change nothing.
HARMLESS = ("GET", "HEAD", "OPTIONS")


class Envelopes:
    """Turns what handlers raise into answers, in the caller's language; ``announce`` tells other nodes of a change."""

    def __init__(self, default_language: str, announce: Callable[[], Awaitable[None]]) -> None:
        self._default_language = default_language
        self._announce = announce

    def __call__(
        self, handler: Callable[..., Awaitable[HTTPResponse]]
    ) -> Callable[..., Awaitable[HTTPResponse]]:
        @wraps(handler)
        async def answer(request: Request, **arguments: Any) -> HTTPResponse:
            wanted = language(request, self._default_language)
            try:
                answered = await handler(request, **arguments)
            except Refusal as refusal:
                return refused(refusal.text(wanted), refusal.http_status)
            except CallerError as error:
                return refused(error.text(wanted))
            except GatewayError as error:
                return refused(error.text(wanted), error.status, retry_after=error.retry_after)
            if request.method not in HARMLESS:
                await self._announce()
            return answered

        return answer
