"""What the gateway tells people, by kind; the words are found where it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from oneapi.domain.logs.events import Amount
    from oneapi.domain.routing.health import Cause


@frozen
class Letter:
    """One message, ready to be sent; ``html`` is a whole page, and ``text`` says the same."""

    subject: str
    html: str
    text: str


@frozen
class VerificationCode:
    """The code that shows that an address is one's own; ``system`` is what the operator calls the gateway."""

    system: str
    code: str


@frozen
class PasswordReset:
    """The link under which one chooses a new password."""

    system: str
    link: str


@frozen
class QuotaLow:
    """One's quota runs low; ``link``: where to top it up, empty if that is not known."""

    left: Amount
    link: str


@frozen
class QuotaUsedUp:
    """One's quota is used up; ``link`` as above."""

    left: Amount
    link: str


@frozen
class ChannelDisabled:
    """The gateway switched a channel off."""

    id: int
    name: str
    cause: Cause


@frozen
class ChannelEnabled:
    """The gateway switched a channel on again."""

    id: int
    name: str


@frozen
class ChannelSlow:
    """A channel's test took ``seconds``, more than the operator wants, and the channel stays on."""

    id: int
    name: str
    seconds: float
    threshold: float


@frozen
class TestsFinished:
    """All channels were tested."""

    __test__ = False  # no test of ours, whatever pytest thinks of its name

    tested: int
    failed: int


@frozen
class ChargesSetAside:
    """The database refuses so many charges for good."""

    count: int


@frozen
class Trial:
    """Only shows that messages arrive."""

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
