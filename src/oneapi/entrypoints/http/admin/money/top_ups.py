"""``/api/topup`` and ``/api/user/topup``: adding quota to users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bounds import Line, Whole  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.money.top_ups import Redeem, TopUp

#: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
IDEMPOTENCY_KEY = "idempotency-key"


class CodeBody(msgspec.Struct):
    """A redemption code."""

    key: Line = ""


class TopUpBody(msgspec.Struct):
    """``quota``, in quota units, is added; ``remark`` appears in the user's log."""

    user_id: Whole = 0
    quota: Whole = 0
    remark: Line = ""


def top_up_routes(gate: Gate, redeem: Redeem, top_up: TopUp) -> AdminRoutes:
    routes = AdminRoutes("Top-up", "/api", gate)

    @routes.post("/user/topup", "Redeem a code; returns its quota", role=Role.COMMON, body=CodeBody, data=int)
    async def redeem_code(call: Call, body: CodeBody) -> HTTPResponse:
        return done(await redeem(call.me, body.key, call.address, call.request_id))

    @routes.post(
        "/topup",
        "Add to a user's quota, once per header Idempotency-Key",
        role=Role.ADMIN,
        body=TopUpBody,
    )
    async def top_up_user(call: Call, body: TopUpBody) -> HTTPResponse:
        reference = str(call.request.headers.get(IDEMPOTENCY_KEY, ""))
        await top_up(call.actor, body.user_id, body.quota, body.remark, reference)
        return done()

    return routes
