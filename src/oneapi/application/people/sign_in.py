"""Signing in by password, and finding the user of a later request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from oneapi.application.people.sessions import Session, stamp_of
from oneapi.domain.errors import UserBanned
from oneapi.domain.errors.administration import InvalidArguments, WrongAccessToken
from oneapi.domain.errors.people import PasswordLoginDisabled, WrongLogin, WrongOldPassword
from oneapi.domain.limits import Rate
from oneapi.domain.people.tokens import bearer
from oneapi.domain.people.user_names import LONGEST, normal_name
from oneapi.domain.people.users import UserStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.application.catalog import Catalog
    from oneapi.application.people.sessions import Cookies, Origin, UserSessions
    from oneapi.application.ports.operations import RateLimits
    from oneapi.application.ports.people import UserRepository
    from oneapi.domain.people.users import User

#: Seconds for which a browser is known after the last sign-in from it.
DEVICE_LIFETIME = 365 * 24 * 3600
#: Seconds for which a new session counts as proof of identity, like the password.
FRESH = 60 * 60
#: The stamp of a cookie that only identifies a browser; no session has it.
DEVICE = "device"
#: Characters: the size of the column.
LONGEST_ACCESS_TOKEN = 32
#: The most wrong passwords for one user, from unknown browsers together, or from one known browser.
WRONG_PASSWORDS = Rate("WP", 10, 20 * 60)


class Passwords(Protocol):
    async def hash(self, password: str) -> str:
        """A hash of ``password``. Raises ValueError if it is too long."""

    async def check(self, password: str, stored: str | None) -> bool:
        """Whether ``stored`` is a hash of ``password``; False for None, after the same time."""

    def outdated(self, stored: str) -> bool:
        """Whether the hash of a password just verified should be replaced by a new one."""


@frozen
class SignedIn:
    """The user who signed in, and the values of two cookies: for the session, and for the known browser."""

    user: User
    session: str
    device: str


class PasswordCheck:
    """Verifies passwords, and refuses every password after too many wrong ones for the same ``key``.

    The two cases cannot be told apart: both answer that the password is wrong, after the same time.
    """

    def __init__(self, passwords: Passwords, limits: RateLimits) -> None:
        self._passwords = passwords
        self._limits = limits

    async def __call__(self, password: str, stored: str | None, key: str) -> bool:
        locked = await self._limits.wait(WRONG_PASSWORDS, key) is not None
        right = await self._passwords.check(password, stored)
        if not right and not locked:
            await self._limits.admit(WRONG_PASSWORDS, key)
        return right and not locked


class SignIn:
    """Signs users in by name and password.

    Wrong passwords are counted per user. A browser from which the user has signed in before has its own count, so that
    guesses made elsewhere cannot lock the user out.
    """

    def __init__(
        self,
        users: UserRepository,
        catalog: Catalog,
        sessions: UserSessions,
        cookies: Cookies,
        passwords: Passwords,
        check: PasswordCheck,
        clock: Callable[[], float],
    ) -> None:
        self._users = users
        self._catalog = catalog
        self._sessions = sessions
        self._cookies = cookies
        self._passwords = passwords
        self._check = check
        self._clock = clock

    async def __call__(self, username: str, password: str, origin: Origin, device: str = "") -> SignedIn:
        """Sign in; ``device`` is the known browser's cookie, if any. Raises the same Refusal for every failure."""
        if not self._catalog.current.options.password_login_enabled:
            raise PasswordLoginDisabled
        if not username or not password:
            raise InvalidArguments
        found = await self._find(username)
        stored = found[1] if found else None
        key = self._guessed(found[0], device) if found else f"nobody {username[:50]}"
        if not await self._check(password, stored, key) or found is None or not found[0].enabled:
            raise WrongLogin
        user, known = found
        known = await self._renewed(user, password, known)
        browser = Session(user.id, int(self._clock()), DEVICE)
        session = await self._sessions.open(user.id, known, origin)
        return SignedIn(user, session, self._cookies.write(browser))

    async def restart(self, user: User, password_hash: str, origin: Origin) -> str:
        """End all sessions of ``user``, whose password has changed; returns the cookie of a new one."""
        await self._sessions.end_all(user.id)
        return await self._sessions.open(user.id, password_hash, origin)

    async def confirm(self, user: User, password: str, cookie: str | None) -> None:
        """Raise Refusal unless ``password`` is right, or it is empty and the session ``cookie`` is recent.

        The original's pages send no old password. This rule keeps them working, but a stolen session or access token is
        not enough to take over the account permanently.
        """
        found = await self._users.credentials(user.id)
        stored = found[1] if found else ""
        if password:
            confirmed = await self._check(password, stored, f"user {user.id}")
        else:
            session = await self._sessions.find(cookie) if cookie else None
            confirmed = session is not None and self._is_fresh(session, user, stored)
        if not confirmed:
            raise WrongOldPassword

    def _is_fresh(self, session: Session, user: User, stored: str) -> bool:
        mine = (session.user_id, session.stamp) == (user.id, stamp_of(stored))
        return mine and self._clock() - session.issued_at <= FRESH

    async def _find(self, username: str) -> tuple[User, str] | None:
        """The user with the name as typed, as the original may have stored it, or else with its normal form."""
        if len(username) > LONGEST:
            return None
        found = await self._users.by_login(username)
        normal = normal_name(username)
        if found is None and normal and normal != username:
            return await self._users.by_login(normal)
        return found

    def _guessed(self, user: User, device: str) -> str:
        """The key under which wrong passwords for ``user`` are counted."""
        browser = self._cookies.read(device) if device else None
        if browser is None or (browser.user_id, browser.stamp) != (user.id, DEVICE):
            return f"user {user.id}"
        if self._clock() - browser.issued_at > DEVICE_LIFETIME:
            return f"user {user.id}"
        return f"user {user.id} since {browser.issued_at}"

    async def _renewed(self, user: User, password: str, stored: str) -> str:
        """The stored hash of ``user``, after replacing an outdated one."""
        if not self._passwords.outdated(stored):
            return stored
        try:
            renewed = await self._passwords.hash(password)
        except ValueError:
            return stored
        return renewed if await self._users.replace_password(user.id, stored, renewed) else stored


class WhoIsThere:
    """Finds the user of a cookie or an access token, with the current role and status."""

    def __init__(self, users: UserRepository, sessions: UserSessions) -> None:
        self._users = users
        self._sessions = sessions

    async def by_cookie(self, cookie: str) -> User | None:
        """The user of the session; None if the cookie is forged, expired, ended, or older than the password."""
        found = await self.session(cookie)
        return _not_banned(found[0]) if found else None

    async def session(self, cookie: str) -> tuple[User, Session] | None:
        """The user and the session of ``cookie``; None as above."""
        session = await self._sessions.find(cookie)
        found = await self._users.credentials(session.user_id) if session else None
        if session is None or found is None or stamp_of(found[1]) != session.stamp:
            return None
        return found[0], session

    async def by_access_token(self, shown: str) -> User:
        """The user of the ``Authorization`` header ``shown``, with or without ``Bearer ``. Raises Refusal."""
        token = bearer(shown)
        fits = 0 < len(token) <= LONGEST_ACCESS_TOKEN and token.isascii()
        user = await self._users.by_access_token(token) if fits else None
        if user is None or user.status == UserStatus.DELETED:
            raise WrongAccessToken
        return _not_banned(user)


def _not_banned(user: User) -> User:
    if not user.enabled:
        raise UserBanned
    return user
