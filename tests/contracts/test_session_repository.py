"""Sessions are listed for their user, updated when used, and ended; on every product and in the fake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from oneapi.adapters.database.repositories.people.sessions import SqlSessionRepository
from oneapi.domain.people.sessions import OpenSession
from tests.fakes.people.sessions import FakeSessions

if TYPE_CHECKING:
    from oneapi.application.ports.people import SessionRepository

ONE = OpenSession("one", 7, created_at=100, seen_at=100, address="198.51.100.1", browser="Firefox 模型")
TWO = evolve(ONE, id="two", created_at=200, seen_at=200)
OTHERS = evolve(ONE, id="others", user_id=8)


@pytest.fixture
def empty(product: str, request: pytest.FixtureRequest) -> SessionRepository:
    return FakeSessions() if product == "fake" else SqlSessionRepository(request.getfixturevalue("database"))


@pytest.fixture
async def sessions(empty: SessionRepository) -> SessionRepository:
    for session in (ONE, TWO, OTHERS):
        await empty.add(session, expired=0)
    return empty


async def test_a_users_own_sessions_are_listed_last_used_first(sessions: SessionRepository) -> None:
    assert await sessions.of(7) == [TWO, ONE]
    await sessions.see("one", 300)
    assert await sessions.of(7) == [evolve(ONE, seen_at=300), TWO]
    assert await sessions.get("others") == OTHERS


async def test_an_ended_session_is_gone(sessions: SessionRepository) -> None:
    assert await sessions.end(7, "one")
    assert not await sessions.end(7, "one")
    assert await sessions.get("one") is None
    assert await sessions.of(7) == [TWO]


async def test_a_user_cannot_end_sessions_of_others(sessions: SessionRepository) -> None:
    assert not await sessions.end(7, "others")
    await sessions.end_all(7, besides="two")
    assert await sessions.of(7) == [TWO]
    assert await sessions.of(8) == [OTHERS]
    await sessions.end_all(7, besides="")
    assert await sessions.of(7) == []


async def test_a_new_session_deletes_expired_ones(sessions: SessionRepository) -> None:
    await sessions.add(evolve(ONE, id="new", created_at=300), expired=100)
    assert await sessions.get("one") is None
    assert await sessions.get("others") is None
    assert await sessions.get("two") == TWO
