"""The cookies of those who are signed in, and of those who are about to be."""

from __future__ import annotations

from oneapi.adapters.identity.signed import SignedValues
from oneapi.application.people.pending_sign_ins import PendingSignIn
from oneapi.application.people.sessions import Session


class SignedSessions(SignedValues[Session]):
    """Who signed in, when, and with which password."""

    def __init__(self, secret: str) -> None:
        super().__init__(secret, "session", Session)


class SignedPendingSignIns(SignedValues[PendingSignIn]):
    """Implements ``PendingSignInCookies``."""

    def __init__(self, secret: str) -> None:
        super().__init__(secret, "oauth", PendingSignIn)
