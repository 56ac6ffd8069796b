"""What is refused about the operator's options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import Refusal

if TYPE_CHECKING:
    from decimal import Decimal


@frozen
class BadOption(Refusal):
    """A value that may not be stored under ``key``."""

    key: str


class UnknownOption(BadOption):
    """There is no option of this name."""


class UnreadableOption(Refusal):
    """The body names no option and no value."""


class NoSwitch(BadOption):
    """Neither true nor false."""


class NoWholeNumber(BadOption):
    """Not a whole number."""


class NoNumber(BadOption):
    """Not a number."""


@frozen
class NumberOutOfRange(BadOption):
    """Not between ``low`` and ``high``."""

    low: int
    high: int


@frozen
class NotAmong(BadOption):
    """None of ``names``."""

    names: str


class NoAddress(BadOption):
    """Neither empty nor an address."""


@frozen
class NoTable(BadOption):
    """Not a JSON object of numbers; ``detail`` says why."""

    detail: str


@frozen
class BadRatio(BadOption):
    """The ratio of ``name`` is not between 0 and ``high``."""

    name: str
    high: Decimal


class HalfSurrogate(BadOption):
    """A character that cannot be stored."""


class NulCharacter(BadOption):
    """Another one."""


class UnknownTheme(BadOption):
    """No front end has this theme."""


class GitHubNotFilledIn(BadOption):
    """GitHub's client id and secret come first."""


class DomainsNotFilledIn(BadOption):
    """The domains that are admitted come first."""


class WeChatNotFilledIn(BadOption):
    """The WeChat server comes first."""


class TurnstileNotFilledIn(BadOption):
    """Turnstile's keys come first."""
