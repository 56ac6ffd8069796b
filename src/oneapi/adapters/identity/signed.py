"""Values that a browser stores for us, signed against changes but not encrypted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class SignedValues(Generic[T]):
    """Writes and reads signed values of ``kind``; a signature is valid for only one ``purpose``."""

    def __init__(self, secret: str, purpose: str, kind: type[T]) -> None:
        self._secret = secret.encode()
        self._purpose = purpose.encode()
        self._decode = msgspec.json.Decoder(kind).decode

    def write(self, value: T) -> str:
        payload = base64.urlsafe_b64encode(msgspec.json.encode(value))
        return f"{payload.decode()}.{self._sign(payload)}"

    def read(self, cookie: str) -> T | None:
        """The value in ``cookie``; None if it was not signed with this secret."""
        payload, _, signature = cookie.partition(".")
        if not hmac.compare_digest(
            self._sign(payload.encode(errors="replace")).encode(), signature.encode(errors="replace")
        ):
            return None
        try:
            return self._decode(base64.urlsafe_b64decode(payload))
        except (binascii.Error, msgspec.DecodeError, ValueError):
            return None

    def _sign(self, payload: bytes) -> str:
        return hmac.new(self._secret, self._purpose + b"|" + payload, hashlib.sha256).hexdigest()
