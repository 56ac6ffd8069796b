"""One-time codes sent by mail."""

from __future__ import annotations

from attrs import frozen

#: Purposes: to prove ownership of a mailbox, and to set a new password.
VERIFY, RESET = "verify", "reset"


@frozen
class Code:
    """A code as it is stored: its purpose, its recipient, and only its hash."""

    purpose: str
    subject: str
    hash: str
