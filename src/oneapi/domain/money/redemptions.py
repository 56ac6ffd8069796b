"""Redemption codes: quota that whoever shows the code gets, once."""

from __future__ import annotations

from enum import IntEnum

from attrs import frozen

from oneapi.domain.changes import UNSET, Unset

#: Characters of a name.
LONGEST_NAME = 20
#: Codes made at once.
MOST_AT_ONCE = 100
#: Of a code whose maker named no quota, as the original's database fills it in.
DEFAULT_QUOTA = 100


class RedemptionStatus(IntEnum):
    ENABLED = 1
    DISABLED = 2
    #: For good: a used code never becomes another.
    USED = 3


@frozen
class Redemption:
    """A code; ``user_id`` made it, ``redeemed_by`` used it (0: nobody, or before this was written down)."""

    id: int
    user_id: int
    key: str
    status: int
    name: str
    quota: int
    created_time: int
    redeemed_time: int = 0
    redeemed_by: int = 0


@frozen
class RedemptionChanges:
    """What is to be set of a code that nobody has used, in the terms of ``Redemption``."""

    name: str | Unset = UNSET
    status: int | Unset = UNSET
    quota: int | Unset = UNSET
