"""Refusals concerning the operator's options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import Refusal

if TYPE_CHECKING:
    from decimal import Decimal


@frozen
class BadOption(Refusal):
    """The value is not valid for the option ``key``."""

    key: str


class UnknownOption(BadOption):
    """There is no option with this name."""


class UnreadableOption(Refusal):
    """The body does not name an option and a value."""


class NoSwitch(BadOption):
    """The value is neither true nor false."""


class NoWholeNumber(BadOption):
    """The value is not a whole number."""


class NoNumber(BadOption):
    """The value is not a number."""


@frozen
class NumberOutOfRange(BadOption):
    """The value is not between ``low`` and ``high``."""

    low: int
    high: int


@frozen
class NotAmong(BadOption):
    """The value is not one of ``names``."""

    names: str


class NoAddress(BadOption):
    """The value is neither empty nor an http(s) address."""


@frozen
class NoTable(BadOption):
    """The value is not a JSON object of numbers; ``detail`` says why."""

    detail: str


@frozen
class BadRatio(BadOption):
    """The ratio of ``name`` is not between 0 and ``high``."""

    name: str
    high: Decimal


class HalfSurrogate(BadOption):
    """The text contains half of a surrogate pair, which cannot be stored."""


class NulCharacter(BadOption):
    """The text contains a NUL character, which cannot be stored."""


class UnknownTheme(BadOption):
    """There is no front end with this theme."""


class GitHubNotFilledIn(BadOption):
    """GitHub's client id and secret must be set first."""


class DomainsNotFilledIn(BadOption):
    """The allowed domains must be set first."""


class WeChatNotFilledIn(BadOption):
    """The WeChat server must be set first."""


class TurnstileNotFilledIn(BadOption):
    """Turnstile's keys must be set first."""
