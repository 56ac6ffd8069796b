"""What this browser set out to do at a provider, so that nobody else's answer is taken for its own."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from oneapi.domain.errors.people import WrongState

if TYPE_CHECKING:
    from collections.abc import Callable

#: Ten minutes, in seconds.
ATTEMPT_LIFETIME = 600


@frozen
class Attempt:
    """One way to a provider and back; the browser keeps it, signed, in a cookie.

    ``user_id`` is who was signed in when it began, 0: nobody, so that it ends in a new session. ``source`` is empty,
    and with it ``nonce`` and ``verifier``, where a front end builds the address of the provider itself: those of the
    original do, and know only the state.
    """

    state: str
    user_id: int
    issued_at: int
    source: str = ""
    nonce: str = ""
    verifier: str = ""


class Attempts(Protocol):
    def write(self, value: Attempt) -> str: ...

    def read(self, cookie: str) -> Attempt | None: ...


class SignInAttempts:
    """Begins attempts, and knows again the one to which an answer belongs."""

    def __init__(
        self, attempts: Attempts, *, new_secret: Callable[[], str], clock: Callable[[], float]
    ) -> None:
        self._attempts = attempts
        self._new_secret = new_secret
        self._clock = clock

    def begin(self, user_id: int, source: str = "") -> tuple[Attempt, str]:
        """A new attempt, and the cookie's value."""
        attempt = Attempt(
            state=self._new_secret(),
            user_id=user_id,
            issued_at=int(self._clock()),
            source=source,
            nonce=self._new_secret() if source else "",
            verifier=self._new_secret() if source else "",
        )
        return attempt, self._attempts.write(attempt)

    def finish(self, cookie: str, state: str, *, source: str, user_id: int) -> Attempt:
        """The attempt that ``state`` belongs to. Raises Refusal.

        It must have begun as the same ``user_id``: an external account is never bound to another user.
        """
        attempt = self._attempts.read(cookie) if cookie else None
        if (
            attempt is None
            or not hmac.compare_digest(attempt.state.encode(), state.encode(errors="replace"))
            or self._clock() - attempt.issued_at > ATTEMPT_LIFETIME
            or attempt.source not in ("", source)
            or attempt.user_id not in (0, user_id)
        ):
            raise WrongState
        return attempt
