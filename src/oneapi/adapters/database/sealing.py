"""Secrets at rest: sealed under the operator's ``ENCRYPTION_KEY``, or in clear where there is none.

A sealed text is ``enc:v1:`` and the URL-safe base64 of a nonce and what AES-256-GCM makes of the text. It opens only in
its place - a column of a row - so that a value copied to another channel does not serve there. This keeps secrets
from readers of the database, of a dump or of a backup; it does not stop somebody who can write to it.
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
#: Hexadecimal digits of a mark that tell the key it was made under, and of the hash behind them.
MARK_KEY = 8
MARK_HASH = 48
#: A person may have thought up the secret; this makes each guess cost 16 MB and tens of milliseconds. All nodes have
#: to derive the same key without asking one another, hence the fixed salt.
_SALT = b"oneapi: provider keys, v1"
_COST = {"n": 2**14, "r": 8, "p": 1}


class CannotOpen(Exception):
    """A sealed text was made under another secret or for another place, or is damaged."""


class Cipher:
    """Seals texts under the first of ``keys`` and opens them under any; without keys, texts stay in clear.

    Texts in clear, such as those of the original, open as what they are. Empty texts are never sealed.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        derived = [hashlib.scrypt(key.encode(), salt=_SALT, dklen=32, **_COST) for key in keys]
        self._keys = [AESGCM(key) for key in derived]
        self._hash_keys = [_hmac(key, b"hash of shown secrets") for key in derived]
        #: How marks name each of the keys.
        self.names = [_hmac(key, b"name").hex()[:MARK_KEY] for key in derived]

    @property
    def seals(self) -> bool:
        return bool(self._keys)

    def seal(self, text: str, place: str) -> str:
        """``text`` as it is stored at ``place``."""
        if not text or not self._keys:
            return text
        nonce = secrets.token_bytes(NONCE_BYTES)
        hidden = self._keys[0].encrypt(nonce, text.encode(), place.encode())
        return SEALED + base64.urlsafe_b64encode(nonce + hidden).decode()

    def marks(self, secret: str) -> list[str]:
        """Under each key what ``secret`` is found by: without the key nobody can tell whether a guess is right."""
        return [
            name + _hmac(key, secret.encode()).hex()[:MARK_HASH]
            for name, key in zip(self.names, self._hash_keys, strict=True)
        ]

    def open(self, stored: str, place: str) -> str:
        """The text that is ``stored`` at ``place``. Raises CannotOpen."""
        return self._open(stored, place, self._keys)

    def renew(self, stored: str, place: str) -> str:
        """``stored``, sealed under the first key; unchanged if it is so already. Raises CannotOpen."""
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
            except (InvalidTag, ValueError):  # ValueError: cut so short that there is no nonce
                continue
        raise CannotOpen


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, "sha256")
