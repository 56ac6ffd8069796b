"""Who may call an admin route."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from oneapi.application.refusals import Refusal
from oneapi.entrypoints.http.admin.envelope import HARMLESS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sanic import HTTPResponse, Request

    from oneapi.application.sign_in import WhoIsThere
    from oneapi.domain.users import Role, User

    Handler = Callable[..., Awaitable[HTTPResponse]]

COOKIE = "session"
UNAUTHORIZED = 401
FORBIDDEN = 403
#: https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site: our own pages, and what a person typed.
OWN_SITES = ("same-origin", "none")


class Guard:
    """Lets through whoever has the role: by session cookie, else by access token. Handlers get the user as ``me``."""

    def __init__(self, who_is_there: WhoIsThere) -> None:
        self._who_is_there = who_is_there

    def __call__(self, role: Role, *, changes: bool = False) -> Callable[[Handler], Handler]:
        """``changes``: even a GET changes something, and so is kept from pages of other sites too."""

        def protect(handler: Handler) -> Handler:
            @wraps(handler)
            async def protected(request: Request, **arguments: Any) -> HTTPResponse:
                user = await self._user(request, changes=changes or request.method not in HARMLESS)
                if user.role < role:
                    raise Refusal("not_permitted")
                return await handler(request, me=user, **arguments)

            return protected

        return protect

    async def _user(self, request: Request, *, changes: bool) -> User:
        cookie = request.cookies.get(COOKIE)
        user = await self._who_is_there.by_cookie(cookie) if cookie else None
        if user is not None:
            if changes and comes_from_elsewhere(request):
                raise Refusal("foreign_origin", http_status=FORBIDDEN)
            return user
        shown = request.headers.get("authorization")
        if not shown:
            raise Refusal("not_signed_in", http_status=UNAUTHORIZED)
        return await self._who_is_there.by_access_token(shown)


def comes_from_elsewhere(request: Request) -> bool:
    """Whether a page of another site sent this, and the browser added the cookie.

    Callers that are no browsers say nothing of where they come from, and are believed.
    """
    site = request.headers.get("sec-fetch-site")
    if site:
        return site not in OWN_SITES
    page = request.headers.get("origin") or request.headers.get("referer")
    if not page:
        return False
    own = (request.headers.get("host"), request.headers.get("x-forwarded-host"))
    return not any(_is_at(page, host) for host in own if host)


def _is_at(page: str, host: str) -> bool:
    """Whether ``page`` lies at ``host``; nginx's ``$host``, which many pass on, has lost its port."""
    try:
        here, there = urlsplit(page), urlsplit("//" + host)
        if there.port is None:
            return here.hostname is not None and here.hostname == there.hostname
    except ValueError:
        return False
    return here.netloc.lower() == there.netloc.lower()
