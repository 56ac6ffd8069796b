"""The Sanic application: blueprints, error handling, and the headers that every answer carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanic import Sanic
from sanic_ext import Extend

from oneapi.adapters.writes import Writes
from oneapi.entrypoints.http.errors import GatewayErrorHandler
from oneapi.entrypoints.http.request import GatewayRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sanic import Blueprint

    from oneapi.entrypoints.settings import Settings

App = Sanic[Any, Any]

#: Sanic counts silence towards the client, also while we wait for a provider; the transport has limits of its own.
NEVER = 7 * 24 * 3600
BODY_TIMEOUT = 120
KEEP_ALIVE = 120
#: Bytes of a body that nobody wants, or whose request was refused, that are let pass, so that the client can read the
#: answer. Routes read their own, within the limits of ``admin/routes.py`` and ``MAX_REQUEST_BODY_MB``.
UNREAD_BODY = 10 * 1024 * 1024


def create_app(settings: Settings, blueprints: Iterable[Blueprint], name: str = "oneapi") -> App:
    """An application that serves ``blueprints``; it opens and closes nothing by itself."""
    app: App = Sanic(
        name,
        request_class=GatewayRequest,
        error_handler=GatewayErrorHandler(settings.default_language, settings.max_request_body_mb),
        configure_logging=False,
        strict_slashes=False,
    )
    app.ctx.writes = Writes()
    app.config.AUTO_EXTEND = False
    app.config.MOTD = False
    app.config.ACCESS_LOG = False
    app.config.RESPONSE_TIMEOUT = NEVER
    app.config.REQUEST_TIMEOUT = BODY_TIMEOUT
    app.config.KEEP_ALIVE_TIMEOUT = KEEP_ALIVE
    app.config.REQUEST_MAX_SIZE = UNREAD_BODY
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = float(settings.shutdown_grace)
    # Only what is asked for: its CORS, OpenAPI and injection would run on every request of the hot path.
    Extend(app, built_in_extensions=False)
    for blueprint in blueprints:
        app.blueprint(blueprint)
    return app
