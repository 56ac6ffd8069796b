"""``/api/oauth``: signing in with an external account, and binding one to a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from sanic import HTTPResponse

from oneapi.application.people.pending_sign_ins import PENDING_LIFETIME
from oneapi.application.people.sessions import SESSION_LIFETIME
from oneapi.domain.people.identities import REDIRECTING, WECHAT
from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bounds import Line, Text  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.guard import refuse_other_sites
from oneapi.entrypoints.http.admin.objects import UserObject, show_login
from oneapi.entrypoints.http.admin.people.users import is_secure, set_cookie, set_session
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import Request

    from oneapi.application.people.external_sign_in import SignInWith, Vouching
    from oneapi.application.people.pending_sign_ins import PendingSignIns
    from oneapi.domain.people.identities import IdentityProvider
    from oneapi.domain.people.users import User

ATTEMPT_COOKIE = "oauth_state"
#: A cookie that no other host can set: https://developer.mozilla.org/docs/Web/HTTP/Headers/Set-Cookie#cookie_prefixes.
HOST_ONLY = "__Host-"
#: The original's message for a bound account, in every language.
BOUND = "bind"


class WeChatCodeQuery(msgspec.Struct):
    """The code that the user typed."""

    code: Text = ""


class AnswerQuery(WeChatCodeQuery):
    """The parameters with which the provider redirected the browser back."""

    state: Line = ""


class Answered(msgspec.Struct):
    """Signed in, with ``data``; or bound, with the message ``bind``."""

    success: Literal[True]
    message: str
    data: UserObject | msgspec.UnsetType = msgspec.UNSET


def oauth_routes(
    gate: Gate, pending_sign_ins: PendingSignIns, vouching: Vouching, sign_in_with: SignInWith
) -> AdminRoutes:
    routes = AdminRoutes("OAuth", "/api/oauth", gate)

    @routes.get("/state", "Start a sign-in with an external account, or a binding", data=str, critical=True)
    async def state(call: Call) -> HTTPResponse:
        me = await gate.guard.by_session(call.request)
        pending, cookie = pending_sign_ins.begin(me.id if me else 0)
        response = done(pending.state)
        _keep(call.request, response, cookie)
        return response

    for provider in REDIRECTING:
        _add_start(routes, provider, pending_sign_ins, vouching)
        _add_answer(routes, provider, pending_sign_ins, sign_in_with)

    @routes.get(
        "/wechat", "Sign in with WeChat", query=WeChatCodeQuery, data=UserObject, critical=True, changes=True
    )
    async def wechat(call: Call, query: WeChatCodeQuery) -> HTTPResponse:
        # A typed code comes without a state, so only our own pages may send it.
        refuse_other_sites(call.request)
        signed_in = await sign_in_with.sign_in(
            WECHAT, query.code, origin=call.origin, request_id=call.request_id
        )
        return _signed_in(call.request, *signed_in)

    @routes.get(
        "/wechat/bind", "Bind WeChat", role=Role.COMMON, query=WeChatCodeQuery, critical=True, changes=True
    )
    async def bind_wechat(call: Call, query: WeChatCodeQuery) -> HTTPResponse:
        await sign_in_with.bind(WECHAT, query.code, call.me)
        return done()

    async def forget(request: Request, response: HTTPResponse) -> None:
        """Delete the pending sign-in: a state can be used only once, whatever the result."""
        if getattr(request.ctx, "pending", None) is not None:
            _keep(request, response, "", 0)

    routes.blueprint.on_response(forget)  # type: ignore[no-untyped-call]  # Sanic's
    return routes


def _add_start(
    routes: AdminRoutes, provider: IdentityProvider, pending_sign_ins: PendingSignIns, vouching: Vouching
) -> None:
    async def start(call: Call) -> HTTPResponse:
        # Another site must not be able to bind an account that the user did not choose.
        refuse_other_sites(call.request)
        me = await routes.gate.guard.by_session(call.request)
        pending, cookie = pending_sign_ins.begin(me.id if me else 0, provider.name)
        where = await vouching.address(provider, pending)
        response = HTTPResponse(status=302, headers={"Location": where, "Cache-Control": "no-store"})
        _keep(call.request, response, cookie)
        return response

    start.__name__ = f"start_{provider.name}"
    summary = f"Redirect to {provider.title} to sign in or bind"
    routes.get(f"/{provider.name}/start", summary, redirects=True, critical=True)(start)


def _add_answer(
    routes: AdminRoutes,
    provider: IdentityProvider,
    pending_sign_ins: PendingSignIns,
    sign_in_with: SignInWith,
) -> None:
    async def answer(call: Call, query: AnswerQuery) -> HTTPResponse:
        me = await routes.gate.guard.by_session(call.request)
        pending = pending_sign_ins.finish(
            _kept(call.request), query.state, provider=provider.name, user_id=me.id if me else 0
        )
        call.request.ctx.pending = pending
        if me is not None and pending.user_id:
            await sign_in_with.bind(provider, query.code, me, pending)
            return done(message=BOUND)
        signed_in = await sign_in_with.sign_in(
            provider, query.code, pending, origin=call.origin, request_id=call.request_id
        )
        return _signed_in(call.request, *signed_in)

    answer.__name__ = f"answer_{provider.name}"
    summary = f"Return from {provider.title}: sign in or bind"
    routes.get(f"/{provider.name}", summary, query=AnswerQuery, answer=Answered, critical=True, changes=True)(
        answer
    )


def _signed_in(request: Request, user: User, cookie: str) -> HTTPResponse:
    response = done(show_login(user))
    set_session(request, response, cookie, SESSION_LIFETIME)
    return response


def _keep(request: Request, response: HTTPResponse, value: str, lifetime: int = PENDING_LIFETIME) -> None:
    """Set the cookie of the pending sign-in to ``value`` for ``lifetime`` seconds; 0 deletes it."""
    set_cookie(request, response, _cookie(request), value, lifetime)


def _kept(request: Request) -> str:
    return request.cookies.get(_cookie(request)) or ""


def _cookie(request: Request) -> str:
    return HOST_ONLY + ATTEMPT_COOKIE if is_secure(request) else ATTEMPT_COOKIE
