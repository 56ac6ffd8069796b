"""Choices for forms: groups and models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.objects import ChannelTypeObject, show_channel_type
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate
from oneapi.entrypoints.http.answers import as_json
from oneapi.entrypoints.http.model_forms import as_openai

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.relay.offered_models import OfferedModels


class ModelList(msgspec.Struct):
    """OpenAI's list of models, without the envelope, as in the original."""

    data: list[dict[str, Any]]
    object: str = "list"


def offer_routes(gate: Gate, offers: OfferedModels) -> AdminRoutes:
    routes = AdminRoutes("Groups and models", "/api", gate)

    @routes.get("/group/", "List groups", role=Role.ADMIN, data=list[str])
    async def list_groups(_: Call) -> HTTPResponse:
        return done(offers.groups())

    @routes.get(
        "/user/available_models", "List models available to the caller", role=Role.COMMON, data=list[str]
    )
    async def list_available_models(call: Call) -> HTTPResponse:
        return done(offers.models_of(call.me.group))

    @routes.get("/user/models", "List models available to the caller", role=Role.COMMON, data=list[str])
    async def list_own_models(call: Call) -> HTTPResponse:
        return done(offers.models_of(call.me.group))

    @routes.get("/models", "List models by channel type", role=Role.COMMON, data=dict[str, list[str] | None])
    async def list_models_by_type(_: Call) -> HTTPResponse:
        return done(offers.by_type)

    @routes.get("/channel/models", "List all built-in models", role=Role.ADMIN, answer=ModelList)
    async def list_all_models(_: Call) -> HTTPResponse:
        models = ModelList([as_openai(model) for model in offers.built_in()])
        return as_json(models)

    @routes.get("/channel/types", "List the channel types", role=Role.ADMIN, data=list[ChannelTypeObject])
    async def list_types(_: Call) -> HTTPResponse:
        return done([show_channel_type(known, models) for known, models in offers.channel_types()])

    return routes
