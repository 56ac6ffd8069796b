"""Keys that the gateway hands out, of a secure source."""

from __future__ import annotations

import secrets
import string

from oneapi.domain.people.tokens import KEY_LENGTH

_ALPHABET = string.ascii_letters + string.digits
#: The original draws 4, which are used up by a few thousand accounts, and by fewer where case does not count.
_AFF_CODE_LENGTH = 8


def new_access_token() -> str:
    """The token of a user for the admin API: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def new_redemption_key() -> str:
    """A redemption code: 32 hexadecimal digits, 128 bits that nobody guesses."""
    return secrets.token_hex(16)


def new_key() -> str:
    """The key of a token: 48 letters and digits, about 285 bits; never a ``-``, which would end it for the relay."""
    return _letters(KEY_LENGTH)


def new_aff_code() -> str:
    """The code by which a user invites others."""
    return _letters(_AFF_CODE_LENGTH)


def new_deleted_name() -> str:
    """A name for a deleted user, whose own becomes free."""
    return f"deleted_{secrets.token_hex(16)}"


def new_code() -> str:
    """What is typed from a mail: 6 hexadecimal digits."""
    return secrets.token_hex(3)


def new_reset_token() -> str:
    """What the link in a mail carries: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def new_password() -> str:
    """A password nobody chose: 16 letters and digits, about 95 bits."""
    return _letters(16)


def _letters(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_secret() -> str:
    """What nobody guesses: 43 characters that need no escape in a URL, 256 bits."""
    return secrets.token_urlsafe(32)


def new_number(digits: int) -> int:
    """A number with so many digits."""
    least: int = 10 ** (digits - 1)
    return least + secrets.randbelow(9 * least)
