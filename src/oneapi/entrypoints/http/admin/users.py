"""``/api/user``: signing in and out, and the caller's own account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sanic import Blueprint, HTTPResponse, Request

from oneapi.application.refusals import Refusal
from oneapi.application.sign_in import SESSION_LIFETIME
from oneapi.domain.users import Role
from oneapi.entrypoints.http.admin.bodies import read_body_or
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.guard import COOKIE
from oneapi.entrypoints.http.admin.objects import show_login, show_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.accounts import OwnAccount
    from oneapi.application.sign_in import SignIn
    from oneapi.domain.users import User
    from oneapi.entrypoints.http.admin.envelope import Envelopes
    from oneapi.entrypoints.http.admin.guard import Guard


class Credentials(msgspec.Struct):
    username: str = ""
    password: str = ""


def users_blueprint(
    envelopes: Envelopes,
    guard: Guard,
    sign_in: SignIn,
    account: OwnAccount,
    address: Callable[[Request], str],
) -> Blueprint:
    blueprint = Blueprint("users", url_prefix="/api/user")

    @blueprint.post("/login")
    @envelopes
    async def login(request: Request) -> HTTPResponse:
        given = read_body_or(request, Credentials, Refusal("invalid_parameter"))
        user, cookie = await sign_in(given.username, given.password, address(request))
        response = done(show_login(user))
        _set_cookie(request, response, cookie, SESSION_LIFETIME)
        return response

    @blueprint.get("/logout")
    @envelopes
    async def logout(request: Request) -> HTTPResponse:
        response = done()
        _set_cookie(request, response, "", 0)
        return response

    @blueprint.get("/self")
    @envelopes
    @guard(Role.COMMON)
    async def show_self(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        return done(show_user(await account.current(me)))

    @blueprint.get("/token")
    @envelopes
    @guard(Role.COMMON, changes=True)
    async def renew_access_token(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        return done(await account.renew_access_token(me))

    return blueprint


def _set_cookie(request: Request, response: HTTPResponse, value: str, lifetime: int) -> None:
    # Whoever invents the header only keeps his own browser from showing the cookie where it can be overheard.
    scheme = request.headers.get("x-forwarded-proto") or request.scheme
    secure = scheme.lower().startswith("https")
    response.add_cookie(COOKIE, value, max_age=lifetime, httponly=True, samesite="Lax", secure=secure)
