"""Ports for balances and charges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from oneapi.domain.logs.rows import LogRow
    from oneapi.domain.money.quota import Balances, Batch, Hold, Settlement
    from oneapi.domain.money.redemptions import Redemption, RedemptionChanges


class LedgerStore(Protocol):
    """The balances in the database; requests change them only through this port."""

    async def reserve(
        self,
        hold: Hold,
        *,
        owner: str,
        expires_at: float,
        user_floor: int,
        token_floor: int,
        replaces: bool = False,
    ) -> Hold:
        """Take what ``hold`` wants, or at least needs, and store it. Returns the hold as taken. Raises Shortage.

        One transaction, on condition that user quota >= amount + ``user_floor``; that token remainder >= amount +
        ``token_floor`` if it is limited; and that a purse which covers only the needed amount has no other hold.
        ``replaces``: the request's previous hold is returned first. ``owner`` names the process.
        """

    async def apply(self, batch: Batch, *, owner: str, expires_at: float) -> Balances:
        """Commit ``batch`` in one transaction, then its log rows, whose failure does not undo it.

        A settlement whose request id is already in the ledger is skipped. Balances change by differences (``quota -
        ?``), within their bounds; rows are locked in ascending order of id: users, tokens, channels. Raises
        UnstorableValue, with nothing changed, if the database can never store some part.
        """

    async def release_owned(self, owner: str) -> int:
        """Release every hold of a dead process; returns their number."""

    async def sweep(self, now: float) -> int:
        """Release every hold that expired before ``now``; returns their number."""


class CreditStore(Protocol):
    """Adds quota to users.

    Each credit is one transaction with its ledger entry and its log row, and bumps the version ``accounts``. Raises
    NotFound if the user does not exist, OutOfRange if the balance would exceed its bound.
    """

    async def redeem(self, code: Redemption, row: Callable[[int], LogRow]) -> int | None:
        """Redeem ``code`` for the user of ``row``, which is called with the code's current quota; returns that quota.

        None, and no change, unless the code is enabled. Of several simultaneous calls, one succeeds.
        """

    async def top_up(self, row: LogRow, reference: str) -> bool:
        """Add the quota of ``row`` to its user. False, and no change, if ``reference`` has already done so.

        Raises ReferenceUsed if ``reference`` was used for something else.
        """


class RedemptionRepository(Protocol):
    """Redemption codes, as administrators manage them; ``CreditStore`` redeems them."""

    async def page(self, *, offset: int, limit: int) -> Sequence[Redemption]:
        """Newest first."""

    async def count(self) -> int: ...

    async def search(self, keyword: str) -> Sequence[Redemption]:
        """Codes whose id is, or whose name starts with, ``keyword``, newest first; wildcards are taken literally."""

    async def get(self, code_id: int) -> Redemption | None: ...

    async def by_key(self, key: str) -> Redemption | None:
        """The code with exactly this key; case-sensitive on every database."""

    async def add(self, codes: Sequence[Redemption]) -> Sequence[int]:
        """The new ids; all or none."""

    async def update(self, code_id: int, changes: RedemptionChanges) -> bool:
        """Set only these fields of an unused code; whether there is one."""

    async def delete(self, code_id: int) -> bool: ...


class Orphan(Protocol):
    """Settlements left behind by a dead process."""

    owner: str
    settlements: Sequence[Settlement]

    def discard(self) -> None:
        """Delete them: all are in the database."""

    def leave(self) -> None:
        """Leave them for another try by any process."""


class Spool(Protocol):
    """Settlements that are durable but not yet in the database, in one set of files per process."""

    owner: str

    def append(self, settlement: Settlement) -> None:
        """Store ``settlement`` durably: on return, it survives the death of this process."""

    def writable(self) -> bool:
        """Whether the next ``append`` is likely to succeed: the directory exists, and the disk is not full."""

    def close_segment(self) -> int:
        """Close the current segment and start a new one; returns the number of the closed one."""

    def discard(self, segment: int) -> None:
        """Delete a closed segment whose records are all in the database."""

    def orphans(self) -> Sequence[Orphan]:
        """The remains of dead processes; each is claimed by one process only."""

    def put_aside(self, settlement: Settlement, reason: str) -> None:
        """Keep a settlement that the database refuses, for all processes of this host, until ``forget``."""

    def set_aside(self) -> Sequence[Settlement]:
        """The settlements put aside, each request once."""

    def forget(self, request_ids: Collection[str]) -> None:
        """Remove these from those set aside: they are in the database now."""
