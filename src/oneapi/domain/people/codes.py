"""One-time codes that are sent by mail."""

from __future__ import annotations

from attrs import frozen

#: The bearer has the mailbox; and: the bearer may have a new password.
VERIFY, RESET = "verify", "reset"


@frozen
class Code:
    """A code as it is stored: for what, for whom, and its hash alone."""

    purpose: str
    subject: str
    hash: str
