"""Hashes are renewed at sign-in if the operator wants it, and all wrong passwords take the same time."""

from __future__ import annotations

import pytest

from oneapi.adapters.identity.sessions import SignedSessions
from oneapi.application.people.sessions import Origin, UserSessions
from oneapi.application.people.sign_in import WRONG_PASSWORDS, PasswordCheck, SignedIn, SignIn, WhoIsThere
from oneapi.domain.errors.people import WrongLogin
from tests.application.people.test_registration import new_catalog
from tests.fakes.operations.limits import FakeLimits
from tests.fakes.people.identity import FakePasswords
from tests.fakes.people.sessions import FakeSessions
from tests.fakes.people.users import FakeUsers


class Counting(FakePasswords):
    """Counts how often a password was compared."""

    checks = 0

    async def check(self, password: str, stored: str | None) -> bool:
        self.checks += 1
        return await super().check(password, stored)


class World:
    def __init__(self, *, upgrade: bool = False) -> None:
        self.users = FakeUsers()
        self.users.put(1, "alice", password_hash="made of right")
        self.passwords = Counting("right", upgrade)
        self.cookies = SignedSessions("secret")
        self.sessions = UserSessions(FakeSessions(), self.cookies, new_id=lambda: "1", clock=lambda: 5.0)
        self.limits = FakeLimits(lambda: 5.0)

    async def sign_in(self, password: str, name: str = "alice") -> SignedIn:
        check = PasswordCheck(self.passwords, self.limits)
        catalog = await new_catalog()
        sign_in = SignIn(self.users, catalog, self.sessions, self.cookies, self.passwords, check, lambda: 5.0)
        return await sign_in(name, password, Origin("198.51.100.1", "a browser"))


async def test_a_hash_is_renewed_if_the_operator_wants_it() -> None:
    world = World(upgrade=True)
    with pytest.raises(WrongLogin):
        await world.sign_in("wrong")
    assert world.users.hashes[1] == "made of right"
    signed_in = await world.sign_in("right")
    assert world.users.hashes[1] == "modern made of right"
    who = WhoIsThere(world.users, world.sessions)
    assert await who.by_cookie(signed_in.session) == world.users.rows[1], "the session is of the new hash"
    assert (await world.sign_in("right")).user.id == 1


async def test_a_hash_is_kept_if_the_operator_does_not() -> None:
    world = World()
    await world.sign_in("right")
    assert world.users.hashes[1] == "made of right"


async def test_a_password_that_changes_meanwhile_stays_changed() -> None:
    world = World(upgrade=True)
    real_hash = world.passwords.hash

    async def slow_hash(password: str) -> str:
        world.users.hashes[1] = "made of another"
        return await real_hash(password)

    world.passwords.hash = slow_hash  # type: ignore[method-assign]
    await world.sign_in("right")
    assert world.users.hashes[1] == "made of another"


@pytest.mark.parametrize("name", ["alice", "nobody"])
async def test_every_wrong_password_takes_a_comparison(name: str) -> None:
    """Also for unknown users and beyond the limit of attempts, so that timing reveals no more than the message."""
    world = World()
    for _ in range(WRONG_PASSWORDS.limit + 3):
        with pytest.raises(WrongLogin):
            await world.sign_in("wrong", name)
    assert world.passwords.checks == WRONG_PASSWORDS.limit + 3
    with pytest.raises(WrongLogin):
        await world.sign_in("right", name)
