"""Ports for options, logs, limits, and what all nodes share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from oneapi.domain.logs.rows import COUNTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.errors import GatewayError
    from oneapi.domain.jobs import Lease
    from oneapi.domain.limits import Rate
    from oneapi.domain.logs.audit import AuditEntry, AuditFilter
    from oneapi.domain.logs.rows import DailyUse, LogFilter, LogRow


class OptionRepository(Protocol):
    """The operator's options; a write bumps the version ``catalog``."""

    async def all(self) -> Mapping[str, str]: ...

    async def put(self, values: Mapping[str, str]) -> None: ...

    async def keep(self, key: str, value: str) -> str:
        """Store ``value`` under ``key`` unless it exists; returns the stored value, the same for simultaneous calls."""


class LogRepository(Protocol):
    """The log, in the database of ``LOG_SQL_DSN``, or else the main one."""

    async def add(self, row: LogRow) -> None: ...

    async def page(
        self, where: LogFilter, *, offset: int, limit: int, after: LogRow | None = None
    ) -> Sequence[LogRow]:
        """Rows, newest first; with ``after``, the rows that follow that one, at the same cost at any depth."""

    async def count(self, where: LogFilter, *, most: int = COUNTED) -> int:
        """The number of matching rows, at most ``most``."""

    async def search(self, keyword: str, *, user_id: int | None, limit: int) -> Sequence[LogRow]:
        """Rows whose type is ``keyword`` or, across all users only, whose content starts with it; newest first.

        Content is searched only in the newest ``SEARCHED`` rows of each type.
        """

    async def consumed(self, where: LogFilter) -> int:
        """The sum of quota units over the consumption rows."""

    async def daily_use(self, where: LogFilter) -> Sequence[DailyUse]:
        """The consumption rows, summed by day and model."""

    async def delete_before(self, created_at: int, *, most: int) -> int:
        """Delete at most ``most`` of the oldest rows; returns how many were deleted."""


class AuditRepository(Protocol):
    """The audit log; entries are added and never changed."""

    async def add(self, entry: AuditEntry) -> None: ...

    async def page(self, where: AuditFilter, *, offset: int, limit: int) -> Sequence[AuditEntry]:
        """Newest first."""

    async def count(self, where: AuditFilter) -> int: ...


class LeaseRepository(Protocol):
    """Leases on jobs that one process may do at a time. The store keeps the time, because nodes' clocks differ."""

    async def take(self, name: str, owner: str, *, seconds: int, pause: int = 0) -> bool:
        """Give the lease to ``owner`` for ``seconds``.

        False, and no change, while another owner holds it, or if the job was finished, or first asked for, less than
        ``pause`` seconds ago.
        """

    async def renew(self, name: str, owner: str, *, seconds: int, report: str) -> bool:
        """Extend the lease to ``seconds`` from now and store ``report``; False if another owner has taken it."""

    async def release(self, name: str, owner: str, *, report: str, finished: bool) -> None:
        """Give up the lease; no change if another owner has taken it."""

    async def look(self, name: str) -> Lease | None:
        """The current lease; None if it was never asked for."""


class Versions(Protocol):
    """Counters (``catalog``, ``accounts``) that every write increments in its own transaction."""

    async def current(self) -> Mapping[str, int]: ...


class RateLimits(Protocol):
    """Rate limits of callers, shared by all nodes if Redis is configured."""

    async def admit(self, rate: Rate, key: str) -> float | None:
        """Count the event and return None; or, over the limit, return the seconds to wait and count nothing."""

    async def wait(self, rate: Rate, key: str) -> float | None:
        """The result that ``admit`` would give, without counting an event."""


class ErrorTexts(Protocol):
    """Turns errors into text."""

    def __call__(self, error: GatewayError, language: str, /) -> str:
        """The text of ``error`` for administrators, in ``language``: ``zh`` or ``en``."""
