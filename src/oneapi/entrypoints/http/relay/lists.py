"""Lists of models, as OpenAI's and Anthropic's clients ask for them."""

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

    from oneapi.application.relay.authentication import Authenticator, Caller
    from oneapi.application.relay.models import ModelLists
    from oneapi.entrypoints.http.request import GatewayRequest
    from oneapi.entrypoints.http.surfaces.interface import Surface


READ = ("GET", "HEAD")
#: https://platform.claude.com/docs/en/api/models/list
USUAL_PAGE, LARGEST_PAGE = 20, 1000


def lists_blueprint(
    authenticator: Authenticator,
    models: ModelLists,
    address: Callable[[Request], str],
) -> Blueprint:
    """``/v1/models``, below each address of the surfaces."""
    blueprint = Blueprint("lists")

    async def caller(request: GatewayRequest, surface: Surface = OPENAI) -> Caller:
        found = await authenticator.caller(surface.credential(request), address(request))
        request.authenticated()
        return found

    async def list_models(request: GatewayRequest) -> HTTPResponse:
        surface = surface_of(request)
        who = await caller(request, surface)
        if surface is ANTHROPIC:
            return as_json(page_as_anthropic(models.page(who, _page(request))))
        return as_json({"object": "list", "data": [as_openai(model) for model in models.usable(who)]})

    async def retrieve_model(request: GatewayRequest, model: str) -> HTTPResponse:
        surface = surface_of(request)
        who = await caller(request, surface)
        found = models.find(who, unquote(model))
        return as_json(as_anthropic(found) if surface is ANTHROPIC else as_openai(found))

    for address_before in ADDRESSES:
        name = address_before.strip("/")
        path = f"{address_before}/v1/models"
        blueprint.add_route(list_models, path, methods=READ, name=f"list_models_{name}")
        blueprint.add_route(
            retrieve_model, f"{path}/<model:path>", methods=READ, name=f"retrieve_model_{name}"
        )

    return blueprint


def _page(request: GatewayRequest) -> Page:
    """What the query asks for. Raises InvalidParameter."""
    given = str(request.args.get("limit") or USUAL_PAGE)
    limit = int(given) if given.isascii() and given.isdigit() and len(given) <= len(str(LARGEST_PAGE)) else 0
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidParameter("limit", f"limit must be a number from 1 to {LARGEST_PAGE}")
    return Page(limit, str(request.args.get("after_id") or ""), str(request.args.get("before_id") or ""))


def as_json(value: object) -> HTTPResponse:
    """``value`` as a whole answer."""
    return HTTPResponse(msgspec.json.encode(value), content_type=JSON)
