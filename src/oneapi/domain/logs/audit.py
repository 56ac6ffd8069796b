"""The audit log: who changed what."""

from __future__ import annotations

from attrs import frozen


@frozen
class AuditEntry:
    """One change. ``created_at`` is in unix seconds; ``before`` and ``after`` are JSON objects, or empty texts."""

    created_at: int
    user_id: int
    username: str
    address: str
    request_id: str
    action: str
    target: str
    before: str = ""
    after: str = ""
    id: int = 0


@frozen
class AuditFilter:
    """Equality on every field that is not None, joined with AND; both times inclusive."""

    username: str | None = None
    action: str | None = None
    target: str | None = None
    start: int | None = None
    end: int | None = None
