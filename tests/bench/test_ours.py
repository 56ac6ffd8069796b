"""The bill of the server is compared with the requests that were sent."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from bench.peers import ours
from bench.peers.ours import AdminApi, check_bill

if TYPE_CHECKING:
    from pathlib import Path


class Books(AdminApi):
    """An admin API that answers from given figures: ``used`` of the user, ``rest`` of the token."""

    def __init__(self, *, requests: int, used: int, rest: int) -> None:
        self._requests, self._used, self._rest = requests, used, rest

    def call(self, method: str, path: str, body: object = None) -> Any:
        match method, path.partition("?")[0], body:
            case "GET", "/api/user/self", None:
                return {"request_count": self._requests, "used_quota": self._used}
            case "GET", "/api/token/", None:
                return [{"name": "bench", "used_quota": self._used, "remain_quota": self._rest}]
            case "GET", "/api/log/stat", None:
                return {"quota": self._used}
        raise AssertionError(path)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two consume rows, and one of another type; nothing is waited for."""
    monkeypatch.setattr(ours, "_SETTLED_WITHIN", 0)
    path = tmp_path / "one-api.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE logs (type INTEGER, request_id TEXT)")
        connection.executemany("INSERT INTO logs VALUES (?, ?)", [(2, "a"), (2, "b"), (3, "")])
    return path


def test_books_that_agree_are_right(database: Path) -> None:
    assert check_bill(Books(requests=2, used=240, rest=10**11 - 240), database, 2) == []


def test_a_request_billed_twice_is_seen_in_every_book(database: Path) -> None:
    wrong = check_bill(Books(requests=2, used=240, rest=10**11 - 240), database, 1)
    assert [text.partition(":")[0] for text in wrong] == [
        "requests of the user",
        "used by the user",
        "used by the token",
        "taken from the token",
        "sum of the log",
        "log rows",
    ]


def test_two_rows_of_one_request_are_wrong(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE logs SET request_id = 'a'")
    assert check_bill(Books(requests=2, used=240, rest=10**11 - 240), database, 2) == [
        "log rows: 2 of 1 requests, due 2"
    ]
