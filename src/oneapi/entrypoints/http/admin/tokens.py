"""``/api/token``: the caller's own tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sanic import Blueprint, HTTPResponse, Request

from oneapi.application.tokens import TokenOrder
from oneapi.domain.users import Role
from oneapi.entrypoints.http.admin.bodies import (
    Whole,
    path_id,
    path_id_or_zero,
    query_page,
    query_text,
    read_body,
)
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.objects import show_token

if TYPE_CHECKING:
    from oneapi.application.tokens import ManageTokens
    from oneapi.domain.users import User
    from oneapi.entrypoints.http.admin.envelope import Envelopes
    from oneapi.entrypoints.http.admin.guard import Guard


class TokenBody(msgspec.Struct):
    id: Whole = 0
    name: str = ""
    status: Whole | None = None
    expired_time: Whole | None = None
    remain_quota: Whole = 0
    unlimited_quota: bool = False
    models: str | None = None
    subnet: str | None = None

    @property
    def order(self) -> TokenOrder:
        return TokenOrder(
            name=self.name,
            expired_time=self.expired_time,
            remain_quota=self.remain_quota,
            unlimited_quota=self.unlimited_quota,
            models=self.models,
            subnet=self.subnet,
        )


def tokens_blueprint(envelopes: Envelopes, guard: Guard, tokens: ManageTokens) -> Blueprint:
    blueprint = Blueprint("tokens", url_prefix="/api/token")
    mine = guard(Role.COMMON)

    @blueprint.get("/")
    @envelopes
    @mine
    async def list_tokens(request: Request, me: User) -> HTTPResponse:
        order = query_text(request, "order")
        found, total = await tokens.page(me.id, order=order, **query_page(request))
        return done([show_token(token) for token in found], total=total)

    @blueprint.get("/search")
    @envelopes
    @mine
    async def search_tokens(request: Request, me: User) -> HTTPResponse:
        found = await tokens.search(me.id, query_text(request, "keyword"))
        return done([show_token(token) for token in found])

    @blueprint.get("/<token_id>")
    @envelopes
    @mine
    async def show(request: Request, me: User, token_id: str) -> HTTPResponse:  # noqa: ARG001
        return done(show_token(await tokens.get(me.id, path_id(token_id))))

    @blueprint.post("/")
    @envelopes
    @mine
    async def create(request: Request, me: User) -> HTTPResponse:
        return done(show_token(await tokens.create(me.id, read_body(request, TokenBody).order)))

    @blueprint.put("/")
    @envelopes
    @mine
    async def update(request: Request, me: User) -> HTTPResponse:
        body = read_body(request, TokenBody)
        if query_text(request, "status_only"):
            return done(show_token(await tokens.set_status(me.id, body.id, body.status or 0)))
        return done(show_token(await tokens.update(me.id, body.id, body.order, body.status)))

    @blueprint.delete("/<token_id>")
    @envelopes
    @mine
    async def delete(request: Request, me: User, token_id: str) -> HTTPResponse:  # noqa: ARG001
        await tokens.delete(me.id, path_id_or_zero(token_id))
        return done()

    return blueprint
