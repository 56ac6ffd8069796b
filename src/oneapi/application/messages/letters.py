"""Messages to people, by kind; adapters turn them into text when they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from oneapi.domain.logs.events import Amount
    from oneapi.domain.routing.health import Cause


@frozen
class Letter:
    """A message ready to be sent; ``html`` is a whole page, ``text`` the same as plain text."""

    subject: str
    html: str
    text: str


@frozen
class VerificationCode:
    """A code to verify an e-mail address; ``system`` is the operator's name for the gateway."""

    system: str
    code: str


@frozen
class PasswordReset:
    """A link for setting a new password."""

    system: str
    link: str


@frozen
class QuotaLow:
    """The user's quota is running low; ``link`` is the page for topping up, empty if unknown."""

    left: Amount
    link: str


@frozen
class QuotaUsedUp:
    """The user's quota is used up; ``link`` as above."""

    left: Amount
    link: str


@frozen
class ChannelDisabled:
    """The gateway disabled a channel."""

    id: int
    name: str
    cause: Cause


@frozen
class ChannelEnabled:
    """The gateway enabled a channel again."""

    id: int
    name: str


@frozen
class ChannelSlow:
    """A channel's test took ``seconds``, longer than the operator allows; the channel stays enabled."""

    id: int
    name: str
    seconds: float
    threshold: float


@frozen
class TestsFinished:
    """All channels were tested."""

    __test__ = False  # keeps pytest from collecting this class

    tested: int
    failed: int


@frozen
class ChargesSetAside:
    """The database refused ``count`` charges, which were set aside."""

    count: int


@frozen
class Trial:
    """A test message, to show that messages arrive."""

    system: str


Message = (
    VerificationCode
    | PasswordReset
    | QuotaLow
    | QuotaUsedUp
    | ChannelDisabled
    | ChannelEnabled
    | ChannelSlow
    | TestsFinished
    | ChargesSetAside
    | Trial
)
