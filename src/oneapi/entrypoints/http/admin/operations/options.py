"""``/api/option``: the operator's options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.domain.errors.options import UnreadableOption
from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bounds import Line, Page  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate
from oneapi.entrypoints.http.bodies import MEGABYTE

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.operations.options import ManageOptions

#: Bytes: enough for tables of prices and pages of HTML, escaped in JSON.
LARGEST_OPTION = 2 * MEGABYTE


class OptionBody(msgspec.Struct):
    """An option; values of every kind are texts."""

    key: Line = ""
    value: Page = ""


class OptionObject(msgspec.Struct):
    """An option and its current value; secrets are not listed."""

    key: str
    value: str


def option_routes(gate: Gate, options: ManageOptions) -> AdminRoutes:
    routes = AdminRoutes("Options", "/api/option", gate)

    @routes.get("/", "List options", role=Role.ROOT, data=list[OptionObject])
    async def list_options(_: Call) -> HTTPResponse:
        return done([OptionObject(key, value) for key, value in options.listed().items()])

    @routes.put(
        "/",
        "Set an option",
        role=Role.ROOT,
        body=OptionBody,
        largest=LARGEST_OPTION,
        unreadable=UnreadableOption,
    )
    async def put_option(call: Call, body: OptionBody) -> HTTPResponse:
        await options.put(call.actor, body.key, body.value)
        return done()

    return routes
