"""Checks of the fields of a user, the same wherever they are entered."""

from __future__ import annotations

from oneapi.domain.errors.people import BadUsername, InvalidInput, PasswordTooLong
from oneapi.domain.people.addresses import is_address
from oneapi.domain.people.user_names import LONGEST, is_fit, normal_name

LONGEST_NAME = 12
LONGEST_DISPLAY_NAME = 20
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 20
#: The most bytes of a password: bcrypt ignores the rest.
MOST_BYTES = 72
#: What the original's pages send for an unchanged password.
UNCHANGED = ("", "$I_LOVE_U")


def check_username(typed: str, invalid: type[InvalidInput] = InvalidInput) -> str:
    """The name in the form in which it is stored. Raises Refusal."""
    name = normal_name(typed) if len(typed) <= LONGEST else typed
    if len(name) > LONGEST_NAME:
        raise invalid(field="username")
    if not is_fit(name):
        raise BadUsername
    return name


def check_display_name(typed: str, invalid: type[InvalidInput] = InvalidInput) -> str:
    if len(typed) > LONGEST_DISPLAY_NAME:
        raise invalid(field="display_name")
    return typed


def check_password(typed: str, invalid: type[InvalidInput] = InvalidInput) -> str:
    if not SHORTEST_PASSWORD <= len(typed) <= LONGEST_PASSWORD:
        raise invalid(field="password")
    if len(typed.encode()) > MOST_BYTES:
        raise PasswordTooLong(most=MOST_BYTES)
    return typed


def check_email(typed: str, invalid: type[InvalidInput] = InvalidInput) -> str:
    """The address in the form in which it is stored; empty: none. Raises Refusal."""
    address = typed.strip()
    if address and not is_address(address):
        raise invalid(field="email")
    return address
