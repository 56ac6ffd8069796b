"""Every endpoint of the admin API on a running server, called with valid and invalid input made from its description.

No call may cause a server error, and every answer must match the description.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from oneapi.adapters.identity.sessions import SignedSessions
from oneapi.application.people.sessions import Session, stamp_of
from oneapi.domain.people.users import Role
from scripts.admin_api import document
from tests.support.gateway.server import Gateway, running

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SECRET = "of-the-tests"
#: Ids of users.
ROOT, COMMON = 1, 2
#: Calls of each endpoint per caller; the same in every run.
EXAMPLES = 8

schema = schemathesis.openapi.from_dict(document())


class Callers:
    """Root, a common user and a guest. Whatever fuzzing does to an account, it is signed in again for the next call."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._database = sqlite3.connect(gateway.directory / "one-api.db", isolation_level=None)
        user = {"username": "common", "password": "12345678"}
        made = httpx.post(f"{gateway.url}/api/user/", json=user, cookies=self.cookies(ROOT))
        assert made.json()["success"], made.text
        assert self._row("SELECT role FROM users WHERE id = ?", COMMON) == (Role.COMMON,)

    def cookies(self, user_id: int | None) -> dict[str, str]:
        if user_id is None:
            return {}
        role = Role.ROOT if user_id == ROOT else Role.COMMON
        self._database.execute("UPDATE users SET status = 1, role = ? WHERE id = ?", (role, user_id))
        (password,) = self._row("SELECT password FROM users WHERE id = ?", user_id)
        opened = 2**31
        session = Session(user_id, opened, stamp_of(password), id=f"of {user_id}")
        self._database.execute(
            "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, '', '')",
            (session.id, user_id, opened, opened),
        )
        return {"session": SignedSessions(SECRET).write(session)}

    def _row(self, sql: str, user_id: int) -> tuple[Any, ...]:
        row: tuple[Any, ...] = self._database.execute(sql, (user_id,)).fetchone()
        return row

    def close(self) -> None:
        self._database.close()


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    with running(tmp_path_factory.mktemp("fuzzed"), SESSION_SECRET=SECRET) as gateway:
        made = Callers(gateway)
        yield made
        made.close()


def call(case: Any, callers: Callers, user: int | None) -> None:
    case.cookies = callers.cookies(user)
    case.headers.pop("Authorization", None)
    case.call_and_validate(base_url=callers.gateway.url, checks=CHECKS, timeout=20)


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_root_breaks_nothing(case: schemathesis.Case[Any], callers: Callers) -> None:
    call(case, callers, ROOT)


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_user_breaks_nothing(case: schemathesis.Case[Any], callers: Callers) -> None:
    call(case, callers, COMMON)


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_guest_breaks_nothing(case: schemathesis.Case[Any], callers: Callers) -> None:
    call(case, callers, None)
