"""Passwords: bcrypt, as the original stores them, on threads so that the event loop goes on."""

from __future__ import annotations

import asyncio

import bcrypt

COST = 10
#: bcrypt reads no further; longer input is refused rather than cut in silence.
LONGEST = 72
#: Compared against when there is no such user, so that this takes as long as a wrong password.
NOBODY = b"$2b$10$CwTycUXWue0Thq9StjUM0uJ8.9pTb4q2y0JdXKq7kO6hB7y0Q5pqi"


async def hash_password(password: str) -> str:
    """Raises ValueError for more than 72 bytes."""
    return await asyncio.to_thread(_hash, password.encode())


async def check_password(password: str, stored: str | None) -> bool:
    """Whether ``stored`` is a hash of ``password``; None and unreadable hashes never are, after the same time."""
    return await asyncio.to_thread(_check, password.encode(errors="replace"), stored)


def _hash(password: bytes) -> str:
    if len(password) > LONGEST:
        raise ValueError(f"a password has at most {LONGEST} bytes")
    return bcrypt.hashpw(password, bcrypt.gensalt(COST)).decode()


def _check(password: bytes, stored: str | None) -> bool:
    known = (stored or "").encode(errors="replace")
    try:
        matches = bcrypt.checkpw(password[:LONGEST], known or NOBODY)
    except ValueError:
        return False
    return matches and bool(known) and len(password) <= LONGEST
