"""Error answers, in the format of the API that the client speaks, and never with a stack trace."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from sanic import HTTPResponse
from sanic.exceptions import (
    BadRequest,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    RequestCancelled,
    SanicException,
    ServiceUnavailable,
)
from sanic.handlers import ErrorHandler

from oneapi.domain.errors import (
    BodyTooLarge,
    GatewayError,
    InternalError,
    MalformedRequest,
    Overloaded,
    UnknownRoute,
    UpgradeRequired,
)
from oneapi.entrypoints.errors.answers import reason_of, status_of, text_of
from oneapi.entrypoints.http.answers import JSON, as_json
from oneapi.entrypoints.http.request import language
from oneapi.entrypoints.http.surfaces import surface_of
from oneapi.entrypoints.http.wrong_address import unknown_route

if TYPE_CHECKING:
    from collections.abc import Callable

    from sanic import Request

logger = logging.getLogger(__name__)

#: Prefixes of the admin API, whose errors are in its envelope, and of its playground, which speaks OpenAI's format.
ADMIN, PLAYGROUND = "/api/", "/api/playground/"
#: A header that OpenAI's and Anthropic's SDKs check before the status: ``_should_retry`` in ``_base_client.py``,
#: https://github.com/openai/openai-python.
SHOULD_RETRY = "x-should-retry"
#: The lowest status of errors that are not the client's fault.
SERVER_ERRORS = 500


def error_response(request: Request, error: GatewayError, default_language: str) -> HTTPResponse:
    """``error`` as a whole answer, in the format of the API that the client speaks."""
    surface, request_id = surface_of(request), str(request.id)
    status, body = surface.error(error, language(request, default_language), request_id)
    headers = _retry_after(error)
    if surface.id_header:
        headers[surface.id_header] = request_id
    if not error.may_repeat:
        headers[SHOULD_RETRY] = "false"
    return HTTPResponse(body, status, headers, JSON)


def _is_admin(request: Request) -> bool:
    return request.path.startswith(ADMIN) and not request.path.startswith(PLAYGROUND)


def _retry_after(error: GatewayError) -> dict[str, str]:
    if error.retry_after is None:
        return {}
    return {"Retry-After": str(max(1, math.ceil(error.retry_after)))}


class GatewayErrorHandler(ErrorHandler):
    """Turns every exception that reaches Sanic into an answer."""

    def __init__(self, default_language: str, body_limit_mb: int) -> None:
        super().__init__()
        self._language = default_language
        self._body_limit_mb = body_limit_mb

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        error = self._translate(request, exception)
        if _is_admin(request) and not isinstance(error, UnknownRoute):
            body = {"success": False, "message": text_of(error, language(request, self._language))}
            response = as_json(body, status_of(error), _retry_after(error))
        else:
            response = error_response(request, error, self._language)
        if isinstance(error, UpgradeRequired):
            # Required by https://www.rfc-editor.org/rfc/rfc9110#section-15.5.22
            response.headers["Upgrade"] = "HTTP/1.1"
        return response

    @staticmethod
    def log(request: Request, exception: Exception) -> None:
        """Log nothing: ``_translate`` logs the unexpected errors."""

    def _translate(self, request: Request, exception: Exception) -> GatewayError:
        if isinstance(exception, GatewayError):
            if status_of(exception) >= SERVER_ERRORS:
                logger.warning(
                    "%s %s: %s",
                    request.method,
                    request.path,
                    reason_of(exception, "en"),
                    extra=_about(request),
                )
            return exception
        for classes, translated in SANIC:
            if isinstance(exception, classes):
                return translated(request, exception, self._body_limit_mb)
        logger.error("%s %s failed", request.method, request.path, exc_info=exception, extra=_about(request))
        return InternalError()


def _unreadable(exception: Exception) -> GatewayError:
    """The error for a request that Sanic could not read, with Sanic's message; not for failures of its own."""
    status = getattr(exception, "status_code", SERVER_ERRORS)
    if status >= SERVER_ERRORS:
        return InternalError()
    return MalformedRequest(detail=str(exception) or "the request could not be read")


#: Sanic's exceptions -> our errors; the first match counts.
SANIC: tuple[
    tuple[tuple[type[BaseException], ...], Callable[[Request, Exception, int], GatewayError]], ...
] = (
    (
        (NotFound, MethodNotAllowed),
        lambda request, _, __: unknown_route(request),
    ),
    ((PayloadTooLarge,), lambda _, __, limit: BodyTooLarge(limit=f"{limit} MB")),
    # The client has left; nobody reads the answer.
    ((ServiceUnavailable, RequestCancelled), lambda _, __, ___: Overloaded()),
    ((BadRequest, SanicException), lambda _, exception, __: _unreadable(exception)),
)


def _about(request: Request) -> dict[str, str]:
    return {"request_id": str(request.id)}
