"""The session cookie: signed, not encrypted; it says who signed in, when, and with which password."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import msgspec

from oneapi.application.sign_in import Session

_decode = msgspec.json.Decoder(Session).decode


class SignedSessions:
    """Writes and reads cookie values with ``secret``."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def write(self, session: Session) -> str:
        payload = base64.urlsafe_b64encode(msgspec.json.encode(session))
        return f"{payload.decode()}.{self._sign(payload)}"

    def read(self, cookie: str) -> Session | None:
        """None for anything that this secret did not sign."""
        payload, _, signature = cookie.partition(".")
        if not hmac.compare_digest(
            self._sign(payload.encode(errors="replace")).encode(), signature.encode(errors="replace")
        ):
            return None
        try:
            return _decode(base64.urlsafe_b64decode(payload))
        except (binascii.Error, msgspec.DecodeError, ValueError):
            return None

    def _sign(self, payload: bytes) -> str:
        return hmac.new(self._secret, b"session|" + payload, hashlib.sha256).hexdigest()
