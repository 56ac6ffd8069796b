"""Events that a log row can report other than a billed request: a kind with its own data.

Rows store these values; readers turn them into text in their own language.
"""

from __future__ import annotations

from decimal import Decimal  # noqa: TC003  # values that are stored are read back by their types

from attrs import frozen

from oneapi.domain.routing.channels import TestOutcome  # noqa: TC001  # as above


@frozen
class Amount:
    """An amount in quota units, and in ``dollars`` unless the operator has amounts shown in units (None)."""

    quota: int
    dollars: Decimal | None = None


@frozen
class Redeemed:
    """A user redeemed a code."""

    amount: Amount


@frozen
class ToppedUp:
    """An administrator, or a shop acting for one, added to a user's quota."""

    amount: Amount


@frozen
class QuotaChanged:
    """An administrator set a user's quota."""

    before: Amount
    after: Amount


@frozen
class NewUserGift:
    """A new user received the quota that all new users get."""

    amount: Amount


@frozen
class InviteeGift:
    """A new user received quota for having been invited."""

    amount: Amount


@frozen
class InviterGift:
    """A user received quota for inviting somebody."""

    amount: Amount


@frozen
class ChannelTested:
    """A channel was tested; ``detail`` is the model's answer, or the reason for its absence."""

    channel: str
    outcome: TestOutcome
    detail: str


LogEvent = Redeemed | ToppedUp | QuotaChanged | NewUserGift | InviteeGift | InviterGift | ChannelTested
