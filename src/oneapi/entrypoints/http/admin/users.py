"""``/api/user``: signing in and out, and the caller's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.application.refusals import Refusal
from oneapi.application.sign_in import SESSION_LIFETIME
from oneapi.domain.users import Role
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.guard import COOKIE
from oneapi.entrypoints.http.admin.objects import UserObject, show_login, show_user
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse, Request

    from oneapi.application.accounts import OwnAccount
    from oneapi.application.sign_in import SignIn


class Credentials(msgspec.Struct):
    """``username`` may be the e-mail address."""

    username: str = ""
    password: str = ""


def user_routes(gate: Gate, sign_in: SignIn, account: OwnAccount) -> AdminRoutes:
    routes = AdminRoutes("Users", "/api/user", gate)

    @routes.post(
        "/login",
        "Sign in",
        body=Credentials,
        unreadable=Refusal("invalid_parameter"),
        data=UserObject,
        critical=True,
    )
    async def login(call: Call, body: Credentials) -> HTTPResponse:
        user, cookie = await sign_in(body.username, body.password)
        response = done(show_login(user))
        set_session(call.request, response, cookie, SESSION_LIFETIME)
        return response

    @routes.get("/logout", "Sign out")
    async def logout(call: Call) -> HTTPResponse:
        response = done()
        set_session(call.request, response, "", 0)
        return response

    @routes.get("/self", "Show one's account", role=Role.COMMON, data=UserObject)
    async def show_self(call: Call) -> HTTPResponse:
        return done(show_user(await account.current(call.me)))

    @routes.get("/token", "Renew one's access token", role=Role.COMMON, data=str, changes=True)
    async def renew_access_token(call: Call) -> HTTPResponse:
        return done(await account.renew_access_token(call.me))

    return routes


def set_session(request: Request, response: HTTPResponse, value: str, lifetime: int) -> None:
    """Give the browser the session ``value`` for ``lifetime`` seconds; 0 takes it away."""
    # Whoever invents the header only keeps his own browser from showing the cookie where it can be overheard.
    scheme = request.headers.get("x-forwarded-proto") or request.scheme
    secure = scheme.lower().startswith("https")
    response.add_cookie(COOKIE, value, max_age=lifetime, httponly=True, samesite="Lax", secure=secure)
