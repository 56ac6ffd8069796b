"""A session of somebody who is signed in to the console."""

from __future__ import annotations

from attrs import frozen


@frozen
class OpenSession:
    """Times are unix seconds; ``address`` and ``browser`` say from where it was opened."""

    id: str
    user_id: int
    created_at: int
    seen_at: int
    address: str
    browser: str
