"""``/api/user``: signing in and out, and what a user reads of himself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from oneapi.domain.users import UserStatus
from tests.entrypoints.admin.conftest import PASSWORD, USER

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi

LOGIN = "/api/user/login"
WRONG = "用户名或密码错误，或用户已被封禁"
INVALID = "无效的参数"
USER_KEYS = {
    "id",
    "username",
    "password",
    "display_name",
    "role",
    "status",
    "email",
    "github_id",
    "wechat_id",
    "lark_id",
    "oidc_id",
    "verification_code",
    "access_token",
    "quota",
    "used_quota",
    "request_count",
    "group",
    "aff_code",
    "inviter_id",
}


async def test_login_opens_a_session(api: AdminApi) -> None:
    client = await api.client()
    answer = await client.post(LOGIN, json={"username": "alice", "password": PASSWORD})
    data = answer.json()["data"]
    assert set(data) == USER_KEYS
    told = {name: data[name] for name in ("id", "username", "display_name", "role", "status")}
    assert told == {"id": USER, "username": "alice", "display_name": "alice", "role": 1, "status": 1}
    assert {data[name] for name in USER_KEYS - told.keys()} <= {"", 0}
    assert (await client.get("/api/user/self")).json()["data"]["id"] == USER


async def test_login_by_mail_address(api: AdminApi) -> None:
    api.users.change(USER, email="alice@example.com")
    client = await api.client()
    answer = await client.post(LOGIN, json={"username": "alice@example.com", "password": PASSWORD})
    assert answer.json()["data"]["username"] == "alice"


async def test_every_wrong_login_reads_the_same(api: AdminApi) -> None:
    client = await api.client()
    unknown = await client.post(LOGIN, json={"username": "nobody", "password": PASSWORD})
    mistyped = await client.post(LOGIN, json={"username": "alice", "password": "wrong"})
    api.users.change(USER, status=UserStatus.DISABLED)
    banned = await client.post(LOGIN, json={"username": "alice", "password": PASSWORD})
    for answer in (unknown, mistyped, banned):
        assert (answer.status_code, answer.json()) == (200, {"success": False, "message": WRONG})
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"{",
        b"\xff\xfe",
        b'{"username":"alice"}',
        b'{"username":"alice","password":""}',
        b'{"username":"alice","password":5}',
        b'{"username":"alice","password":"\\ud800"}',
        b'{"username":"alice","password":"a\\u0000b"}',
        b'{"username":["alice"],"password":"x"}',
    ],
)
async def test_unreadable_login_is_an_invalid_parameter(api: AdminApi, body: bytes) -> None:
    answer = await (await api.client()).post(LOGIN, content=body)
    assert (answer.status_code, answer.json()) == (200, {"success": False, "message": INVALID})


async def test_login_by_password_can_be_closed(api: AdminApi) -> None:
    root = await api.client(31)
    await root.put("/api/option/", json={"key": "PasswordLoginEnabled", "value": "false"})
    answer = await (await api.client()).post(LOGIN, json={"username": "alice", "password": PASSWORD})
    assert answer.json() == {"success": False, "message": "管理员关闭了密码登录"}


async def test_attempts_are_limited_by_address(api: AdminApi) -> None:
    guessing = await api.client()
    guessing.headers["X-Test-Address"] = "198.51.100.1"
    for _ in range(api.critical_rate.limit):
        assert (await guessing.post(LOGIN, json={"username": "alice", "password": "?"})).status_code == 200
    refused = await guessing.post(LOGIN, json={"username": "alice", "password": PASSWORD})
    assert (refused.status_code, refused.json()["success"]) == (429, False)
    assert refused.headers["retry-after"] == "1200"
    elsewhere = await api.client()
    elsewhere.headers["X-Test-Address"] = "198.51.100.2"
    right = {"username": "alice", "password": PASSWORD}
    assert (await elsewhere.post(LOGIN, json=right)).json()["success"]
    api.now += api.critical_rate.seconds
    assert (await guessing.post(LOGIN, json=right)).json()["success"]


@pytest.mark.parametrize(("proto", "secure"), [(None, False), ("http", False), ("https", True)])
async def test_session_cookie_is_kept_from_scripts_and_strangers(
    api: AdminApi, proto: str | None, *, secure: bool
) -> None:
    headers = {"X-Forwarded-Proto": proto} if proto else {}
    body = {"username": "alice", "password": PASSWORD}
    answer = await (await api.client()).post(LOGIN, json=body, headers=headers)
    cookie = answer.headers["set-cookie"]
    value, *attributes = cookie.split("; ")
    assert value.startswith("session=")
    assert {"Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax"} <= set(attributes)
    assert ("Secure" in attributes) is secure


async def test_logout_takes_the_cookie_away(api: AdminApi) -> None:
    client = await api.client()
    await client.post(LOGIN, json={"username": "alice", "password": PASSWORD})
    assert (await client.get("/api/user/logout")).json() == {"success": True, "message": ""}
    assert (await client.get("/api/user/self")).status_code == 401


async def test_new_access_token_replaces_the_one_before(api: AdminApi) -> None:
    client = await api.client(Authorization="access-11")
    renewed = (await client.get("/api/user/token")).json()["data"]
    assert len(renewed) == 32
    assert not (await client.get("/api/user/self")).json()["success"]
    client = await api.client(Authorization=renewed)
    assert (await client.get("/api/user/self")).json()["data"]["username"] == "alice"


async def test_self_shows_no_secret(api: AdminApi) -> None:
    data = (await (await api.client(USER)).get("/api/user/self")).json()["data"]
    assert set(data) == USER_KEYS
    assert (data["quota"], data["group"]) == (1000, "default")
    assert (data["password"], data["access_token"], data["verification_code"]) == ("", "", "")
