"""Model lists and the billing dashboard: what a client asks about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec
from sanic import Blueprint, HTTPResponse, Request

from oneapi.entrypoints.http.errors import JSON
from oneapi.entrypoints.http.request import credential

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from oneapi.application.money.statements import Statements
    from oneapi.application.relay.authentication import Authenticator, Caller
    from oneapi.application.relay.models import ModelLists
    from oneapi.entrypoints.http.request import GatewayRequest
    from oneapi.entrypoints.http.throttle import Throttle


READ = ("GET", "HEAD")


def lists_blueprint(
    authenticator: Authenticator,
    models: ModelLists,
    statements: Statements,
    address: Callable[[Request], str],
    throttle: Throttle,
) -> Blueprint:
    """``/v1/models`` and ``/dashboard/billing``; the latter counts as a call of the admin API."""
    blueprint = Blueprint("lists")

    async def caller(request: GatewayRequest) -> Caller:
        found = await authenticator.caller(credential(request), address(request))
        request.authenticated()
        return found

    @blueprint.route("/v1/models", methods=READ)  # type: ignore[untyped-decorator]  # Sanic's
    async def list_models(request: GatewayRequest) -> HTTPResponse:
        return _json({"object": "list", "data": models.usable(await caller(request))})

    @blueprint.route("/v1/models/<model:path>", methods=READ)  # type: ignore[untyped-decorator]  # Sanic's
    async def retrieve_model(request: GatewayRequest, model: str) -> HTTPResponse:
        return _json(models.find(await caller(request), unquote(model)))

    def billing(read: Callable[..., Awaitable[dict[str, Any]]]) -> Any:
        async def handler(request: GatewayRequest) -> HTTPResponse:
            await throttle(request)
            return _json(await read((await caller(request)).account))

        return handler

    for prefix in ("/dashboard/billing", "/v1/dashboard/billing"):
        version = prefix.strip("/").replace("/", "_")
        blueprint.add_route(
            billing(statements.subscription),
            f"{prefix}/subscription",
            methods=READ,
            name=f"{version}_subscription",
        )
        blueprint.add_route(
            billing(statements.usage), f"{prefix}/usage", methods=READ, name=f"{version}_usage"
        )
    return blueprint


def _json(value: object) -> HTTPResponse:
    return HTTPResponse(msgspec.json.encode(value), content_type=JSON)
