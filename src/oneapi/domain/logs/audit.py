"""Entries of the audit log."""

from __future__ import annotations

from attrs import frozen


@frozen
class AuditEntry:
    """One change; ``created_at`` in unix seconds, ``before`` and ``after`` JSON objects, empty where there was none."""

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
