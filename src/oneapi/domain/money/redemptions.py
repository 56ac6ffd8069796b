"""Redemption codes: each adds quota to the first account that redeems it."""

from __future__ import annotations

from enum import IntEnum

from attrs import frozen

from oneapi.domain.changes import UNSET, Unset

#: The most characters of a name.
LONGEST_NAME = 20
#: The most codes created in one call.
MOST_AT_ONCE = 100
#: Quota units of a code created without a quota: the default of the original's database.
DEFAULT_QUOTA = 100


class RedemptionStatus(IntEnum):
    ENABLED = 1
    DISABLED = 2
    #: Final: a used code never changes its status.
    USED = 3


@frozen
class Redemption:
    """A code, created by ``user_id`` and redeemed by ``redeemed_by`` (0: nobody, or before this was recorded)."""

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
    """Changes to an unused code, by the fields of ``Redemption``."""

    name: str | Unset = UNSET
    status: int | Unset = UNSET
    quota: int | Unset = UNSET
