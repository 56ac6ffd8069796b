"""``/api/user``: sign-in and sign-out, and the caller's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.application.people.accounts import OwnChange
from oneapi.application.people.sessions import SESSION_LIFETIME
from oneapi.application.people.sign_in import DEVICE_LIFETIME
from oneapi.domain.errors.administration import InvalidArguments
from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bounds import Line  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.guard import COOKIE, refuse_other_sites
from oneapi.entrypoints.http.admin.objects import (
    OwnObject,
    UserObject,
    show_login,
    show_self,
)
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse, Request

    from oneapi.application.people.accounts import FirstPassword, OwnAccount
    from oneapi.application.people.sessions import UserSessions
    from oneapi.application.people.sign_in import SignIn

#: The cookie of a browser from which somebody has signed in.
DEVICE_COOKIE = "known_browser"


class Credentials(msgspec.Struct):
    """``username`` may be the e-mail address."""

    username: Line = ""
    password: Line = ""


class OwnBody(msgspec.Struct):
    """Empty fields do not change. A new name or password requires the old password, or a sign-in in the last hour."""

    username: Line = ""
    password: Line = ""
    display_name: Line = ""
    old_password: Line = ""
    original_password: Line = ""

    @property
    def change(self) -> OwnChange:
        return OwnChange(
            username=self.username,
            password=self.password,
            display_name=self.display_name,
            old_password=self.old_password or self.original_password,
        )


def user_routes(
    gate: Gate,
    sign_in: SignIn,
    sessions: UserSessions,
    account: OwnAccount,
    has_first_password: FirstPassword,
) -> AdminRoutes:
    routes = AdminRoutes("Users", "/api/user", gate)

    @routes.post(
        "/login",
        "Sign in",
        body=Credentials,
        unreadable=InvalidArguments,
        data=UserObject,
        critical=True,
    )
    async def login(call: Call, body: Credentials) -> HTTPResponse:
        device = call.request.cookies.get(DEVICE_COOKIE) or ""
        signed_in = await sign_in(body.username, body.password, call.origin, device)
        response = done(show_login(signed_in.user))
        set_session(call.request, response, signed_in.session, SESSION_LIFETIME)
        set_cookie(call.request, response, DEVICE_COOKIE, signed_in.device, DEVICE_LIFETIME)
        return response

    @routes.get("/logout", "Sign out", changes=True)
    async def logout(call: Call) -> HTTPResponse:
        if cookie := call.request.cookies.get(COOKIE):
            refuse_other_sites(call.request)
            await sessions.close(cookie)
        response = done()
        set_session(call.request, response, "", 0)
        return response

    @routes.get("/self", "Show own account", role=Role.COMMON, data=OwnObject)
    async def self(call: Call) -> HTTPResponse:
        me = await account.current(call.me)
        return done(show_self(me, first_password=await has_first_password(me)))

    @routes.put(
        "/self",
        "Change own account",
        role=Role.COMMON,
        body=OwnBody,
        unreadable=InvalidArguments,
    )
    async def update_self(call: Call, body: OwnBody) -> HTTPResponse:
        cookie = call.request.cookies.get(COOKIE)
        session = await account.update(call.me, body.change, cookie, call.origin)
        response = done()
        if cookie and session:
            set_session(call.request, response, session, SESSION_LIFETIME)
        return response

    @routes.delete("/self", "Delete own account", role=Role.COMMON)
    async def delete_self(call: Call) -> HTTPResponse:
        await account.delete(call.me)
        response = done()
        set_session(call.request, response, "", 0)
        return response

    @routes.get("/token", "Renew own access token", role=Role.COMMON, data=str, changes=True)
    async def renew_access_token(call: Call) -> HTTPResponse:
        return done(await account.renew_access_token(call.me))

    @routes.get("/aff", "Show own invitation code", role=Role.COMMON, data=str, changes=True)
    async def aff_code(call: Call) -> HTTPResponse:
        return done(await account.aff_code(call.me))

    return routes


def set_session(request: Request, response: HTTPResponse, value: str, lifetime: int) -> None:
    """Set the session cookie to ``value`` for ``lifetime`` seconds; 0 deletes it."""
    set_cookie(request, response, COOKIE, value, lifetime)


def set_cookie(request: Request, response: HTTPResponse, name: str, value: str, lifetime: int) -> None:
    """Set a cookie that scripts cannot read; ``lifetime`` as above."""
    response.add_cookie(
        name, value, max_age=lifetime, httponly=True, samesite="Lax", secure=is_secure(request)
    )


def is_secure(request: Request) -> bool:
    """Whether the browser uses TLS, to us or to a proxy in front of us."""
    # A forged header affects only its sender, whose browser stops sending the cookie over plain HTTP.
    scheme = request.headers.get("x-forwarded-proto") or request.scheme
    return scheme.lower().startswith("https")
