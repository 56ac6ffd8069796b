"""``/api/redemption``: redemption codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bodies import (
    KeywordQuery,
    PageQuery,
    StatusQuery,
    given,
    path_id,
    path_id_or_zero,
)
from oneapi.entrypoints.http.admin.bounds import Line, Whole  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.objects import RedemptionObject, show_redemption
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.money.redemptions import ManageRedemptions


class NewRedemptions(msgspec.Struct):
    """``name`` has 1 to 20 characters, ``count`` is 1 to 100; ``quota`` 0 means 100 quota units."""

    name: Line = ""
    count: Whole = 0
    quota: Whole = 0


class RedemptionChange(msgspec.Struct):
    """With ``status_only``, only ``status`` (1 enabled, 2 disabled) changes; without it, ``name`` and ``quota``."""

    id: Whole = 0
    name: Line | None = None
    quota: Whole | None = None
    status: Whole = 0


def redemption_routes(gate: Gate, codes: ManageRedemptions) -> AdminRoutes:
    routes = AdminRoutes("Redemption codes", "/api/redemption", gate)

    @routes.get("/", "List codes", role=Role.ADMIN, query=PageQuery, data=list[RedemptionObject])
    async def list_codes(_: Call, query: PageQuery) -> HTTPResponse:
        found, total = await codes.page(**query.window)
        return done([show_redemption(code) for code in found], total=total)

    @routes.get("/search", "Search codes", role=Role.ADMIN, query=KeywordQuery, data=list[RedemptionObject])
    async def search_codes(_: Call, query: KeywordQuery) -> HTTPResponse:
        return done([show_redemption(code) for code in await codes.search(query.keyword)])

    @routes.get("/<redemption_id>", "Show a code", role=Role.ADMIN, data=RedemptionObject)
    async def show_code(_: Call, redemption_id: str) -> HTTPResponse:
        return done(show_redemption(await codes.get(path_id(redemption_id))))

    @routes.post(
        "/", "Create codes; returns their keys", role=Role.ADMIN, body=NewRedemptions, data=list[str]
    )
    async def create_codes(call: Call, body: NewRedemptions) -> HTTPResponse:
        keys = await codes.create(call.actor, name=body.name, count=body.count, quota=body.quota)
        return done(keys)

    @routes.put(
        "/",
        "Change an unused code",
        role=Role.ADMIN,
        query=StatusQuery,
        body=RedemptionChange,
        data=RedemptionObject,
    )
    async def change_code(call: Call, query: StatusQuery, body: RedemptionChange) -> HTTPResponse:
        if query.status_only:
            return done(show_redemption(await codes.set_status(call.actor, body.id, body.status)))
        changed = await codes.update(call.actor, body.id, name=given(body.name), quota=given(body.quota))
        return done(show_redemption(changed))

    @routes.delete("/<redemption_id>", "Delete a code", role=Role.ADMIN)
    async def delete_code(call: Call, redemption_id: str) -> HTTPResponse:
        await codes.delete(call.actor, path_id_or_zero(redemption_id))
        return done()

    return routes
