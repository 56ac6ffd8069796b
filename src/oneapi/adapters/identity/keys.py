"""Random keys that the gateway issues, from a cryptographically secure source."""

from __future__ import annotations

import secrets
import string

from oneapi.domain.people.tokens import KEY_LENGTH

_ALPHABET = string.ascii_letters + string.digits
#: The original uses 4 characters, which run out after a few thousand users, and sooner if case is ignored.
_AFF_CODE_LENGTH = 8


def new_access_token() -> str:
    """A user's access token for the admin API: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def new_redemption_key() -> str:
    """A redemption code: 32 hexadecimal digits, 128 bits."""
    return secrets.token_hex(16)


def new_key() -> str:
    """The key of a token: 48 letters and digits, about 285 bits. A ``-`` would end the key when a request is read."""
    return _letters(KEY_LENGTH)


def new_aff_code() -> str:
    """A code with which a user invites others."""
    return _letters(_AFF_CODE_LENGTH)


def new_deleted_name() -> str:
    """A name for a deleted user, so that the former one becomes available."""
    return f"deleted_{secrets.token_hex(16)}"


def new_code() -> str:
    """A code that users copy from a mail: 6 hexadecimal digits."""
    return secrets.token_hex(3)


def new_reset_token() -> str:
    """The token in the link of a mail: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def new_password() -> str:
    """A random password: 16 letters and digits, about 95 bits."""
    return _letters(16)


def _letters(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_secret() -> str:
    """A secret of 256 bits: 43 characters that need no escaping in a URL."""
    return secrets.token_urlsafe(32)


def new_number(digits: int) -> int:
    """A random number with exactly ``digits`` digits."""
    least: int = 10 ** (digits - 1)
    return least + secrets.randbelow(9 * least)
