"""Authentication and authorisation of calls of the admin API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from oneapi.domain.errors import ForeignOrigin, UserBanned
from oneapi.domain.errors.administration import NotPermitted, NotSignedIn

if TYPE_CHECKING:
    from sanic import Request

    from oneapi.application.people.sign_in import WhoIsThere
    from oneapi.domain.people.users import Role, User

COOKIE = "session"
#: Our own pages, and typed URLs: https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site.
OWN_SITES = ("same-origin", "none")


class Guard:
    """Finds the caller, by the session cookie or else by an access token."""

    def __init__(self, who_is_there: WhoIsThere) -> None:
        self._who_is_there = who_is_there

    async def user(self, request: Request, role: Role, *, changes: bool) -> User:
        """The caller, with at least ``role``. Raises Refusal.

        ``changes``: the call changes something, so pages of other sites may not make it.
        """
        user = await self._user(request, changes=changes)
        if user.role < role:
            raise NotPermitted
        return user

    async def by_session(self, request: Request) -> User | None:
        """The user signed in by cookie, for routes that are open to guests; None if there is no usable session."""
        cookie = request.cookies.get(COOKIE)
        try:
            return await self._who_is_there.by_cookie(cookie) if cookie else None
        except UserBanned:
            return None

    async def _user(self, request: Request, *, changes: bool) -> User:
        cookie = request.cookies.get(COOKIE)
        user = await self._who_is_there.by_cookie(cookie) if cookie else None
        if user is not None:
            if changes:
                refuse_other_sites(request)
            return user
        shown = request.headers.get("authorization")
        if not shown:
            raise NotSignedIn
        return await self._who_is_there.by_access_token(shown)


def refuse_other_sites(request: Request) -> None:
    """Raise Refusal if a page of another site made the browser call."""
    if comes_from_elsewhere(request):
        raise ForeignOrigin


def comes_from_elsewhere(request: Request) -> bool:
    """Whether a page of another site sent the request, to which the browser added the cookie.

    Clients other than browsers send no such headers and are trusted.
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
    """Whether ``page`` is at ``host``, which may lack its port, as nginx's ``$host`` does."""
    try:
        here, there = urlsplit(page), urlsplit("//" + host)
        if there.port is None:
            return here.hostname is not None and here.hostname == there.hostname
    except ValueError:
        return False
    return here.netloc.lower() == there.netloc.lower()
