"""bcrypt hashes of the original and of others, and input that is none."""

from __future__ import annotations

import bcrypt
import pytest

from oneapi.adapters.identity.passwords import LONGEST, NOBODY, check_password, hash_password

#: Of the first password that the original sets.
CHEAP = bcrypt.hashpw(b"123456", bcrypt.gensalt(4)).decode()


@pytest.mark.parametrize("version", ["$2a$", "$2b$", "$2y$"])
async def test_every_version_of_the_format_is_read(version: str) -> None:
    stored = version + CHEAP[4:]
    assert await check_password("123456", stored)
    assert not await check_password("1234567", stored)


async def test_new_hash_is_one_that_the_original_reads() -> None:
    stored = await hash_password("pässwörd")
    assert (len(stored), stored[4:7]) == (60, "10$")
    assert await check_password("pässwörd", stored)


@pytest.mark.parametrize("stored", [None, "", "plain", "$2a$10$short", "$2a$99$" + "x" * 53, "\udcff"])
async def test_unreadable_hash_lets_nobody_in(stored: str | None) -> None:
    for password in ("", "plain", "123456", "\ud800"):
        assert not await check_password(password, stored)


async def test_nothing_is_cut_in_silence() -> None:
    longest = "x" * LONGEST
    assert await check_password(longest, await hash_password(longest))
    assert not await check_password(
        longest + "y", bcrypt.hashpw(longest.encode(), bcrypt.gensalt(4)).decode()
    )
    with pytest.raises(ValueError, match="72 bytes"):
        await hash_password("😀" * 20)


async def test_unknown_user_costs_as_much_as_a_wrong_password() -> None:
    usual = await hash_password("right")
    assert NOBODY[3:7] == usual[3:7].encode(), "as many rounds"
    assert not bcrypt.checkpw(b"wrong", NOBODY), "bcrypt reads it, else it would answer at once"
