"""bcrypt hashes of the original and of others, argon2id where the operator wants it, and input that is none."""

from __future__ import annotations

import bcrypt
import pytest

from oneapi.adapters.identity import passwords
from oneapi.adapters.identity.passwords import ARGON2, ARGON2_NOBODY, LONGEST, NOBODY, Passwords

#: Of the first password that the original sets.
CHEAP = bcrypt.hashpw(b"123456", bcrypt.gensalt(4)).decode()


#: What there may be in a database that no argon2id hash ever came into.
BCRYPT_KINDS = (None, "!", "$2b$10$short", "bcrypt")
AS_THE_ORIGINAL, UPGRADED = Passwords(), Passwords(upgrade=True)


@pytest.fixture(params=[AS_THE_ORIGINAL, UPGRADED], ids=["bcrypt", "argon2id"])
def either(request: pytest.FixtureRequest) -> Passwords:
    chosen: Passwords = request.param
    return chosen


@pytest.mark.parametrize("version", ["$2a$", "$2b$", "$2y$"])
async def test_every_version_of_the_format_is_read(either: Passwords, version: str) -> None:
    stored = version + CHEAP[4:]
    assert await either.check("123456", stored)
    assert not await either.check("1234567", stored)


async def test_new_hash_is_one_that_the_original_reads() -> None:
    stored = await AS_THE_ORIGINAL.hash("pässwörd")
    assert (len(stored), stored[4:7]) == (60, "10$")
    assert await AS_THE_ORIGINAL.check("pässwörd", stored)


async def test_both_kinds_are_read_whatever_is_written(either: Passwords) -> None:
    for writer in (AS_THE_ORIGINAL, UPGRADED):
        stored = await writer.hash("pässwörd")
        assert await either.check("pässwörd", stored)
        assert not await either.check("passwörd", stored)
    assert (await UPGRADED.hash("pässwörd")).startswith("$argon2id$")


async def test_old_hashes_are_outdated_only_for_those_who_upgrade() -> None:
    modern = await UPGRADED.hash("right")
    assert UPGRADED.outdated(CHEAP)
    assert not UPGRADED.outdated(modern)
    assert not AS_THE_ORIGINAL.outdated(CHEAP)
    assert not AS_THE_ORIGINAL.outdated(modern)


@pytest.mark.parametrize(
    "stored", [None, "", "!", "plain", "$2a$10$short", "$2a$99$" + "x" * 53, "$argon2id$v=19$", "\udcff"]
)
async def test_unreadable_hash_lets_nobody_in(either: Passwords, stored: str | None) -> None:
    for password in ("", "plain", "123456", "\ud800"):
        assert not await either.check(password, stored)


async def test_nothing_is_cut_in_silence(either: Passwords) -> None:
    longest = "x" * LONGEST
    assert await either.check(longest, await either.hash(longest))
    assert not await either.check(longest + "y", bcrypt.hashpw(longest.encode(), bcrypt.gensalt(4)).decode())
    with pytest.raises(ValueError, match="72 bytes"):
        await either.hash("😀" * 20)


def test_unknown_user_costs_as_much_as_a_wrong_password() -> None:
    assert NOBODY.split(b"$")[2] == str(passwords.COST).encode(), "as many rounds"
    assert not bcrypt.checkpw(b"wrong", NOBODY), "bcrypt reads it, else it would answer at once"
    assert not ARGON2.check_needs_rehash(ARGON2_NOBODY), "as much memory"


@pytest.mark.parametrize(
    ("kind", "upgrade"),
    [*((kind, False) for kind in BCRYPT_KINDS), *((kind, True) for kind in (*BCRYPT_KINDS, "argon2id"))],
)
async def test_no_kind_of_account_answers_sooner(
    monkeypatch: pytest.MonkeyPatch, kind: str | None, *, upgrade: bool
) -> None:
    """Counted in work, since time wavers: each check does one of each kind that there may be."""
    done: list[str] = []
    real_bcrypt, real_argon2 = bcrypt.checkpw, ARGON2.verify

    def count_bcrypt(password: bytes, stored: bytes) -> bool:
        right = real_bcrypt(password, stored)
        done.append("bcrypt")
        return right

    class Counting:
        def verify(self, stored: str, password: bytes) -> bool:
            done.append("argon2")
            return real_argon2(stored, password)

    stored = {"bcrypt": await AS_THE_ORIGINAL.hash("right"), "argon2id": await UPGRADED.hash("right")}
    monkeypatch.setattr(bcrypt, "checkpw", count_bcrypt)
    monkeypatch.setattr(passwords, "ARGON2", Counting())
    assert not await Passwords(upgrade).check("wrong", stored.get(kind or "", kind))
    assert sorted(done) == (["argon2", "bcrypt"] if upgrade else ["bcrypt"])
