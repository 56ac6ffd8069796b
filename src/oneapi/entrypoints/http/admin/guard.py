"""Who may call an admin route."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from oneapi.application.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sanic import HTTPResponse, Request

    from oneapi.application.sign_in import WhoIsThere
    from oneapi.domain.users import Role, User

COOKIE = "session"
UNAUTHORIZED = 401
FORBIDDEN = 403
HARMLESS = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Lets through whoever has the role: by session cookie, else by access token. Handlers get the user as ``me``."""

    def __init__(self, who_is_there: WhoIsThere) -> None:
        self._who_is_there = who_is_there

    def __call__(self, role: Role) -> Callable[[Callable[..., Awaitable[HTTPResponse]]], Callable[..., Awaitable[HTTPResponse]]]:
        def protect(handler: Callable[..., Awaitable[HTTPResponse]]) -> Callable[..., Awaitable[HTTPResponse]]:
            @wraps(handler)
            async def protected(request: Request, **arguments: Any) -> HTTPResponse:
                user = await self._user(request)
                if user.role < role:
                    raise Refusal("not_permitted")
                return await handler(request, me=user, **arguments)

            return protected

        return protect

    async def _user(self, request: Request) -> User:
        cookie = request.cookies.get(COOKIE)
        if cookie:
            user = await self._who_is_there.by_cookie(cookie)
            if user is not None:
                _refuse_foreign_origin(request)
                return user
        shown = request.headers.get("authorization")
        if not shown:
            raise Refusal("not_signed_in", http_status=UNAUTHORIZED)
        return await self._who_is_there.by_access_token(shown)


def _refuse_foreign_origin(request: Request) -> None:
    """A page of another site must not act with the cookie of its visitor."""
    if request.method in HARMLESS:
        return
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise Refusal("foreign_origin", http_status=FORBIDDEN)
