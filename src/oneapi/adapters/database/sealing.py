"""Secrets at rest: sealed under the operator's ``ENCRYPTION_KEY``, or in clear where there is none.

A sealed text is ``enc:v1:`` and the URL-safe base64 of a nonce and what AES-256-GCM makes of the text. It opens only in
its place - a column of a row - so that a value copied to another channel does not serve there. This keeps keys from
whoever reads the database, a dump or a backup; it does not stop one who can write to it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from oneapi.domain.channels import SEALED

if TYPE_CHECKING:
    from collections.abc import Sequence

NONCE_BYTES = 12
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
        self._keys = [AESGCM(hashlib.scrypt(key.encode(), salt=_SALT, dklen=32, **_COST)) for key in keys]

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
