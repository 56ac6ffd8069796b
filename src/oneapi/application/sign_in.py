"""Signing in by password, and knowing again who has."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from oneapi.application.refusals import Refusal
from oneapi.domain.users import UserStatus

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from oneapi.application.catalog import Catalog
    from oneapi.application.ports import UserRepository
    from oneapi.domain.users import User

#: Thirty days, in seconds.
SESSION_LIFETIME = 30 * 24 * 3600


@frozen
class Session:
    """What a cookie says. ``stamp`` changes with the password, so that a new one ends all older sessions."""

    user_id: int
    issued_at: int
    stamp: str


class Sessions(Protocol):
    def write(self, session: Session) -> str: ...

    def read(self, cookie: str) -> Session | None: ...


class SignIn:
    """Turns a name and a password into a user and his cookie."""

    def __init__(
        self,
        users: UserRepository,
        catalog: Catalog,
        sessions: Sessions,
        check_password: Callable[[str, str | None], Awaitable[bool]],
        clock: Callable[[], float],
    ) -> None:
        self._users = users
        self._catalog = catalog
        self._sessions = sessions
        self._check_password = check_password
        self._clock = clock

    async def __call__(self, username: str, password: str) -> tuple[User, str]:
        """The user and the cookie's value. Raises Refusal, the same for every kind of wrong."""
        if not self._catalog.current.options.password_login_enabled:
            raise Refusal("password_login_disabled")
        if not username or not password:
            raise Refusal("invalid_parameter")
        found = await self._users.by_login(username)
        stored = found[1] if found else None
        if not await self._check_password(password, stored) or found is None or not found[0].enabled:
            raise Refusal("wrong_login")
        user = found[0]
        session = Session(user.id, int(self._clock()), stamp_of(found[1]))
        return user, self._sessions.write(session)


class WhoIsThere:
    """Finds the user behind a cookie or an access token; role and status are those of this moment."""

    def __init__(self, users: UserRepository, sessions: Sessions, clock: Callable[[], float]) -> None:
        self._users = users
        self._sessions = sessions
        self._clock = clock

    async def by_cookie(self, cookie: str) -> User | None:
        """None when the cookie is no session any more: forged, expired, or of an older password."""
        session = self._sessions.read(cookie)
        if session is None or self._clock() - session.issued_at > SESSION_LIFETIME:
            return None
        found = await self._users.credentials(session.user_id)
        if found is None or stamp_of(found[1]) != session.stamp:
            return None
        return _not_banned(found[0])

    async def by_access_token(self, shown: str) -> User:
        """Raises Refusal. ``shown``: the header ``Authorization``, with or without ``Bearer ``."""
        token = shown.replace("Bearer ", "", 1).strip()
        user = await self._users.by_access_token(token) if token and token.isascii() else None
        if user is None or user.status == UserStatus.DELETED:
            raise Refusal("bad_access_token")
        return _not_banned(user)


def stamp_of(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]


def _not_banned(user: User) -> User:
    if not user.enabled:
        raise Refusal("banned")
    return user
