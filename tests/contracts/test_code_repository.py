"""A one-time code works once, in time, and not after guesses; on every product and in the fake."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from oneapi.adapters.database.repositories.people.codes import SqlCodeRepository
from oneapi.domain.people.codes import Code
from tests.fakes.people.codes import FakeCodes

if TYPE_CHECKING:
    from oneapi.application.ports.people import CodeRepository

CODE = Code("verify", "a@example.com", "right")
WRONG = evolve(CODE, hash="wrong")


@pytest.fixture
def empty(product: str, request: pytest.FixtureRequest) -> CodeRepository:
    return FakeCodes() if product == "fake" else SqlCodeRepository(request.getfixturevalue("database"))


@pytest.fixture
async def codes(empty: CodeRepository) -> CodeRepository:
    await empty.put(CODE, now=100, expires_at=200)
    return empty


async def test_a_code_works_once(codes: CodeRepository) -> None:
    assert await codes.matches(CODE, now=150, attempts=3)
    assert await codes.matches(CODE, now=150, attempts=3), "asking alone does not use it up"
    assert await codes.consume(CODE, now=150, attempts=3)
    assert not await codes.consume(CODE, now=150, attempts=3)
    assert not await codes.matches(CODE, now=150, attempts=3)


async def test_of_concurrent_uses_of_a_code_one_succeeds(codes: CodeRepository) -> None:
    used = await asyncio.gather(*(codes.consume(CODE, now=150, attempts=3) for _ in range(8)))
    assert sorted(used) == [False] * 7 + [True]


@pytest.mark.parametrize("change", [{"hash": "wrong"}, {"subject": "b@example.com"}, {"purpose": "reset"}])
async def test_a_code_for_another_purpose_is_refused(codes: CodeRepository, change: dict[str, str]) -> None:
    other = evolve(CODE, **change)
    assert not await codes.matches(other, now=150, attempts=3)
    assert not await codes.consume(other, now=150, attempts=3)
    assert await codes.consume(CODE, now=150, attempts=3)


async def test_a_code_expires(codes: CodeRepository) -> None:
    assert await codes.matches(CODE, now=199, attempts=3)
    assert not await codes.matches(CODE, now=200, attempts=3)
    assert not await codes.consume(CODE, now=200, attempts=3)


async def test_guessing_invalidates_a_code(codes: CodeRepository) -> None:
    for _ in range(3):
        assert not await codes.matches(WRONG, now=150, attempts=3)
    assert not await codes.matches(CODE, now=150, attempts=3)
    assert not await codes.consume(CODE, now=150, attempts=3)


async def test_concurrent_guesses_are_counted(codes: CodeRepository) -> None:
    guesses = [codes.matches(WRONG, now=150, attempts=10) for _ in range(9)]
    assert not any(await asyncio.gather(*guesses))
    assert await codes.matches(CODE, now=150, attempts=10)
    assert not await codes.matches(WRONG, now=150, attempts=10)
    assert not await codes.matches(CODE, now=150, attempts=10)


async def test_a_new_code_replaces_the_previous_one(codes: CodeRepository) -> None:
    for _ in range(3):
        await codes.matches(WRONG, now=150, attempts=3)
    await codes.put(evolve(CODE, hash="newer"), now=160, expires_at=260)
    assert not await codes.matches(CODE, now=170, attempts=3)
    assert await codes.consume(evolve(CODE, hash="newer"), now=250, attempts=3)


async def test_of_codes_stored_at_once_one_remains(codes: CodeRepository) -> None:
    several = [evolve(CODE, subject="b@example.com", hash=str(number)) for number in range(6)]
    await asyncio.gather(*(codes.put(code, now=100, expires_at=200) for code in several))
    assert sum([await codes.consume(code, now=150, attempts=3) for code in several]) == 1
