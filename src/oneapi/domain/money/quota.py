"""Holds and charges: what a request may cost at most, and what it did cost.

All amounts are whole quota units. A request takes one hold, and ends it with exactly one settlement (which may be
of zero) or one release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, define, field

from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: A process may keep this part of a balance in memory between two looks at the database. The rest is what all other
#: processes may do meanwhile: up to so many of them cannot overspend together.
MEMORY_SHARE = 64
#: Doubles, and so clients in JavaScript, know no larger whole number exactly.
LARGEST_BALANCE = 2**53


@define
class Wallet:
    """One balance as a process knows it.

    ``balance`` is what the database held when last seen; ``exposure`` what this process admitted in memory and has not
    written there yet.
    """

    balance: int
    exposure: int = 0

    def covers(self, amount: int) -> bool:
        """Whether ``amount`` on top of the exposure is small beside the balance, so that memory may hold it."""
        return amount == 0 or self.exposure + amount <= self.balance // MEMORY_SHARE


def within(amount: int) -> int:
    """``amount``, or the bound of balances that it exceeds."""
    return min(max(amount, -LARGEST_BALANCE), LARGEST_BALANCE)


@record
class Hold:
    """An amount set aside for one request.

    ``stored`` holds have been taken from the balances in the database and have a row in ``holds``; the others exist
    in this process only. ``token_limited``: the token's own remainder is bound too.

    A request may cost more than is certain beforehand: ``wanted`` is the most that is likely, ``least`` what must be
    there for it to be admitted. ``amount`` was taken from the user's quota and ``token_amount`` from the token's
    remainder: each is ``wanted`` where the purse covers that, else ``least``. A purse that covers only the latter
    serves one such hold at a time, so that it is overdrawn by one answer at most.
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
    """A balance does not cover a hold. ``busy``: it may, once requests under way have ended."""

    def __init__(self, *, busy: bool = False) -> None:
        super().__init__()
        self.busy = busy


@record
class Settlement:
    """The end of a request that is billed: one ledger row, one log row, and the change of every balance.

    Every number lies between 0 and ``LARGEST_BALANCE``. ``held`` and ``token_held`` are what a stored hold had taken;
    the store gives it back in the same transaction, and only if the hold's row is still there. ``overrun`` is what the
    request cost beyond its hold.
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
            # Made for every request: one look at all bits tells that no number is too large or below zero.
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
    """What one writer commits in one transaction.

    ``promoted`` holds were in memory and get a row now (unconditionally: their requests are admitted already);
    ``renewed`` are the request ids of stored holds still open. ``replayed``: some settlements may have been applied
    before.
    """

    settlements: Sequence[Settlement] = ()
    released: Sequence[Hold] = ()
    promoted: Sequence[Hold] = ()
    renewed: Sequence[str] = ()
    replayed: bool = False


@record
class Balances:
    """Balances in the database right after a commit, for the accounts that it touched."""

    #: user id -> users.quota
    users: Mapping[int, int]
    #: token id -> tokens.remain_quota, limited tokens only
    tokens: Mapping[int, int]
