"""The Sanic application: blueprints, error handling, and the headers of every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanic import Sanic
from sanic_ext import Extend

from oneapi.adapters.writes import Writes
from oneapi.entrypoints.http.capacity import Capacity
from oneapi.entrypoints.http.errors import GatewayErrorHandler
from oneapi.entrypoints.http.request import ClientAddress, GatewayRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sanic import Blueprint

    from oneapi.entrypoints.settings import Settings

App = Sanic[Any, Any]

#: Seconds after ``SHUTDOWN_GRACE`` for open streams to send their final error.
LAST_WORDS = 2.0
#: The most bytes of a body for routes that are not streamed; those that read one have lower limits:
#: ``admin/routes.py``.
LARGEST_BODY = 8 * 1024 * 1024


def create_app(
    settings: Settings,
    blueprints: Iterable[Blueprint],
    name: str = "oneapi",
    *,
    capacity: Capacity | None = None,
) -> App:
    """An application that serves ``blueprints``; opening and closing services is up to the caller."""
    app: App = Sanic(
        name,
        request_class=GatewayRequest,
        error_handler=GatewayErrorHandler(settings.default_language, settings.max_request_body_mb),
        configure_logging=False,
        strict_slashes=False,
    )
    app.ctx.writes = Writes()
    app.ctx.capacity = capacity or Capacity()
    app.ctx.address = ClientAddress(settings.trusted_proxies)
    app.config.AUTO_EXTEND = False
    app.config.MOTD = False
    app.config.ACCESS_LOG = False
    app.config.REQUEST_MAX_SIZE = LARGEST_BODY
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = settings.shutdown_grace + LAST_WORDS
    # docs/decisions/0023-sanic-ext-stands-ready.md: the built-in extensions would run on every request.
    Extend(app, built_in_extensions=False)
    for blueprint in blueprints:
        app.blueprint(blueprint)
    return app
