"""Cookies of sessions and of pending external sign-ins."""

from __future__ import annotations

from oneapi.adapters.identity.signed import SignedValues
from oneapi.application.people.pending_sign_ins import PendingSignIn
from oneapi.application.people.sessions import Session


class SignedSessions(SignedValues[Session]):
    """Cookies that say who signed in, when, and with which password."""

    def __init__(self, secret: str) -> None:
        super().__init__(secret, "session", Session)


class SignedPendingSignIns(SignedValues[PendingSignIn]):
    """Implements ``PendingSignInCookies``."""

    def __init__(self, secret: str) -> None:
        super().__init__(secret, "oauth", PendingSignIn)
