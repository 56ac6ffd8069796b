"""``/api/user``: management of users."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.application.people.users import UserEdit
from oneapi.domain.errors.administration import InvalidArguments
from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bodies import KeywordQuery, OrderedQuery, given, path_id
from oneapi.entrypoints.http.admin.bounds import Line, Whole  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.objects import UserObject, show_user
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.people.users import ManageUsers, ReadUsers


class NewUserBody(msgspec.Struct):
    """A new common user. ``role`` is only compared with the caller's."""

    username: Line = ""
    password: Line = ""
    display_name: Line = ""
    role: Whole = 0


class UserBody(msgspec.Struct):
    """The fields of a user that an administrator sets; absent ones do not change.

    ``quota_seen`` is the quota that the page showed while editing: what was spent since then stays spent. Without it,
    ``quota`` is set as given. ``used_quota`` is not set: it shows when a row that is sent back was read, and what was
    used since then stays used.
    """

    id: Whole = 0
    username: Line | msgspec.UnsetType = msgspec.UNSET
    password: Line | msgspec.UnsetType = msgspec.UNSET
    display_name: Line | msgspec.UnsetType = msgspec.UNSET
    role: Whole | msgspec.UnsetType = msgspec.UNSET
    status: Whole | msgspec.UnsetType = msgspec.UNSET
    email: Line | msgspec.UnsetType = msgspec.UNSET
    group: Line | msgspec.UnsetType = msgspec.UNSET
    quota: Whole | msgspec.UnsetType = msgspec.UNSET
    quota_seen: Whole | msgspec.UnsetType = msgspec.UNSET
    used_quota: Whole | msgspec.UnsetType = msgspec.UNSET

    @property
    def edit(self) -> UserEdit:
        """The changes in the body."""
        return UserEdit(
            username=given(self.username),
            password=given(self.password),
            display_name=given(self.display_name),
            role=given(self.role),
            status=given(self.status),
            email=given(self.email),
            group=given(self.group),
            quota=given(self.quota),
            quota_seen=given(self.quota_seen),
            used_quota=given(self.used_quota),
        )


class ActionBody(msgspec.Struct):
    """``action``: disable, enable, delete, promote or demote."""

    username: Line = ""
    action: Line = ""


def manage_users_routes(gate: Gate, reading: ReadUsers, managing: ManageUsers) -> AdminRoutes:
    routes = AdminRoutes("User management", "/api/user", gate)
    unreadable = InvalidArguments

    @routes.get("/", "List users", role=Role.ADMIN, query=OrderedQuery, data=list[UserObject])
    async def list_users(_: Call, query: OrderedQuery) -> HTTPResponse:
        found, total = await reading.page(order=query.order, **query.window)
        return done([show_user(user) for user in found], total=total)

    @routes.get("/search", "Search users", role=Role.ADMIN, query=KeywordQuery, data=list[UserObject])
    async def search_users(_: Call, query: KeywordQuery) -> HTTPResponse:
        return done([show_user(user) for user in await reading.search(query.keyword)])

    @routes.get("/<user_id>", "Show a user", role=Role.ADMIN, data=UserObject)
    async def show(call: Call, user_id: str) -> HTTPResponse:
        return done(show_user(await reading.get(call.me, path_id(user_id))))

    @routes.post("/", "Create a user", role=Role.ADMIN, body=NewUserBody, unreadable=unreadable)
    async def create(call: Call, body: NewUserBody) -> HTTPResponse:
        await managing.create(
            call.actor, body.username, body.password, display_name=body.display_name, role=body.role
        )
        return done()

    @routes.put("/", "Change a user", role=Role.ADMIN, body=UserBody, unreadable=unreadable)
    async def update(call: Call, body: UserBody) -> HTTPResponse:
        if not body.id:
            raise InvalidArguments
        await managing.update(call.actor, body.id, body.edit)
        return done()

    @routes.post(
        "/manage",
        "Disable, enable, delete, promote or demote a user",
        role=Role.ADMIN,
        body=ActionBody,
        unreadable=unreadable,
        data=UserObject,
    )
    async def manage(call: Call, body: ActionBody) -> HTTPResponse:
        user = await managing.manage(call.actor, body.username, body.action)
        return done(UserObject(role=user.role, status=user.status))

    @routes.delete("/<user_id>", "Delete a user", role=Role.ADMIN)
    async def delete(call: Call, user_id: str) -> HTTPResponse:
        await managing.delete(call.actor, path_id(user_id))
        return done()

    return routes
