"""Secrets at rest: sealed under the operator's ``ENCRYPTION_KEY``, or in clear without one.

A sealed text is ``enc:v1:``, followed by a nonce and the AES-256-GCM ciphertext in URL-safe base64. It opens only at
its place, a column of a row: a value that is copied to another channel is useless there. This hides secrets from
readers of the database, a dump or a backup; it does not stop anybody who can write to the database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from oneapi.domain.routing.channels import SEALED

if TYPE_CHECKING:
    from collections.abc import Sequence

NONCE_BYTES = 12
#: Hexadecimal digits at the start of a mark that identify its key; the secret's hash follows.
MARK_KEY = 8
MARK_HASH = 48
#: The operator's secret may be easy to guess; scrypt makes each guess cost 16 MB and tens of milliseconds. The salt is
#: fixed, because all nodes must derive the same key independently.
_SALT = b"oneapi: provider keys, v1"
_COST = {"n": 2**14, "r": 8, "p": 1}


class CannotOpen(Exception):
    """A sealed text that was sealed under another key or for another place, or is damaged."""


class Cipher:
    """Seals texts under the first of ``keys`` and opens them under any; without keys, texts stay in clear.

    Opening a text in clear, such as the original stores, returns it unchanged. Empty texts are never sealed.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        derived = [hashlib.scrypt(key.encode(), salt=_SALT, dklen=32, **_COST) for key in keys]
        self._keys = [AESGCM(key) for key in derived]
        self._hash_keys = [_hmac(key, b"hash of shown secrets") for key in derived]
        #: The keys' identifiers in marks, in the same order.
        self.names = [_hmac(key, b"name").hex()[:MARK_KEY] for key in derived]

    @property
    def seals(self) -> bool:
        """Whether texts are sealed: there is a key."""
        return bool(self._keys)

    def seal(self, text: str, place: str) -> str:
        """The sealed form of ``text``, to be stored at ``place``."""
        if not text or not self._keys:
            return text
        nonce = secrets.token_bytes(NONCE_BYTES)
        hidden = self._keys[0].encrypt(nonce, text.encode(), place.encode())
        return SEALED + base64.urlsafe_b64encode(nonce + hidden).decode()

    def marks(self, secret: str) -> list[str]:
        """The keyed hash of ``secret`` under each key, to find it by; without the key nobody can verify a guess."""
        return [
            name + _hmac(key, secret.encode()).hex()[:MARK_HASH]
            for name, key in zip(self.names, self._hash_keys, strict=True)
        ]

    def open(self, stored: str, place: str) -> str:
        """The secret behind ``stored``, which was read at ``place``. Raises CannotOpen."""
        return self._open(stored, place, self._keys)

    def renew(self, stored: str, place: str) -> str:
        """``stored``, sealed again under the first key; unchanged if that sealed it. Raises CannotOpen."""
        if stored.startswith(SEALED):
            try:
                self._open(stored, place, self._keys[:1])
            except CannotOpen:
                pass
            else:
                return stored
        return self.seal(self.open(stored, place), place)

    @staticmethod
    def _open(stored: str, place: str, keys: Sequence[AESGCM]) -> str:
        if not stored.startswith(SEALED):
            return stored
        try:
            hidden = base64.urlsafe_b64decode(stored.removeprefix(SEALED))
        except (binascii.Error, ValueError):
            raise CannotOpen from None
        for key in keys:
            try:
                return key.decrypt(hidden[:NONCE_BYTES], hidden[NONCE_BYTES:], place.encode()).decode()
            except (InvalidTag, ValueError):  # ValueError: too short to contain a nonce
                continue
        raise CannotOpen


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")
