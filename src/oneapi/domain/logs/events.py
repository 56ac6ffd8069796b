"""What a row of the log tells, where no request is billed: a kind, and data of its own.

Rows keep these; the words are found where they are read.
"""

from __future__ import annotations

from decimal import Decimal  # noqa: TC003  # values that are stored are read back by their types

from attrs import frozen

from oneapi.domain.routing.channels import TestOutcome  # noqa: TC001  # as above


@frozen
class Amount:
    """Quota units, and what people see in their place: ``dollars`` is None where the operator shows units."""

    quota: int
    dollars: Decimal | None = None


@frozen
class Redeemed:
    """A user redeemed a code."""

    amount: Amount


@frozen
class ToppedUp:
    """An administrator, or a shop in the name of one, added to a user's quota."""

    amount: Amount


@frozen
class QuotaChanged:
    """An administrator set a user's quota."""

    before: Amount
    after: Amount


@frozen
class NewUserGift:
    """A new user got the quota that all new users get."""

    amount: Amount


@frozen
class InviteeGift:
    """A new user got quota because somebody invited them."""

    amount: Amount


@frozen
class InviterGift:
    """A user got quota because they invited somebody."""

    amount: Amount


@frozen
class ChannelTested:
    """A channel was tested; ``detail`` is the model's answer, or the reason why there is none."""

    channel: str
    outcome: TestOutcome
    detail: str


LogEvent = Redeemed | ToppedUp | QuotaChanged | NewUserGift | InviteeGift | InviterGift | ChannelTested
