"""Accounts on a real server with two workers, on every database: changes apply at once in both workers."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import define

from tests.e2e.conftest import steadily
from tests.support.gateway.server import NO_TLS, Administrator, Gateway, running
from tests.support.providers.upstream import ProgrammableUpstream, chat_reply, running_upstream
from tests.support.waiting import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.stores.databases import FreshDatabase

CHAT = "/v1/chat/completions"
PASSWORD = "lovelace1"
#: Without Redis, a worker looks for changes once a second.
A_LOOK = 1.2


@define
class Place:
    gateway: Gateway
    upstream: ProgrammableUpstream
    admin: Administrator

    def register(self, name: str) -> int:
        body = {"username": name, "password": PASSWORD}
        answer = httpx.post(self.gateway.url + "/api/user/register", json=body, verify=NO_TLS).json()
        assert answer["success"], answer
        (user,) = self.admin.call("GET", f"/api/user/search?keyword={name}")
        number: int = user["id"]
        return number

    def sign_in(self, name: str) -> httpx.Client:
        client = httpx.Client(base_url=self.gateway.url, verify=NO_TLS, timeout=20)
        answer = client.post("/api/user/login", json={"username": name, "password": PASSWORD}).json()
        assert answer["success"], answer
        return client

    def chat(self, key: str) -> int:
        """The status of a chat request, on a new connection, so that any worker may answer."""
        body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
        headers = {"Authorization": f"Bearer sk-{key}"}
        answer = httpx.post(self.gateway.url + CHAT, json=body, headers=headers, verify=NO_TLS, timeout=20)
        return answer.status_code

    def ends(self, key: str, status: int) -> None:
        """Wait until every worker answers ``status``."""
        self.every_worker(lambda: self.chat(key) == status)

    def every_worker(self, holds: Callable[[], bool]) -> None:
        steadily(holds, lasting=A_LOOK, within=AT_ONCE)


@pytest.fixture
def place(fresh_database: FreshDatabase, tmp_path: Path) -> Iterator[Place]:
    environment = fresh_database.environment
    with running_upstream() as upstream, running(tmp_path, "--workers", "2", **environment) as gateway:
        upstream.always(CHAT, chat_reply("fine", prompt_tokens=3, completion_tokens=1))
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, "gpt-4o")
        admin.set_option("QuotaForNewUser", "1000000")
        place = Place(gateway, upstream, admin)
        place.ends(admin.add_token().removeprefix("sk-"), 200)
        listed = {"key": "QuotaForNewUser", "value": "1000000"}
        place.every_worker(lambda: listed in admin.call("GET", "/api/option/"))
        yield place


def test_life_of_an_account(place: Place) -> None:
    number = place.register("ada")
    with closing(place.sign_in("ada")) as client:
        me = client.get("/api/user/self").json()["data"]
        assert (me["id"], me["quota"], me["role"], me["display_name"]) == (number, 1_000_000, 1, "ada")
        (token,) = client.get("/api/token/").json()["data"]
        key = token["key"]
        place.ends(key, 200)
        place.admin.call("PUT", "/api/user/", {"id": number, "quota": 0})
        place.ends(key, 403)
        place.admin.call("PUT", "/api/user/", {"id": number, "quota": 2_000_000})
        place.ends(key, 200)
        place.admin.call("POST", "/api/user/manage", {"username": "ada", "action": "disable"})
        assert client.get("/api/user/self").json()["message"] == "用户已被封禁"
        assert not client.cookies.get("session")
        place.ends(key, 403)
        place.admin.call("POST", "/api/user/manage", {"username": "ada", "action": "enable"})
        place.sign_in("ada").close()
        place.ends(key, 200)
        place.admin.call("DELETE", f"/api/user/{number}")
        place.ends(key, 403)
    assert place.register("ada") != number
    actions = [entry["action"] for entry in place.admin.call("GET", "/api/audit")]
    assert actions[:5] == ["user.delete", "user.enable", "user.disable", "user.update", "user.update"]


def test_an_administrators_change_of_the_quota_survives_concurrent_charges(place: Place) -> None:
    """A change moves the quota by its difference, however many requests are charged at the same time."""
    number = place.register("ada")
    with closing(place.sign_in("ada")) as client:
        (token,) = client.get("/api/token/").json()["data"]

    def move(_: int) -> None:
        seen = place.admin.call("GET", f"/api/user/{number}")["quota"]
        place.admin.call("PUT", "/api/user/", {"id": number, "quota": seen + 1000, "quota_seen": seen})

    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(place.chat, token["key"]) for _ in range(40)]
        list(pool.map(move, range(10)))
        assert {call.result() for call in calls} == {200}
    deadline = time.monotonic() + AT_ONCE
    while True:
        user: dict[str, Any] = place.admin.call("GET", f"/api/user/{number}")
        if user["request_count"] == 40:
            break
        assert time.monotonic() < deadline
    assert user["used_quota"] > 0
    assert user["quota"] + user["used_quota"] == 1_000_000 + 10 * 1000


def test_argon2id_hashes_are_accepted_whether_or_not_new_ones_are_written(tmp_path: Path) -> None:
    def root_signs_in(**environment: str) -> str:
        with running(tmp_path, **environment) as gateway:
            Administrator(gateway.url)
            gateway.stop()

        with closing(sqlite3.connect(tmp_path / "one-api.db")) as database:
            (stored,) = database.execute("SELECT password FROM users WHERE id = 1").fetchone()
        return str(stored)

    assert root_signs_in().startswith("$2b$")
    assert root_signs_in(PASSWORD_HASH_UPGRADE="true").startswith("$argon2id$")
    assert root_signs_in().startswith("$argon2id$")
