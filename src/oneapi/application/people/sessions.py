"""Sessions of signed-in users: stored, so that they can be listed and ended, and named by a cookie."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from oneapi.domain.people.sessions import OpenSession

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oneapi.application.ports.people import SessionRepository

#: Seconds: thirty days.
SESSION_LIFETIME = 30 * 24 * 3600
#: Seconds between two updates of a session's last use.
SEEN_EVERY = 300
LONGEST_ADDRESS = 64
LONGEST_BROWSER = 191


@frozen
class Session:
    """The contents of a cookie. ``stamp`` depends on the password, so that a new password ends all older sessions.

    ``id`` names the session's row; without that row the cookie is not valid.
    """

    user_id: int
    issued_at: int
    stamp: str
    id: str = ""


class Cookies(Protocol):
    """Writes and reads signed cookies."""

    def write(self, session: Session) -> str: ...

    def read(self, cookie: str) -> Session | None:
        """The session in ``cookie``; None unless it was signed with this secret."""


@frozen
class Origin:
    """The origin of a sign-in: the address, and the browser's User-Agent."""

    address: str
    browser: str


class UserSessions:
    """Opens, finds, lists and ends sessions."""

    def __init__(
        self,
        rows: SessionRepository,
        cookies: Cookies,
        *,
        new_id: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._rows = rows
        self._cookies = cookies
        self._new_id = new_id
        self._clock = clock

    async def open(self, user_id: int, password_hash: str, origin: Origin) -> str:
        """Open a session; returns its cookie's value."""
        now = int(self._clock())
        row = OpenSession(
            id=self._new_id(),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            address=origin.address[:LONGEST_ADDRESS],
            browser=_text(origin.browser),
        )
        await self._rows.add(row, expired=now - SESSION_LIFETIME)
        return self._cookies.write(Session(user_id, now, stamp_of(password_hash), row.id))

    async def find(self, cookie: str) -> Session | None:
        """The valid session that ``cookie`` names, or None; updates its last use."""
        session = self._cookies.read(cookie)
        now = self._clock()
        if session is None or not session.id or now - session.issued_at > SESSION_LIFETIME:
            return None
        row = await self._rows.get(session.id)
        if row is None or row.user_id != session.user_id:
            return None
        if now - row.seen_at >= SEEN_EVERY:
            await self._rows.see(row.id, int(now))
        return session

    async def close(self, cookie: str) -> None:
        """End the session that ``cookie`` names, if there is one."""
        session = self._cookies.read(cookie)
        if session is not None and session.id:
            await self._rows.end(session.user_id, session.id)

    async def of(self, user_id: int) -> Sequence[OpenSession]:
        """The user's open sessions, most recently used first."""
        alive = self._clock() - SESSION_LIFETIME
        return [row for row in await self._rows.of(user_id) if row.created_at > alive]

    async def end(self, user_id: int, session_id: str) -> bool:
        """End a session of the user; whether it existed."""
        return await self._rows.end(user_id, session_id)

    async def end_all(self, user_id: int, *, besides: str = "") -> None:
        """End every session of the user except the one with the id ``besides``."""
        await self._rows.end_all(user_id, besides=besides)


def stamp_of(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()[:16]


def _text(browser: str) -> str:
    """A browser's User-Agent in a form that can be stored."""
    return "".join(filter(str.isprintable, browser.encode(errors="replace").decode()))[:LONGEST_BROWSER]
