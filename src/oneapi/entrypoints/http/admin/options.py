"""``/api/option``: the operator's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sanic import Blueprint, HTTPResponse, Request

from oneapi.application.refusals import Refusal
from oneapi.domain.users import Role
from oneapi.entrypoints.http.admin.bodies import read_body_or
from oneapi.entrypoints.http.admin.envelope import done

if TYPE_CHECKING:
    from oneapi.application.options import ManageOptions
    from oneapi.domain.users import User
    from oneapi.entrypoints.http.admin.envelope import Envelopes
    from oneapi.entrypoints.http.admin.guard import Guard


BAD_REQUEST = 400


class OptionBody(msgspec.Struct):
    key: str = ""
    value: str = ""


def options_blueprint(envelopes: Envelopes, guard: Guard, options: ManageOptions) -> Blueprint:
    blueprint = Blueprint("options", url_prefix="/api/option")
    root = guard(Role.ROOT)

    @blueprint.get("/")
    @envelopes
    @root
    async def list_options(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        return done([{"key": key, "value": value} for key, value in options.listed().items()])

    @blueprint.put("/")
    @envelopes
    @root
    async def put_option(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        body = read_body_or(request, OptionBody, Refusal("invalid_parameter", http_status=BAD_REQUEST))
        await options.put(body.key, body.value)
        return done()

    return blueprint
