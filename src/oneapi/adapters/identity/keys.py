"""Keys that the gateway hands out, of a secure source."""

from __future__ import annotations

import secrets
import string

from oneapi.domain.tokens import KEY_LENGTH

_ALPHABET = string.ascii_letters + string.digits


def new_access_token() -> str:
    """The token of a user for the admin API: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def new_key() -> str:
    """The key of a token: 48 letters and digits, about 285 bits; never a ``-``, which would end it for the relay."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(KEY_LENGTH))
