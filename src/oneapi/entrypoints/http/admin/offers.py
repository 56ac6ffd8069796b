"""What forms offer to choose from: groups and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sanic import Blueprint, HTTPResponse, Request

from oneapi.domain.users import Role
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.errors import JSON

if TYPE_CHECKING:
    from oneapi.application.offers import Offers
    from oneapi.domain.users import User
    from oneapi.entrypoints.http.admin.envelope import Envelopes
    from oneapi.entrypoints.http.admin.guard import Guard


def offers_blueprint(envelopes: Envelopes, guard: Guard, offers: Offers) -> Blueprint:
    blueprint = Blueprint("offers", url_prefix="/api")

    @blueprint.get("/group/")
    @envelopes
    @guard(Role.ADMIN)
    async def list_groups(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        return done(offers.groups())

    @blueprint.get("/user/available_models")
    @envelopes
    @guard(Role.COMMON)
    async def list_available_models(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        return done(offers.models_of(me.group))

    @blueprint.get("/models")
    @envelopes
    @guard(Role.COMMON)
    async def list_models_by_type(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        return done(offers.by_type)

    @blueprint.get("/channel/models")
    @envelopes
    @guard(Role.ADMIN)
    async def list_all_models(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        # OpenAI's list, without the envelope, as clients of the original read it.
        body = {"object": "list", "data": offers.built_in()}
        return HTTPResponse(msgspec.json.encode(body), content_type=JSON)

    return blueprint
