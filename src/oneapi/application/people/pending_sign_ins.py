"""What this browser set out to do at a provider, so that nobody else's answer is taken for its own."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from oneapi.domain.errors.people import WrongState

if TYPE_CHECKING:
    from collections.abc import Callable

#: Ten minutes, in seconds.
PENDING_LIFETIME = 600


@frozen
class PendingSignIn:
    """One way to a provider and back; the browser keeps it, signed, in a cookie.

    ``user_id`` is who was signed in when it began, 0: nobody, so that it ends in a new session. ``provider`` is empty,
    and with it ``nonce`` and ``verifier``, where a front end builds the address of the provider itself: those of the
    original do, and know only the state.
    """

    state: str
    user_id: int
    issued_at: int
    provider: str = ""
    nonce: str = ""
    verifier: str = ""


class PendingSignInCookies(Protocol):
    def write(self, value: PendingSignIn) -> str: ...

    def read(self, cookie: str) -> PendingSignIn | None: ...


class PendingSignIns:
    """Begins sign-ins at identity providers, and finds the one that an answer belongs to."""

    def __init__(
        self,
        cookies: PendingSignInCookies,
        *,
        new_secret: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._cookies = cookies
        self._new_secret = new_secret
        self._clock = clock

    def begin(self, user_id: int, provider: str = "") -> tuple[PendingSignIn, str]:
        """A new pending sign-in, and the cookie's value."""
        pending = PendingSignIn(
            state=self._new_secret(),
            user_id=user_id,
            issued_at=int(self._clock()),
            provider=provider,
            nonce=self._new_secret() if provider else "",
            verifier=self._new_secret() if provider else "",
        )
        return pending, self._cookies.write(pending)

    def finish(self, cookie: str, state: str, *, provider: str, user_id: int) -> PendingSignIn:
        """The pending sign-in that ``state`` belongs to. Raises Refusal.

        It must have begun as the same ``user_id``: an external account is never bound to another user.
        """
        pending = self._cookies.read(cookie) if cookie else None
        if (
            pending is None
            or not hmac.compare_digest(pending.state.encode(), state.encode(errors="replace"))
            or self._clock() - pending.issued_at > PENDING_LIFETIME
            or pending.provider not in ("", provider)
            or pending.user_id not in (0, user_id)
        ):
            raise WrongState
        return pending
