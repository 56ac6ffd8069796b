"""Holds and charges: the most that a request can cost, and what it did cost.

All amounts are whole quota units. A request takes one hold and ends it with exactly one settlement (possibly of zero)
or one release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define, field

from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: A process may hold up to 1/64 of a balance in memory before it writes to the database; so up to 64 processes
#: together cannot overspend.
MEMORY_SHARE = 64
#: The largest whole number up to which doubles, and therefore JavaScript clients, are exact.
LARGEST_BALANCE = 2**53


@define
class Wallet:
    """One balance as a process knows it.

    ``balance`` is the database's balance when last read; ``exposure`` is what this process has admitted in memory and
    not yet written to the database.
    """

    balance: int
    exposure: int = 0

    def covers(self, amount: int) -> bool:
        """Whether exposure plus ``amount`` is small enough against the balance to be held in memory only."""
        return amount == 0 or self.exposure + amount <= self.balance // MEMORY_SHARE


def within(amount: int) -> int:
    """``amount``, clamped to the bounds of a balance."""
    return min(max(amount, -LARGEST_BALANCE), LARGEST_BALANCE)


@record
class Hold:
    """An amount set aside for one request.

    ``stored`` holds were taken from the balances in the database and have a row in ``holds``; others exist only in this
    process. ``token_limited``: the token's own remainder is held too.

    The cost of a request is not known beforehand: ``wanted`` is the likely maximum, ``least`` the amount required for
    admission. ``amount`` was taken from the user's quota and ``token_amount`` from the token's remainder: each is
    ``wanted`` if the purse covers that, else ``least``. A purse that covers only ``least`` serves one such hold at a
    time, so that it is overdrawn by one answer at most.
    """

    request_id: str
    user_id: int
    token_id: int
    token_limited: bool
    amount: int
    opened_at: float
    stored: bool = False
    token_amount: int = field(default=Factory(lambda self: self.amount, takes_self=True))
    least: int = field(default=Factory(lambda self: self.amount, takes_self=True))
    wanted: int = field(default=Factory(lambda self: self.amount, takes_self=True))


class Shortage(Exception):
    """A balance does not cover a hold. ``busy``: it may do so once the requests under way have ended."""

    def __init__(self, *, busy: bool = False) -> None:
        super().__init__()
        self.busy = busy


@record
class Settlement:
    """The end of a billed request: one ledger row, one log row, and the change of each balance.

    Every number is between 0 and ``LARGEST_BALANCE``. ``held`` and ``token_held`` are what a stored hold had taken; the
    store returns them in the same transaction, and only if the hold's row still exists. ``overrun`` is the part of the
    charge beyond the hold.
    """

    request_id: str
    settled_at: int
    user_id: int
    token_id: int
    token_limited: bool
    channel_id: int
    amount: int
    held: int
    write_log: bool
    username: str
    token_name: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    content: str
    is_stream: bool
    elapsed_ms: int
    system_prompt_reset: bool
    end_cause: str
    #: JSON list of the attempts made; empty when the first succeeded.
    attempts: str
    token_held: int = 0
    overrun: int = 0

    def __attrs_post_init__(self) -> None:
        try:
            # Made for every request: one test of all bits shows that no number is too large or negative.
            bits = (
                self.amount
                | self.prompt_tokens
                | self.completion_tokens
                | self.held
                | self.token_held
                | self.overrun
                | self.elapsed_ms
                | self.settled_at
            )
        except TypeError:  # a fraction
            bits = -1
        if not 0 <= bits < LARGEST_BALANCE:
            for name in _NUMBERS:
                object.__setattr__(self, name, within(max(0, int(getattr(self, name)))))


_NUMBERS = (
    "amount",
    "prompt_tokens",
    "completion_tokens",
    "held",
    "token_held",
    "overrun",
    "elapsed_ms",
    "settled_at",
)


@record
class Batch:
    """Everything that one writer commits in one transaction.

    ``promoted`` holds were in memory and get a row now, unconditionally, as their requests are already admitted;
    ``renewed`` are the request ids of stored holds still open. ``replayed``: some of the settlements may already have
    been applied.
    """

    settlements: Sequence[Settlement] = ()
    released: Sequence[Hold] = ()
    promoted: Sequence[Hold] = ()
    renewed: Sequence[str] = ()
    replayed: bool = False


@record
class Balances:
    """Balances in the database right after a commit, for the users and tokens that it changed."""

    #: user id -> users.quota
    users: Mapping[int, int]
    #: token id -> tokens.remain_quota, limited tokens only
    tokens: Mapping[int, int]
