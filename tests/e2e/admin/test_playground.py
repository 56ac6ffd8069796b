"""The playground of a real gateway: streamed, billed once to the user alone, and refused without a session."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.conftest import eventually
from tests.support.gateway.server import NO_TLS
from tests.support.providers.upstream import chat_reply, chat_stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Site

CHAT = "/api/playground/chat/completions"
ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}
NAME, PASSWORD = "player", "of-the-player"


def query(site: Site, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(site.gateway.directory / "one-api.db", timeout=10)) as database:
        rows = database.execute(statement, parameters).fetchall()
        database.commit()
    return rows


@pytest.fixture
def player(site: Site) -> Iterator[httpx.Client]:
    """A client signed in as a new common user with one dollar."""
    site.admin.call("POST", "/api/user/", {"username": NAME, "password": PASSWORD})
    [number] = [row["id"] for row in site.admin.call("GET", f"/api/user/search?keyword={NAME}")]
    site.admin.call("POST", "/api/topup", {"user_id": number, "quota": 500_000})
    with httpx.Client(base_url=site.gateway.url, timeout=20, verify=NO_TLS) as client:
        signed_in = client.post("/api/user/login", json={"username": NAME, "password": PASSWORD}).json()
        assert signed_in["success"], signed_in
        yield client
    site.admin.call("DELETE", f"/api/user/{number}")


def balance(player: httpx.Client) -> tuple[int, int]:
    me = player.get("/api/user/self").json()["data"]
    return me["quota"], me["used_quota"]


def charges(player: httpx.Client) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = player.get("/api/log/self", params={"p": 0, "type": 2}).json()["data"]
    return rows


def test_a_stream_is_billed_once_and_touches_no_token(site: Site, player: httpx.Client) -> None:
    tokens = query(site, "SELECT * FROM tokens ORDER BY id")
    granted, _ = balance(player)
    site.upstream.always(None, chat_stream(["hel", "lo"], usage=(9, 2)))
    asked = ASKED | {"stream": True, "stream_options": {"include_usage": True}}
    with player.stream("POST", CHAT, json=asked) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: ")]
    assert events[-1] == "[DONE]"
    choices = [json.loads(event)["choices"] for event in events[:-1]]
    assert "".join(each[0]["delta"].get("content") or "" for each in choices if each) == "hello"
    assert json.loads(events[-2])["usage"]["total_tokens"] == 11

    [row] = charges(player)
    request_id = answer.headers["x-oneapi-request-id"]
    assert row["request_id"] == request_id
    assert (row["token_name"], row["username"]) == ("playground", NAME)
    assert (row["prompt_tokens"], row["completion_tokens"]) == (9, 2)
    assert row["quota"] > 0
    assert balance(player) == (granted - row["quota"], row["quota"])
    entries = query(site, "SELECT token_id, amount FROM ledger WHERE request_id = ?", request_id)
    assert entries == [(0, row["quota"])]
    assert query(site, "SELECT * FROM tokens ORDER BY id") == tokens


def test_a_hold_near_the_limit_is_stored_and_released(site: Site, player: httpx.Client) -> None:
    """The hold is stored, because it is large compared with the balance; its row has token id 0 for "no token"."""
    granted, _ = balance(player)
    asked = ASKED | {"max_tokens": 20_000}
    site.upstream.always(None, chat_reply("hello", prompt_tokens=9, completion_tokens=2))
    assert player.post(CHAT, json=asked).status_code == 200
    [row] = charges(player)
    assert balance(player) == (granted - row["quota"], row["quota"])
    eventually(lambda: not query(site, "SELECT * FROM holds WHERE token_id = 0"))


def test_a_user_without_quota_is_refused_before_the_call(site: Site, player: httpx.Client) -> None:
    answer = player.post(CHAT, json=ASKED | {"max_tokens": 10_000_000})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "insufficient_user_quota"
    assert not site.upstream.requests
    assert not charges(player)


def test_only_a_session_of_this_site_is_served(site: Site, player: httpx.Client) -> None:
    guest = httpx.post(site.gateway.url + CHAT, json=ASKED, timeout=20, verify=NO_TLS)
    assert guest.status_code == 401
    with_token = httpx.post(
        site.gateway.url + CHAT,
        json=ASKED,
        headers={"Authorization": f"Bearer {site.key}"},
        timeout=20,
        verify=NO_TLS,
    )
    assert with_token.status_code == 401
    foreign = player.post(CHAT, json=ASKED, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
    assert not site.upstream.requests
    assert not charges(player)


def test_a_disabled_user_is_refused_at_once(site: Site, player: httpx.Client) -> None:
    site.upstream.always(None, chat_reply("hello", prompt_tokens=9, completion_tokens=2))
    assert player.post(CHAT, json=ASKED).status_code == 200
    site.admin.call("POST", "/api/user/manage", {"username": NAME, "action": "disable"})
    answer = player.post(CHAT, json=ASKED, headers={"Accept-Language": "en"})
    assert answer.status_code == 403
    assert answer.json()["error"]["message"].startswith("this user is banned")
    assert len(site.upstream.requests) == 1
