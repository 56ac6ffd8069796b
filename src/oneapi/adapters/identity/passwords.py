"""Passwords: bcrypt, as the original stores them, or argon2id; hashed on threads to keep the event loop free."""

from __future__ import annotations

import asyncio

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from attrs import frozen

COST = 10
#: The most bytes that bcrypt reads; longer passwords are refused instead of silently truncated.
LONGEST = 72
#: The hash to compare with if the user does not exist, so that this takes as long as a wrong password.
NOBODY = b"$2b$10$CwTycUXWue0Thq9StjUM0uJ8.9pTb4q2y0JdXKq7kO6hB7y0Q5pqi"
#: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html: 19 MiB, two passes, one lane.
ARGON2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
ARGON2_NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$A8iwGwsBUEIKWo5pLPEeAw$FX03IFIk8F+M+680yxKETEZNI6Ww6cLAMIPeVBjdgxA"
)
ARGON2_MARK = "$argon2"


@frozen
class Passwords:
    """Hashes and verifies passwords; both kinds of hashes are read.

    With ``upgrade`` new hashes are argon2id. The original reads only bcrypt, so that going back to it is possible only
    without ``upgrade``.
    """

    upgrade: bool = False

    async def hash(self, password: str) -> str:
        """The hash of ``password``. Raises ValueError for more than 72 bytes."""
        return await asyncio.to_thread(self._hash, password.encode())

    async def check(self, password: str, stored: str | None) -> bool:
        """Whether ``stored`` is a hash of ``password``; None and unreadable hashes take as long, and never match."""
        return await asyncio.to_thread(self._check, password.encode(errors="replace"), stored or "")

    def outdated(self, stored: str) -> bool:
        """Whether a password that was just verified should be hashed again, as argon2id."""
        return self.upgrade and not stored.startswith(ARGON2_MARK)

    def _hash(self, password: bytes) -> str:
        if len(password) > LONGEST:
            raise ValueError(f"a password has at most {LONGEST} bytes")
        if self.upgrade:
            return ARGON2.hash(password)
        return bcrypt.hashpw(password, bcrypt.gensalt(COST)).decode()

    def _check(self, password: bytes, stored: str) -> bool:
        modern = stored.startswith(ARGON2_MARK)
        # While both kinds are in use, every check computes one of each, so that timing does not reveal the kind.
        by_argon2 = (modern or self.upgrade) and _is_argon2(password, stored if modern else ARGON2_NOBODY)
        by_bcrypt = (self.upgrade or not modern) and _is_bcrypt(password, "" if modern else stored)
        return by_argon2 if modern else by_bcrypt


def _is_argon2(password: bytes, stored: str) -> bool:
    try:
        return ARGON2.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _is_bcrypt(password: bytes, stored: str) -> bool:
    try:
        matches = bcrypt.checkpw(password[:LONGEST], stored.encode(errors="replace"))
    except ValueError:
        bcrypt.checkpw(password[:LONGEST], NOBODY)
        return False
    return matches and len(password) <= LONGEST
