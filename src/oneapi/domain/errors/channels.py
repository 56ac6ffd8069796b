"""What is refused about channels, their tests and their balances."""

from __future__ import annotations

from attrs import frozen

from oneapi.domain.errors import GatewayError, Refusal, UnsupportedEndpoint


class KeyMissing(Refusal):
    """A channel needs a key."""


class KeyNeeded(Refusal):
    """A stored key does not go to another host by itself."""


class BadKey(Refusal):
    """The key is empty, too long, or holds control characters."""


class SealedKey(Refusal):
    """The text is a key as it is stored encrypted."""


@frozen
class BadKeyForm(Refusal):
    """Keys of this channel type have the form ``form``."""

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
    """``problem`` says what no base URL may hold, or the form of one."""

    problem: str


class NothingToSet(Refusal):
    """A change of many channels names no field."""


@frozen
class UnknownScope(Refusal):
    """Tests are of all channels, or of those that are disabled."""

    scope: str


class AlreadyTesting(Refusal):
    """A test of channels is under way on some node."""


class AlreadyReadingBalances(Refusal):
    """Balances are being read on some node."""


@frozen
class BalanceUnreadable(Refusal):
    """The provider did not tell the balance, or could not be asked."""

    failure: GatewayError


class BalanceNotReported(Refusal):
    """Channels of this type do not tell what is left."""


class NotFree(UnsupportedEndpoint):
    """``feature`` is a model whose answers cost money, or that no test can ask."""
