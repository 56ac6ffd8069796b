"""Sessions of users who are signed in to the console."""

from __future__ import annotations

from attrs import frozen


@frozen
class OpenSession:
    """An open session. Times are unix seconds; ``address`` and ``browser`` are those of the sign-in."""

    id: str
    user_id: int
    created_at: int
    seen_at: int
    address: str
    browser: str
