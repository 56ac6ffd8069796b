"""Holds and charges: what a request may cost at most, and what it did cost.

All amounts are whole quota units. A request takes one hold, and ends it with exactly one settlement (which may be
of zero) or one release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: A process may keep this part of a balance in memory between two looks at the database. The rest is what all other
#: processes may do meanwhile: up to so many of them cannot overspend together.
MEMORY_SHARE = 64
#: Doubles, and so clients in JavaScript, know no larger whole number exactly.
LARGEST_BALANCE = 2**53


def may_hold_in_memory(balance: int, exposure: int, amount: int) -> bool:
    """Whether ``amount`` on top of this process's ``exposure`` is small beside ``balance``."""
    return amount == 0 or exposure + amount <= balance // MEMORY_SHARE


@record
class Hold:
    """An amount set aside for one request.

    ``stored`` holds have been taken from the balances in the database and have a row in ``holds``; the others exist
    in this process only. ``token_limited``: the token's own remainder is bound too.
    """

    request_id: str
    user_id: int
    token_id: int
    token_limited: bool
    amount: int
    opened_at: float
    stored: bool = False


@record
class Settlement:
    """The end of a request that is billed: one ledger row, one log row, and the change of every balance.

    ``amount`` >= 0. ``held`` is what a stored hold had taken; the store gives it back in the same transaction, and
    only if the hold's row is still there.
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
