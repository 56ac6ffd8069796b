"""``/api/user/sessions``: listing and ending the caller's sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.errors.administration import NotFound
from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.guard import COOKIE
from oneapi.entrypoints.http.admin.objects import SessionObject, show_session
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.people.sessions import UserSessions


def session_routes(gate: Gate, sessions: UserSessions) -> AdminRoutes:
    routes = AdminRoutes("Sessions", "/api/user/sessions", gate)

    @routes.get("", "List own sessions", role=Role.COMMON, data=list[SessionObject])
    async def list_sessions(call: Call) -> HTTPResponse:
        current = await current_session(call)
        return done([show_session(each, current) for each in await sessions.of(call.me.id)])

    @routes.delete("", "End all own sessions except this one", role=Role.COMMON)
    async def end_other_sessions(call: Call) -> HTTPResponse:
        await sessions.end_all(call.me.id, besides=await current_session(call))
        return done()

    @routes.delete("/<session_id:str>", "End an own session", role=Role.COMMON)
    async def end_session(call: Call, session_id: str) -> HTTPResponse:
        if not await sessions.end(call.me.id, session_id):
            raise NotFound
        return done()

    async def current_session(call: Call) -> str:
        """The id of the caller's session; empty for an access token."""
        cookie = call.request.cookies.get(COOKIE)
        session = await sessions.find(cookie) if cookie else None
        return session.id if session is not None and session.user_id == call.me.id else ""

    return routes
