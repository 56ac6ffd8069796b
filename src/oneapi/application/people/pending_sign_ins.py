"""Pending sign-ins at identity providers: they bind a provider's answer to the browser that asked for it."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from oneapi.domain.errors.people import WrongState

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds: ten minutes.
PENDING_LIFETIME = 600


@frozen
class PendingSignIn:
    """A redirect to a provider that has not returned yet, kept by the browser in a signed cookie.

    ``user_id`` is the user signed in at the start; 0: nobody, so that it ends in a new session. ``provider``, ``nonce``
    and ``verifier`` are empty if the front end builds the provider's URL itself, as the original's do, which know only
    the state.
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
    """Starts sign-ins at identity providers, and finds the one that an answer belongs to."""

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
        """A new pending sign-in, and the value of its cookie."""
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

        It must have been started by the same ``user_id``, so that an external account is never bound to another user.
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
