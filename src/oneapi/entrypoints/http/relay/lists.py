"""Model lists and the billing dashboard: what a client asks about itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec
from sanic import Blueprint, HTTPResponse, Request

from oneapi.application.relay.models import Page
from oneapi.domain.errors import InvalidParameter
from oneapi.entrypoints.http.errors import JSON
from oneapi.entrypoints.http.model_forms import as_anthropic, as_openai, page_as_anthropic
from oneapi.entrypoints.http.surfaces import ANTHROPIC, OPENAI, surface_of
from oneapi.entrypoints.http.surfaces.anthropic import ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.money.statements import Statements
    from oneapi.application.relay.authentication import Authenticator, Caller
    from oneapi.application.relay.models import ModelLists
    from oneapi.entrypoints.http.request import GatewayRequest
    from oneapi.entrypoints.http.surfaces.interface import Surface
    from oneapi.entrypoints.http.throttle import Throttle


READ = ("GET", "HEAD")
#: https://platform.claude.com/docs/en/api/models/list
USUAL_PAGE, LARGEST_PAGE = 20, 1000
#: OpenAI's old dashboard counts usage in cents.
CENTS = 100


def lists_blueprint(
    authenticator: Authenticator,
    models: ModelLists,
    statements: Statements,
    address: Callable[[Request], str],
    throttle: Throttle,
) -> Blueprint:
    """``/v1/models`` and ``/dashboard/billing``; the latter counts as a call of the admin API."""
    blueprint = Blueprint("lists")

    async def caller(request: GatewayRequest, surface: Surface = OPENAI) -> Caller:
        found = await authenticator.caller(surface.credential(request), address(request))
        request.authenticated()
        return found

    async def list_models(request: GatewayRequest) -> HTTPResponse:
        surface = surface_of(request)
        who = await caller(request, surface)
        if surface is ANTHROPIC:
            return _json(page_as_anthropic(models.page(who, _page(request))))
        return _json({"object": "list", "data": [as_openai(model) for model in models.usable(who)]})

    async def retrieve_model(request: GatewayRequest, model: str) -> HTTPResponse:
        surface = surface_of(request)
        who = await caller(request, surface)
        found = models.find(who, unquote(model))
        return _json(as_anthropic(found) if surface is ANTHROPIC else as_openai(found))

    for address_before in ADDRESSES:
        name = address_before.strip("/")
        path = f"{address_before}/v1/models"
        blueprint.add_route(list_models, path, methods=READ, name=f"list_models_{name}")
        blueprint.add_route(
            retrieve_model, f"{path}/<model:path>", methods=READ, name=f"retrieve_model_{name}"
        )

    async def subscription(request: GatewayRequest) -> HTTPResponse:
        await throttle(request)
        found = await statements.subscription((await caller(request)).account)
        return _json(
            {
                "object": "billing_subscription",
                "has_payment_method": True,
                "soft_limit_usd": found.limit,
                "hard_limit_usd": found.limit,
                "system_hard_limit_usd": found.limit,
                "access_until": found.until,
            }
        )

    async def usage(request: GatewayRequest) -> HTTPResponse:
        await throttle(request)
        spent = await statements.usage((await caller(request)).account)
        return _json({"object": "list", "total_usage": spent * CENTS})

    for prefix in ("/dashboard/billing", "/v1/dashboard/billing"):
        version = prefix.strip("/").replace("/", "_")
        blueprint.add_route(
            subscription, f"{prefix}/subscription", methods=READ, name=f"{version}_subscription"
        )
        blueprint.add_route(usage, f"{prefix}/usage", methods=READ, name=f"{version}_usage")
    return blueprint


def _page(request: GatewayRequest) -> Page:
    """What the query asks for. Raises InvalidParameter."""
    given = str(request.args.get("limit") or USUAL_PAGE)
    limit = int(given) if given.isascii() and given.isdigit() and len(given) <= len(str(LARGEST_PAGE)) else 0
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidParameter("limit", f"limit must be a number from 1 to {LARGEST_PAGE}")
    return Page(limit, str(request.args.get("after_id") or ""), str(request.args.get("before_id") or ""))


def _json(value: object) -> HTTPResponse:
    return HTTPResponse(msgspec.json.encode(value), content_type=JSON)
