"""What people may enter about an account, checked in one way wherever they do."""

from __future__ import annotations

from oneapi.application.refusals import Refusal
from oneapi.domain.addresses import is_address
from oneapi.domain.names import LONGEST, is_fit, normal_name

LONGEST_NAME = 12
LONGEST_DISPLAY_NAME = 20
SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 20
#: As far as bcrypt reads.
MOST_BYTES = 72
#: What the original's pages send for a password that stays as it is.
UNCHANGED = ("", "$I_LOVE_U")
INVALID = "invalid_input"


def check_username(typed: str, refusal: str = INVALID) -> str:
    """The name in the form it is stored in. Raises Refusal."""
    name = normal_name(typed) if len(typed) <= LONGEST else typed
    if len(name) > LONGEST_NAME:
        raise Refusal(refusal, field="username")
    if not is_fit(name):
        raise Refusal("bad_username")
    return name


def check_display_name(typed: str, refusal: str = INVALID) -> str:
    if len(typed) > LONGEST_DISPLAY_NAME:
        raise Refusal(refusal, field="display_name")
    return typed


def check_password(typed: str, refusal: str = INVALID) -> str:
    if not SHORTEST_PASSWORD <= len(typed) <= LONGEST_PASSWORD:
        raise Refusal(refusal, field="password")
    if len(typed.encode()) > MOST_BYTES:
        raise Refusal("password_too_long", most=MOST_BYTES)
    return typed


def check_email(typed: str, refusal: str = INVALID) -> str:
    """Empty: none."""
    address = typed.strip()
    if address and not is_address(address):
        raise Refusal(refusal, field="email")
    return address
