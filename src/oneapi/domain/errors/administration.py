"""Refusals that any route of the admin API may raise."""

from __future__ import annotations

from attrs import frozen

from oneapi.domain.errors import Refusal


class NotSignedIn(Refusal):
    """The request carries neither a session nor an access token."""


class WrongAccessToken(Refusal):
    """The access token does not exist."""


class NotPermitted(Refusal):
    """The caller's role is too low."""


class InvalidArguments(Refusal):
    """An argument is missing or unreadable; like the original, the message does not say which."""


class EmptyBody(Refusal):
    """The route requires a body."""


@frozen
class UnreadableJson(Refusal):
    """The body is not valid JSON; ``detail`` says what is wrong."""

    detail: str


@frozen
class WrongType(Refusal):
    """``field`` has the type ``got`` instead of ``expected``."""

    field: str
    expected: str
    got: str


@frozen
class OutOfRange(Refusal):
    """The number in ``field`` is out of range."""

    field: str


@frozen
class TooLong(Refusal):
    """``field`` has more than ``most`` characters."""

    field: str
    most: int


@frozen
class TooMany(Refusal):
    """``field`` has more than ``most`` entries."""

    field: str
    most: int


class NotFound(Refusal):
    """The row does not exist."""


class IdMissing(Refusal):
    """The request names no row."""


@frozen
class UnknownStatus(Refusal):
    """There is no status with this number."""

    status: int


class TimestampMissing(Refusal):
    """Deleting logs requires a time."""
