"""``/api/token``: the caller's own tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.application.people.tokens import TokenEdit
from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bodies import (
    KeywordQuery,
    OrderedQuery,
    StatusQuery,
    path_id,
    path_id_or_zero,
)
from oneapi.entrypoints.http.admin.bounds import Line, Text, Whole  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.objects import TokenObject, show_token
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.people.tokens import ManageTokens


class TokenBody(msgspec.Struct):
    """The fields of a token that its user sets.

    ``quota_seen``, in a change, is the ``remain_quota`` that the page showed while editing: what was spent since then
    stays spent. Without it, ``remain_quota`` is set as given. ``used_quota`` is not set: it shows when a row that is
    sent back was read, and what was used since then stays used. ``stores_responses`` false: answers of the Responses
    API are not stored for this token; a change without it leaves it as it is.
    """

    id: Whole = 0
    name: Line = ""
    status: Whole | None = None
    expired_time: Whole | None = None
    remain_quota: Whole = 0
    unlimited_quota: bool = False
    models: Text | None = None
    subnet: Text | None = None
    quota_seen: Whole | None = None
    used_quota: Whole | None = None
    stores_responses: bool | None = None

    @property
    def edit(self) -> TokenEdit:
        return TokenEdit(
            name=self.name,
            expired_time=self.expired_time,
            remain_quota=self.remain_quota,
            unlimited_quota=self.unlimited_quota,
            models=self.models,
            subnet=self.subnet,
            quota_seen=self.quota_seen,
            used_quota=self.used_quota,
            stores_responses=self.stores_responses,
        )


def token_routes(gate: Gate, tokens: ManageTokens) -> AdminRoutes:
    routes = AdminRoutes("Tokens", "/api/token", gate)

    @routes.get("/", "List own tokens", role=Role.COMMON, query=OrderedQuery, data=list[TokenObject])
    async def list_tokens(call: Call, query: OrderedQuery) -> HTTPResponse:
        found, total = await tokens.page(call.me.id, order=query.order, **query.window)
        return done([show_token(token) for token in found], total=total)

    @routes.get("/search", "Search own tokens", role=Role.COMMON, query=KeywordQuery, data=list[TokenObject])
    async def search_tokens(call: Call, query: KeywordQuery) -> HTTPResponse:
        found = await tokens.search(call.me.id, query.keyword)
        return done([show_token(token) for token in found])

    @routes.get("/<token_id>", "Show a token", role=Role.COMMON, data=TokenObject)
    async def show(call: Call, token_id: str) -> HTTPResponse:
        return done(show_token(await tokens.get(call.me.id, path_id(token_id))))

    @routes.post("/", "Create a token", role=Role.COMMON, body=TokenBody, data=TokenObject)
    async def create(call: Call, body: TokenBody) -> HTTPResponse:
        return done(show_token(await tokens.create(call.me.id, body.edit)))

    @routes.put("/", "Change a token", role=Role.COMMON, query=StatusQuery, body=TokenBody, data=TokenObject)
    async def update(call: Call, query: StatusQuery, body: TokenBody) -> HTTPResponse:
        if query.status_only:
            return done(show_token(await tokens.set_status(call.me.id, body.id, body.status or 0)))
        return done(show_token(await tokens.update(call.me.id, body.id, body.edit, body.status)))

    @routes.delete("/<token_id>", "Delete a token", role=Role.COMMON)
    async def delete(call: Call, token_id: str) -> HTTPResponse:
        await tokens.delete(call.me.id, path_id_or_zero(token_id))
        return done()

    return routes
