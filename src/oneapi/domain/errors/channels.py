"""Refusals concerning channels, their tests and their balances."""

from __future__ import annotations

from attrs import frozen

from oneapi.domain.errors import GatewayError, Refusal, UnsupportedEndpoint


class KeyMissing(Refusal):
    """A channel needs a key."""


class KeyNeeded(Refusal):
    """The base URL changes, so the key must be given again: a stored key is not sent to another host."""


class BadKey(Refusal):
    """The key is empty, too long, or holds control characters."""


class SealedKey(Refusal):
    """The text is an encrypted key, as stored in the database."""


@frozen
class BadKeyForm(Refusal):
    """The key does not have the form of this channel type: ``form``."""

    form: str


@frozen
class NotJsonObject(Refusal):
    """``field`` must be a JSON object."""

    field: str


@frozen
class NotJsonTexts(Refusal):
    """``field`` must be a JSON object whose values are strings."""

    field: str


@frozen
class BadBaseUrl(Refusal):
    """The base URL is not valid; ``problem`` says why."""

    problem: str


class NothingToSet(Refusal):
    """A change of several channels names no field."""


@frozen
class UnknownScope(Refusal):
    """The scope of a test must be all channels, or the disabled ones."""

    scope: str


class AlreadyTesting(Refusal):
    """A test of channels is already running on a node."""


class AlreadyReadingBalances(Refusal):
    """Balances are already being read on a node."""


@frozen
class BalanceUnreadable(Refusal):
    """The provider could not be reached, or its answer has no balance."""

    failure: GatewayError


class BalanceNotReported(Refusal):
    """Providers of this channel type do not report a balance."""


class NotFree(UnsupportedEndpoint):
    """The model ``feature`` cannot be tested: its answers cost money, or tests do not support it."""
