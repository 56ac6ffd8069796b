"""Signing out ends a session on the server; sessions are listed and ended; a new password ends everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.entrypoints.admin.conftest import OTHER, ROOT, USER
from tests.fakes.root import PASSWORD

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi

SESSIONS = "/api/user/sessions"


async def signed_in(api: AdminApi, browser: str = "Firefox") -> httpx.AsyncClient:
    client = await api.client()
    client.headers = httpx.Headers([(b"User-Agent", browser.encode())])
    answer = await client.post("/api/user/login", json={"username": "alice", "password": PASSWORD})
    assert answer.json()["success"]
    return client


async def listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await client.get(SESSIONS)).json()["data"]
    return rows


async def status(client: httpx.AsyncClient) -> int:
    return (await client.get("/api/user/self")).status_code


async def test_a_cookie_is_invalid_after_signing_out(api: AdminApi) -> None:
    client = await signed_in(api)
    stolen = await api.client(Cookie=f"session={client.cookies['session']}")
    assert await status(stolen) == 200
    assert (await client.get("/api/user/logout")).json()["success"]
    assert await status(stolen) == 401
    assert await status(await signed_in(api)) == 200


async def test_signing_out_ends_no_other_session(api: AdminApi) -> None:
    here, there = await signed_in(api), await signed_in(api)
    await here.get("/api/user/logout")
    assert await status(there) == 200


async def test_a_page_of_another_site_cannot_sign_users_out(api: AdminApi) -> None:
    client = await signed_in(api)
    refused = await client.get("/api/user/logout", headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert await status(client) == 200


async def test_signing_out_without_a_session_succeeds(api: AdminApi) -> None:
    for cookie in ("", "session=nonsense"):
        client = await api.client(Cookie=cookie)
        assert (await client.get("/api/user/logout")).json()["success"]


async def test_sessions_show_where_they_were_opened(api: AdminApi) -> None:
    api.address = "198.51.100.7"
    here = await signed_in(api, "Firefox \u202e on a phone" + "x" * 500)
    api.now += 600
    api.address = "198.51.100.8"
    there = await signed_in(api, "curl")
    rows = await listed(there)
    assert [(row["address"], row["current"]) for row in rows] == [
        ("198.51.100.8", True),
        ("198.51.100.7", False),
    ]
    assert rows[0]["browser"] == "curl"
    assert len(rows[1]["browser"]) == 191
    assert "\u202e" not in rows[1]["browser"]
    assert rows[1]["seen_time"] == rows[1]["created_time"] == int(api.now) - 600
    api.now += 600
    rows = await listed(here)
    assert [row["address"] for row in rows] == ["198.51.100.7", "198.51.100.8"], (
        "the one used last comes first"
    )


async def test_a_session_can_be_ended_from_another(api: AdminApi) -> None:
    here, there = await signed_in(api), await signed_in(api)
    (other,) = [row["id"] for row in await listed(here) if not row["current"]]
    assert (await here.delete(f"{SESSIONS}/{other}")).json()["success"]
    assert await status(there) == 401
    assert not (await here.delete(f"{SESSIONS}/{other}")).json()["success"]
    assert await status(here) == 200


async def test_all_other_sessions_can_be_ended_at_once(api: AdminApi) -> None:
    here, *others = [await signed_in(api) for _ in range(4)]
    assert (await here.delete(SESSIONS)).json()["success"]
    assert [await status(each) for each in (here, *others)] == [200, 401, 401, 401]
    by_token = await api.client(Authorization="access-11")
    await by_token.delete(SESSIONS)
    assert await status(here) == 401, "an access token is no session, and ends them all"


@pytest.mark.parametrize("who", [OTHER, ROOT])
async def test_users_cannot_see_or_end_sessions_of_others(api: AdminApi, who: int) -> None:
    mine, theirs = await signed_in(api), await api.client(who)
    (row,) = await listed(mine)
    assert not (await theirs.delete(f"{SESSIONS}/{row['id']}")).json()["success"]
    assert row["id"] not in [each["id"] for each in await listed(theirs)]
    assert await status(mine) == 200


async def test_a_new_password_ends_sessions_and_access_token(api: AdminApi) -> None:
    here, there = await signed_in(api), await signed_in(api)
    by_token = await api.client(Authorization="access-11")
    assert await status(by_token) == 200
    changed = await here.put("/api/user/self", json={"password": "another password"})
    assert changed.json()["success"], changed.text
    assert (await by_token.get("/api/user/self")).json()["success"] is False
    assert await status(there) == 401
    assert await status(here) == 200
    assert len(await listed(here)) == 1


async def test_a_password_set_by_an_administrator_ends_them_too(api: AdminApi) -> None:
    mine, root = await signed_in(api), await api.client(ROOT)
    user = (await root.get(f"/api/user/{USER}")).json()["data"]
    changed = await root.put("/api/user/", json=user | {"password": "another password"})
    assert changed.json()["success"], changed.text
    assert await status(mine) == 401
    assert api.users.access_tokens[USER] != "access-11"
    assert not await api.sessions.of(USER)
