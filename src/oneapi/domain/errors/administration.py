"""What any route of the admin API may refuse."""

from __future__ import annotations

from attrs import frozen

from oneapi.domain.errors import Refusal


class NotSignedIn(Refusal):
    """Neither a session nor an access token."""


class WrongAccessToken(Refusal):
    """Nobody has this access token."""


class NotPermitted(Refusal):
    """The caller's role is too low."""


class InvalidArguments(Refusal):
    """Something is missing or unreadable; the original does not say what."""


class EmptyBody(Refusal):
    """The route needs a body."""


@frozen
class UnreadableJson(Refusal):
    """``detail`` says what is wrong with the body."""

    detail: str


@frozen
class WrongType(Refusal):
    """``field`` holds ``got`` where ``expected`` is needed."""

    field: str
    expected: str
    got: str


@frozen
class OutOfRange(Refusal):
    """The number in ``field`` is beyond its bounds."""

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
    """There is no such row."""


class IdMissing(Refusal):
    """No row was named."""


@frozen
class UnknownStatus(Refusal):
    """There is no status of this number."""

    status: int


class TimestampMissing(Refusal):
    """To delete logs, a time is needed."""
