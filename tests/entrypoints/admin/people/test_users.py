"""``/api/user``: signing in and out, and what users read and change in their own account."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.application.people.sign_in import FRESH, WRONG_PASSWORDS
from oneapi.domain.people.users import UserStatus
from oneapi.entrypoints.routes import CRITICAL_WINDOW
from tests.entrypoints.admin.conftest import ROOT, SETTINGS, USER
from tests.fakes.root import PASSWORD

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

LOGIN = "/api/user/login"
WRONG = "用户名或密码错误，或用户已被封禁"
INVALID = "无效的参数"
ADDRESSES = itertools.count(1)
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


async def test_a_login_opens_a_session(api: AdminApi) -> None:
    client = await api.client()
    answer = await client.post(LOGIN, json={"username": "alice", "password": PASSWORD})
    data = answer.json()["data"]
    assert set(data) == USER_KEYS
    told = {name: data[name] for name in ("id", "username", "display_name", "role", "status")}
    assert told == {"id": USER, "username": "alice", "display_name": "alice", "role": 1, "status": 1}
    assert {data[name] for name in USER_KEYS - told.keys()} <= {"", 0}
    assert (await client.get("/api/user/self")).json()["data"]["id"] == USER


async def test_a_login_by_mail_address(api: AdminApi) -> None:
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
async def test_an_unreadable_login_is_an_invalid_parameter(api: AdminApi, body: bytes) -> None:
    answer = await (await api.client()).post(LOGIN, content=body)
    assert (answer.status_code, answer.json()) == (200, {"success": False, "message": INVALID})


async def test_logins_by_password_can_be_closed(api: AdminApi) -> None:
    root = await api.client(31)
    await root.put("/api/option/", json={"key": "PasswordLoginEnabled", "value": "false"})
    answer = await (await api.client()).post(LOGIN, json={"username": "alice", "password": PASSWORD})
    assert answer.json() == {"success": False, "message": "管理员关闭了密码登录"}


async def test_login_attempts_are_limited_by_address(api: AdminApi) -> None:
    guessing = await api.client()
    guessing.headers["X-Test-Address"] = "198.51.100.1"
    for _ in range(SETTINGS.critical_rate_limit):
        assert (await guessing.post(LOGIN, json={"username": "nobody", "password": "?"})).status_code == 200
    refused = await guessing.post(LOGIN, json={"username": "alice", "password": PASSWORD})
    assert (refused.status_code, refused.json()["success"]) == (429, False)
    assert refused.headers["retry-after"] == "1200"
    elsewhere = await api.client()
    elsewhere.headers["X-Test-Address"] = "198.51.100.2"
    right = {"username": "alice", "password": PASSWORD}
    assert (await elsewhere.post(LOGIN, json=right)).json()["success"]
    api.now += CRITICAL_WINDOW
    assert (await guessing.post(LOGIN, json=right)).json()["success"]


@pytest.mark.parametrize(("proto", "secure"), [(None, False), ("http", False), ("https", True)])
async def test_the_session_cookie_is_hidden_from_scripts_and_other_sites(
    api: AdminApi, proto: str | None, *, secure: bool
) -> None:
    headers = {"X-Forwarded-Proto": proto} if proto else {}
    body = {"username": "alice", "password": PASSWORD}
    answer = await (await api.client()).post(LOGIN, json=body, headers=headers)
    cookies = {}
    for cookie in answer.headers.get_list("set-cookie"):
        value, *attributes = cookie.split("; ")
        assert {"Path=/", "HttpOnly", "SameSite=Lax"} <= set(attributes)
        assert ("Secure" in attributes) is secure
        cookies[value.split("=")[0]] = attributes
    assert "Max-Age=2592000" in cookies["session"]
    assert "Max-Age=31536000" in cookies["known_browser"]


async def test_a_logout_removes_the_cookie(api: AdminApi) -> None:
    client = await api.client()
    await client.post(LOGIN, json={"username": "alice", "password": PASSWORD})
    assert (await client.get("/api/user/logout")).json() == {"success": True, "message": ""}
    assert (await client.get("/api/user/self")).status_code == 401


async def test_a_new_access_token_replaces_the_previous_one(api: AdminApi) -> None:
    client = await api.client(Authorization="access-11")
    renewed = (await client.get("/api/user/token")).json()["data"]
    assert len(renewed) == 32
    assert not (await client.get("/api/user/self")).json()["success"]
    client = await api.client(Authorization=renewed)
    assert (await client.get("/api/user/self")).json()["data"]["username"] == "alice"


async def test_the_users_own_data_show_no_secret(api: AdminApi) -> None:
    data = (await (await api.client(USER)).get("/api/user/self")).json()["data"]
    assert set(data) == USER_KEYS | {"first_password"}
    assert (data["quota"], data["group"]) == (1000, "default")
    assert (data["password"], data["access_token"], data["verification_code"]) == ("", "", "")


async def test_root_is_told_of_the_initial_password_until_it_changes(api: AdminApi) -> None:
    async def warned(user: int) -> bool:
        data = (await (await api.client(user)).get("/api/user/self")).json()["data"]
        return bool(data["first_password"])

    assert (await warned(ROOT), await warned(USER)) == (True, False)
    api.users.hashes[ROOT] = "made of another"
    assert not await warned(ROOT)


# --- guessing ----------------------------------------------------------------------------------


async def guess(api: AdminApi, client: httpx.AsyncClient, password: str = "?", name: str = "alice") -> bool:
    """Whether a sign-in from a new address succeeds. Asserts that a refusal reads like a wrong password."""
    api.address = f"2001:db8:1:{next(ADDRESSES):x}::1"
    answer = (await client.post(LOGIN, json={"username": name, "password": password})).json()
    assert answer["success"] or answer["message"] == WRONG
    return bool(answer["success"])


async def test_guesses_at_one_account_are_limited_across_addresses(api: AdminApi) -> None:
    client = await api.client()
    api.users.change(USER, email="alice@example.com")
    for number in range(WRONG_PASSWORDS.limit):
        assert not await guess(api, client, name=("alice", "alice@example.com")[number % 2])
    assert not await guess(api, client, PASSWORD)
    assert not await guess(api, client, PASSWORD, "alice@example.com")
    assert await guess(api, await api.client(), PASSWORD, "bob"), "others sign in"
    api.now += WRONG_PASSWORDS.seconds
    assert await guess(api, client, PASSWORD)


async def test_right_passwords_do_not_count_as_guesses(api: AdminApi) -> None:
    for _ in range(WRONG_PASSWORDS.limit + 2):
        assert await guess(api, await api.client(), PASSWORD)


async def test_a_known_browser_is_not_locked_out(api: AdminApi) -> None:
    known, stranger = await api.client(), await api.client()
    assert await guess(api, known, PASSWORD)
    await known.get("/api/user/logout")
    for _ in range(WRONG_PASSWORDS.limit):
        assert not await guess(api, stranger)
    assert not await guess(api, stranger, PASSWORD)
    assert await guess(api, known, PASSWORD)
    for _ in range(WRONG_PASSWORDS.limit):
        assert not await guess(api, known)
    assert not await guess(api, known, PASSWORD), "a stolen browser guesses no longer than others"


async def test_the_cookie_of_a_known_browser_grants_no_access(api: AdminApi) -> None:
    client = await api.client()
    assert await guess(api, client, PASSWORD)
    device = client.cookies["known_browser"]
    thief = await api.client(Cookie=f"session={device}")
    assert (await thief.get("/api/user/self")).status_code == 401
    for cookie in (client.cookies["session"], "x", device + "x"):
        other = await api.client(Cookie=f"known_browser={cookie}")
        api.limits.clear()
        for _ in range(WRONG_PASSWORDS.limit):
            assert not await guess(api, other)
        assert not await guess(api, await api.client(), PASSWORD), "counted as from anywhere"


async def test_a_name_is_found_in_its_normal_form(api: AdminApi) -> None:
    api.users.change(USER, username="zoë")
    assert await guess(api, await api.client(), PASSWORD, " zoe\u0308 ")


# --- the user's own account --------------------------------------------------------------------

SELF = "/api/user/self"
NEEDS_OLD = "原密码错误，或需要重新登录后再修改用户名或密码"


async def test_a_new_password_keeps_this_session_and_ends_the_others(api: AdminApi) -> None:
    client, other = await api.client(USER), await api.client(USER)
    body = {"username": "alice", "password": "new password", "display_name": "Alice"}
    assert (await client.put(SELF, json=body)).json() == {"success": True, "message": ""}
    assert (await client.get(SELF)).json()["data"]["display_name"] == "Alice"
    assert (await other.get(SELF)).status_code == 401
    assert not await guess(api, await api.client(), PASSWORD)
    assert await guess(api, await api.client(), "new password")


@pytest.mark.parametrize("field", ["old_password", "original_password"])
async def test_changes_of_password_or_name_need_the_old_password(api: AdminApi, field: str) -> None:
    by_cookie, by_token = await api.client(USER), await api.client(Authorization="access-11")
    api.now += FRESH + 1
    for client in (by_cookie, by_token):
        for wanted in ({"password": "new password"}, {"username": "alicia"}):
            answer = (await client.put(SELF, json=wanted)).json()
            assert answer == {"success": False, "message": NEEDS_OLD}
            assert (await client.put(SELF, json=wanted | {field: "wrong"})).json()["message"] == NEEDS_OLD
    assert (api.users.rows[USER].username, api.users.hashes[USER]) == ("alice", "hash-of-11")
    assert (await by_token.put(SELF, json={"username": "alicia", field: PASSWORD})).json()["success"]
    assert (await by_cookie.put(SELF, json={"display_name": "A"})).json()["success"], "no proof for this"
    assert (await by_cookie.put(SELF, json={"password": "new password", field: PASSWORD})).json()["success"]
    assert (await by_cookie.get(SELF)).json()["data"]["username"] == "alicia"


async def test_an_old_password_must_be_right_if_given(api: AdminApi) -> None:
    client = await api.client(USER)
    for _ in range(WRONG_PASSWORDS.limit):
        wanted = {"password": "new password", "old_password": "wrong"}
        assert (await client.put(SELF, json=wanted)).json()["message"] == NEEDS_OLD
    wanted = {"password": "new password", "old_password": PASSWORD}
    assert (await client.put(SELF, json=wanted)).json()["message"] == NEEDS_OLD, (
        "it is guessing like any other"
    )
    assert api.users.hashes[USER] == "hash-of-11"


@pytest.mark.parametrize(
    "same", [{}, {"username": "", "display_name": "", "password": ""}, {"password": "$I_LOVE_U"}]
)
async def test_empty_fields_are_kept(api: AdminApi, same: dict[str, str]) -> None:
    before = api.users.rows[USER]
    client = await api.client(USER)
    answer = await client.put(
        SELF, json=same | {"quota": 5, "role": 100, "access_token": "x", "group": "vip"}
    )
    assert answer.json() == {"success": True, "message": ""}
    assert "set-cookie" not in answer.headers
    assert (api.users.rows[USER], api.users.hashes[USER]) == (before, "hash-of-11")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"username": "x" * 13}, "输入不合法 username"),
        ({"display_name": "x" * 21}, "输入不合法 display_name"),
        ({"password": "x" * 7}, "输入不合法 password"),
        ({"password": "x" * 21}, "输入不合法 password"),
        ({"password": "😀" * 20}, "密码过长，编码后不得超过 72 字节"),
        ({"username": "BOB"}, "用户名已被占用，或与已有用户名过于相似"),
        ({"username": "bo\u200bb"}, "用户名不能为空，也不能包含不可见字符或混用形近的文字"),
        ({"username": 5}, INVALID),
    ],
)
async def test_invalid_values_are_refused(api: AdminApi, wanted: dict[str, Any], message: str) -> None:
    before = api.users.rows[USER]
    answer = await (await api.client(USER)).put(SELF, json={"display_name": "new"} | wanted)
    assert answer.json() == {"success": False, "message": message}
    assert (api.users.rows[USER], api.users.hashes[USER]) == (before, "hash-of-11")


async def test_a_deleted_account_is_closed_and_its_name_is_free(api: AdminApi) -> None:
    client = await api.client(USER)
    assert (await client.delete(SELF)).json() == {"success": True, "message": ""}
    gone = api.users.rows[USER]
    assert (gone.status, gone.quota) == (UserStatus.DELETED, 1000)
    assert re.fullmatch("deleted_[0-9a-f]{32}", gone.username)
    assert (await client.get(SELF)).status_code == 401
    assert not (await (await api.client(Authorization="access-11")).get(SELF)).json()["success"]
    assert api.forgotten


async def test_root_cannot_delete_itself(api: AdminApi) -> None:
    answer = await (await api.client(ROOT)).delete(SELF)
    assert answer.json() == {"success": False, "message": "不能删除超级管理员账户"}
    assert api.users.rows[ROOT].enabled


async def test_the_invitation_code_is_made_once(api: AdminApi) -> None:
    client = await api.client(USER)
    code = (await client.get("/api/user/aff")).json()["data"]
    assert re.fullmatch("[0-9A-Za-z]{8}", code)
    assert (await client.get("/api/user/aff")).json()["data"] == code == api.users.rows[USER].aff_code
    api.users.change(USER, aff_code="Old1")
    assert (await client.get("/api/user/aff")).json()["data"] == "Old1"
