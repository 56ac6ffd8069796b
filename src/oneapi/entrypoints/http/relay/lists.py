"""Lists of models for clients of OpenAI, Anthropic and Google."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from oneapi.application.relay.models import Page
from oneapi.entrypoints.http.answers import as_json, page_size
from oneapi.entrypoints.http.model_forms import (
    as_anthropic,
    as_google,
    as_openai,
    page_as_anthropic,
    page_as_google,
)
from oneapi.entrypoints.http.request import Blueprint
from oneapi.entrypoints.http.surfaces import ANTHROPIC, GEMINI, OPENAI, surface_of
from oneapi.entrypoints.http.surfaces.anthropic import ADDRESSES
from oneapi.entrypoints.http.surfaces.gemini import ADDRESSES as GOOGLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sanic import HTTPResponse, Request

    from oneapi.application.relay.authentication import Authenticator, Caller
    from oneapi.application.relay.models import Model, ModelLists
    from oneapi.entrypoints.http.request import GatewayRequest
    from oneapi.entrypoints.http.surfaces.interface import Surface


READ = ("GET", "HEAD")
#: https://platform.claude.com/docs/en/api/models/list
USUAL_PAGE, LARGEST_PAGE = 20, 1000
#: https://ai.google.dev/api/models#method:-models.list
USUAL_GOOGLES_PAGE = 50
#: Prefixes below which models are listed.
VERSIONS = dict.fromkeys((*(f"{address}/v1" for address in ADDRESSES), *GOOGLES))


def lists_blueprint(
    authenticator: Authenticator,
    models: ModelLists,
    address: Callable[[Request], str],
) -> Blueprint:
    """``/v1/models``, below each prefix of the surfaces."""
    blueprint = Blueprint("lists")

    async def caller(request: GatewayRequest, surface: Surface = OPENAI) -> Caller:
        found = await authenticator.caller(surface.credential(request), address(request))
        request.authenticated()
        return found

    async def list_models(request: GatewayRequest) -> HTTPResponse:
        surface = surface_of(request)
        who = await caller(request, surface)
        return as_json(_listed(models, who, request, surface))

    async def retrieve_model(request: GatewayRequest, model: str) -> HTTPResponse:
        surface = surface_of(request)
        who = await caller(request, surface)
        return as_json(_shown(models.find(who, unquote(model)), surface))

    for version in VERSIONS:
        name = version.strip("/").replace("/", "_")
        path = f"{version}/models"
        blueprint.add_route(list_models, path, methods=READ, name=f"list_models_{name}")
        blueprint.add_route(
            retrieve_model, f"{path}/<model:path>", methods=READ, name=f"retrieve_model_{name}"
        )

    return blueprint


def _listed(models: ModelLists, who: Caller, request: GatewayRequest, surface: Surface) -> dict[str, Any]:
    """The list in the client's format; OpenAI's has no pages."""
    if surface is ANTHROPIC:
        return page_as_anthropic(models.page(who, _page(request)))
    if surface is GEMINI:
        return page_as_google(models.page(who, _googles_page(request)))
    return {"object": "list", "data": [as_openai(model) for model in models.usable(who)]}


def _shown(model: Model, surface: Surface) -> dict[str, Any]:
    if surface is GEMINI:
        return as_google(model)
    return as_anthropic(model) if surface is ANTHROPIC else as_openai(model)


def _page(request: GatewayRequest) -> Page:
    """The page that the query asks for. Raises InvalidParameter."""
    limit = page_size(request, "limit", usual=USUAL_PAGE, largest=LARGEST_PAGE)
    return Page(limit, str(request.args.get("after_id") or ""), str(request.args.get("before_id") or ""))


def _googles_page(request: GatewayRequest) -> Page:
    """The same for Google's clients, who may ask for more than a page can hold."""
    limit = page_size(request, "pageSize", usual=USUAL_GOOGLES_PAGE, largest=LARGEST_PAGE, clamps=True)
    return Page(limit, str(request.args.get("pageToken") or ""))
