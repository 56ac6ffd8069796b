"""Which keys are looked up, and which stay known, whatever unknown callers send."""

from __future__ import annotations

import sys

import pytest
from attrs import define, evolve, field

from oneapi.application.relay.authentication import (
    CACHED_KEYS,
    FRESH,
    FRESH_MISS,
    UNKNOWN_KEYS,
    Authenticator,
)
from oneapi.domain.errors import StorageUnavailable, TokenRefused
from oneapi.domain.people.tokens import playground_token
from oneapi.domain.people.users import Account, User

USER = User(id=1, username="u", role=1, status=1, group="default", quota=1)


@define
class Reader:
    """Knows ``keys`` unless it is ``away``; ``asked`` records the lookups."""

    keys: set[str]
    away: bool = False
    asked: list[str] = field(factory=list)

    async def account_by_key(self, key: str) -> Account | None:
        self.asked.append(key)
        if self.away:
            raise StorageUnavailable(cause="away")
        return Account(evolve(playground_token(1), key=key), USER) if key in self.keys else None

    async def set_token_status(self, token_id: int, status: int) -> bool:
        raise NotImplementedError


@define
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def authenticator(reader: Reader, clock: Clock) -> Authenticator:
    return Authenticator(reader, observe=lambda _: None, clock=clock, outage_grace=600)


async def ask(who: Authenticator, key: str) -> None:
    await who.caller(f"Bearer sk-{key}", "192.0.2.1")


async def test_known_keys_are_served_in_an_outage_despite_a_flood_of_unknown_ones() -> None:
    reader, clock = Reader({"known"}), Clock()
    who = authenticator(reader, clock)
    await ask(who, "known")
    for number in range(CACHED_KEYS + UNKNOWN_KEYS):
        with pytest.raises(TokenRefused):
            await ask(who, f"unknown{number}")
    reader.away = True
    clock.now += FRESH + 1
    await ask(who, "known")
    with pytest.raises(StorageUnavailable):
        await ask(who, "unknown-by-now")


async def test_unknown_keys_take_little_memory() -> None:
    who = authenticator(Reader(set()), Clock())
    for number in range(UNKNOWN_KEYS + 500):
        with pytest.raises(TokenRefused):
            await ask(who, f"{number:0128d}")
    kept = who._unknown  # noqa: SLF001  # the cache has no public view
    assert len(kept) == UNKNOWN_KEYS
    assert sum(sys.getsizeof(key) + 200 for key in kept) < 10_000_000


@pytest.mark.parametrize("key", ["x" * 7700, "\u00e9", "a\x00b", "x" * 129])
async def test_texts_that_cannot_be_keys_are_never_looked_up(key: str) -> None:
    reader = Reader(set())
    with pytest.raises(TokenRefused):
        await ask(authenticator(reader, Clock()), key)
    assert reader.asked == []


async def test_an_unknown_key_is_looked_up_again_soon() -> None:
    reader, clock = Reader(set()), Clock()
    who = authenticator(reader, clock)
    for _ in range(2):
        with pytest.raises(TokenRefused):
            await ask(who, "new")
    assert reader.asked == ["new"]
    reader.keys.add("new")
    clock.now += FRESH_MISS
    await ask(who, "new")


async def test_created_and_deleted_keys_take_effect_at_once() -> None:
    reader, clock = Reader({"old"}), Clock()
    who = authenticator(reader, clock)
    await ask(who, "old")
    with pytest.raises(TokenRefused):
        await ask(who, "new")
    reader.keys = {"new"}
    who.forget_all()
    await ask(who, "new")
    with pytest.raises(TokenRefused):
        await ask(who, "old")
    reader.away = True
    clock.now += FRESH + 1
    with pytest.raises(StorageUnavailable):
        await ask(who, "old")
