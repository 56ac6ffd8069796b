"""``/api/user`` for administrators: who may change which users, and the effects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.domain.logs.rows import LogType
from oneapi.domain.people.users import Role, UserStatus
from tests.entrypoints.admin.conftest import ADMIN, OTHER, ROOT, USER
from tests.entrypoints.admin.people.test_users import USER_KEYS
from tests.fakes.root import NOW

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi

DONE = {"success": True, "message": ""}
INVALID_PARAMETER, INVALID_INPUT, NOT_FOUND = "无效的参数", "无效的输入，请检查您的输入", "record not found"
MAY_NOT_CHANGE = "无权更新同权限等级或更高权限等级的用户信息"
MAY_NOT_RAISE = "无权将其他用户权限等级提升到大于等于自己的权限等级"


async def put(api: AdminApi, me: int, user_id: int, **fields: Any) -> str:
    """The message of the answer; empty after a success."""
    answer = (await (await api.client(me)).put("/api/user/", json={"id": user_id} | fields)).json()
    assert answer["success"] is (answer["message"] == "")
    message: str = answer["message"]
    return message


async def manage(api: AdminApi, me: int, username: str, action: str) -> Any:
    """The changed user, or the message of a refusal."""
    body = {"username": username, "action": action}
    answer = (await (await api.client(me)).post("/api/user/manage", json=body)).json()
    return answer["data"] if answer["success"] else answer["message"]


# --- reading -----------------------------------------------------------------------------------


async def test_the_list_is_in_pages_newest_first_without_deleted_users(api: AdminApi) -> None:
    api.users.change(OTHER, status=UserStatus.DELETED)
    client = await api.client(ADMIN)
    answer = await client.get("/api/user/")
    assert [user["id"] for user in answer.json()["data"]] == [ROOT, ADMIN, USER]
    assert answer.headers["x-total-count"] == "3"
    assert set(answer.json()["data"][0]) == USER_KEYS
    page = await client.get("/api/user/", params={"p": 1, "page_size": 2})
    assert [user["id"] for user in page.json()["data"]] == [USER]


@pytest.mark.parametrize("order", ["quota", "used_quota", "request_count"])
async def test_the_list_in_a_given_order(api: AdminApi, order: str) -> None:
    api.users.change(ADMIN, **{order: 5000})
    answer = await (await api.client(ADMIN)).get("/api/user/", params={"order": order})
    assert [user["id"] for user in answer.json()["data"]] == [ADMIN, ROOT, OTHER, USER]


@pytest.mark.parametrize(
    ("keyword", "found"),
    [("al", [USER]), ("AL", [USER]), ("12", [OTHER]), ("mail@", [ADMIN]), ("%", []), ("_", []), ("gone", [])],
)
async def test_search(api: AdminApi, keyword: str, found: list[int]) -> None:
    api.users.change(ADMIN, email="mail@x.co")
    api.users.put(40, "gone")
    api.users.change(40, status=UserStatus.DELETED)
    answer = await (await api.client(ADMIN)).get("/api/user/search", params={"keyword": keyword})
    assert [user["id"] for user in answer.json()["data"]] == found


async def test_access_tokens_are_not_shown(api: AdminApi) -> None:
    client = await api.client(ROOT)
    for path in ("/api/user/", "/api/user/search?keyword=", f"/api/user/{USER}", "/api/user/self"):
        text = (await client.get(path)).text
        assert "access-" not in text
        assert "hash-of" not in text


@pytest.mark.parametrize(
    ("me", "path", "message"),
    [
        (ADMIN, USER, ""),
        (ADMIN, ADMIN, "无权获取同级或更高等级用户的信息"),
        (ADMIN, ROOT, "无权获取同级或更高等级用户的信息"),
        (ROOT, ROOT, ""),
        (ROOT, 99, NOT_FOUND),
        (ROOT, 0, "id 为空！"),
        (ROOT, "abc", INVALID_PARAMETER),
    ],
)
async def test_reading_one(api: AdminApi, me: int, path: object, message: str) -> None:
    answer = (await (await api.client(me)).get(f"/api/user/{path}")).json()
    assert answer["message"] == message
    assert message or answer["data"]["id"] == path


# --- creating ----------------------------------------------------------------------------------


async def test_administrator_makes_common_users(api: AdminApi) -> None:
    more = {"role": 1, "quota": 5, "group": "vip", "email": "a@b.co", "access_token": "x"}
    body = {"username": "ada", "password": "lovelace1", "display_name": "Ada"} | more
    assert (await (await api.client(ADMIN)).post("/api/user/", json=body)).json() == DONE
    made = await api.users.by_username("ada")
    assert made is not None
    assert (made.display_name, made.role, made.quota, made.group, made.email) == ("Ada", 1, 0, "default", "")
    assert [token.name for token in api.tokens.rows.values()] == ["default"]
    (entry,) = api.audit.rows
    assert (entry.username, entry.action, entry.target) == ("carol", "user.create", f"user {made.id}")
    assert "lovelace1" not in entry.after


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, INVALID_PARAMETER),
        ({"username": "ada"}, INVALID_PARAMETER),
        ({"username": "ada", "password": 5}, INVALID_PARAMETER),
        ({"username": "ada", "password": "short"}, INVALID_INPUT),
        ({"username": "x" * 13, "password": "lovelace1"}, INVALID_INPUT),
        ({"username": "ada", "password": "lovelace1", "display_name": "x" * 21}, INVALID_INPUT),
        ({"username": "ada", "password": "lovelace1", "role": 10}, "无法创建权限大于等于自己的用户"),
        ({"username": "Root", "password": "lovelace1"}, "用户名已被占用，或与已有用户名过于相似"),
    ],
)
async def test_creating_is_refused(api: AdminApi, body: dict[str, Any], message: str) -> None:
    before = dict(api.users.rows)
    answer = (await (await api.client(ADMIN)).post("/api/user/", json=body)).json()
    assert answer == {"success": False, "message": message}
    assert (api.users.rows, api.audit.rows) == (before, [])


# --- changing ----------------------------------------------------------------------------------


async def test_all_given_fields_are_set(api: AdminApi) -> None:
    before = api.users.rows[USER]
    order: dict[str, Any] = {
        "username": "ada",
        "display_name": "Ada",
        "email": "a@b.co",
        "group": "vip",
        "quota": 7,
    }
    assert await put(api, ADMIN, USER, **order, status=2, password="lovelace1") == ""
    assert api.users.rows[USER] == evolve(before, **order, status=UserStatus.DISABLED)
    assert api.users.hashes[USER] == "made of lovelace1"
    assert api.forgotten == 1
    (entry,) = api.audit.rows
    assert (entry.action, entry.target) == ("user.update", f"user {USER}")
    assert '"password":"***"' in entry.after
    assert "lovelace1" not in entry.before + entry.after
    assert "hash" not in entry.before + entry.after
    assert '"quota":1000' in entry.before


async def test_empty_and_zero_are_values(api: AdminApi) -> None:
    api.users.change(USER, email="a@b.co")
    assert await put(api, ADMIN, USER, quota=0, email="", display_name="") == ""
    user = api.users.rows[USER]
    assert (user.quota, user.email, user.display_name) == (0, "", "")


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"username": "", "password": "", "group": "", "role": 0, "status": 0},
        {"username": "alice", "password": "$I_LOVE_U", "quota": 1000, "role": 1, "status": 1},
        {"quota": None, "email": None},
        {
            "access_token": "x",
            "used_quota": 5,
            "request_count": 5,
            "aff_code": "x",
            "inviter_id": 5,
            "github_id": "x",
            "wechat_id": "x",
            "lark_id": "x",
            "oidc_id": "x",
            "verification_code": "x",
        },
    ],
)
async def test_omitted_fields_are_kept(api: AdminApi, same: dict[str, Any]) -> None:
    before = dict(api.users.rows)
    assert await put(api, ADMIN, USER, **same) == ""
    assert (api.users.rows, api.users.hashes[USER], api.logs.rows) == (before, "hash-of-11", [])
    assert api.users.access_tokens[USER] == "access-11"


async def test_names_of_external_accounts_may_be_longer_while_unchanged(api: AdminApi) -> None:
    api.users.change(USER, username="a-name-from-elsewhere")
    assert await put(api, ADMIN, USER, username="a-name-from-elsewhere", quota=5) == ""
    assert await put(api, ADMIN, USER, username="another-long-name") == INVALID_INPUT


async def test_a_change_of_the_quota_is_recorded_once(api: AdminApi) -> None:
    assert await put(api, ADMIN, USER, quota=500_000) == ""
    assert await put(api, ADMIN, USER, quota=500_000) == ""
    (row,) = api.logs.rows
    assert (row.type, row.user_id, row.username, row.created_at) == (LogType.MANAGE, USER, "alice", int(NOW))
    assert row.content == "管理员将用户额度从 ＄0.002000 额度修改为 ＄1.000000 额度"


async def test_consumption_since_the_page_was_shown_is_kept(api: AdminApi) -> None:
    api.users.change(USER, quota=900)
    assert await put(api, ADMIN, USER, quota=5000, quota_seen=1000) == ""
    assert api.users.rows[USER].quota == 4900
    assert await put(api, ADMIN, USER, quota=4900, quota_seen=4900, group="vip") == ""
    api.users.change(USER, quota=4000)
    assert await put(api, ADMIN, USER, quota=4900, quota_seen=4900, group="default") == ""
    assert api.users.rows[USER].quota == 4000


@pytest.mark.parametrize(
    ("me", "target", "fields", "message"),
    [
        (ADMIN, 0, {"quota": 1}, INVALID_PARAMETER),
        (ADMIN, 99, {"quota": 1}, NOT_FOUND),
        (ADMIN, 40, {"status": 1}, NOT_FOUND),
        (ADMIN, ADMIN, {"quota": 1}, MAY_NOT_CHANGE),
        (ADMIN, ROOT, {"quota": 1}, MAY_NOT_CHANGE),
        (ADMIN, ROOT, {"password": "lovelace1"}, MAY_NOT_CHANGE),
        (ADMIN, USER, {"role": 10}, MAY_NOT_RAISE),
        (ADMIN, USER, {"role": 100}, MAY_NOT_RAISE),
        (ROOT, USER, {"role": 5}, "参数错误：无效的角色 5"),
        (ADMIN, USER, {"status": 3}, "参数错误：无效的状态 3"),
        (ROOT, ROOT, {"role": 1}, "无法降级超级管理员用户"),
        (ROOT, ROOT, {"status": 2}, "无法禁用超级管理员用户"),
        (ADMIN, USER, {"username": "x" * 13}, INVALID_INPUT),
        (ADMIN, USER, {"username": "BOB"}, "用户名已被占用，或与已有用户名过于相似"),
        (ADMIN, USER, {"display_name": "x" * 21}, INVALID_INPUT),
        (ADMIN, USER, {"password": "short"}, INVALID_INPUT),
        (ADMIN, USER, {"email": "no address"}, INVALID_INPUT),
        (ADMIN, USER, {"email": "a@b.co\r\nBcc: c@d.co"}, INVALID_INPUT),
        (ADMIN, USER, {"email": "BOB@x.co"}, "邮箱地址已被占用"),
        (ADMIN, USER, {"group": "x" * 33}, "参数错误：group 过长（最多 32 个字符）"),
        (ADMIN, USER, {"quota": "1"}, INVALID_PARAMETER),
        (ADMIN, USER, {"quota": 2**60}, INVALID_PARAMETER),
    ],
)
async def test_changing_is_refused(
    api: AdminApi, me: int, target: int, fields: dict[str, Any], message: str
) -> None:
    api.users.change(OTHER, email="bob@x.co")
    api.users.put(40, "gone")
    api.users.change(40, status=UserStatus.DELETED)
    before, hashes = dict(api.users.rows), dict(api.users.hashes)
    assert await put(api, me, target, **{"display_name": "new"} | fields) == message
    assert (api.users.rows, api.users.hashes) == (before, hashes)
    assert (api.logs.rows, api.audit.rows, api.forgotten) == ([], [], 0)


async def test_root_changes_itself_and_others(api: AdminApi) -> None:
    assert await put(api, ROOT, ROOT, quota=5, role=100, status=1, display_name="Root") == ""
    assert await put(api, ROOT, ADMIN, role=1) == ""
    assert await put(api, ROOT, USER, role=10) == ""
    assert (api.users.rows[ADMIN].role, api.users.rows[USER].role) == (Role.COMMON, Role.ADMIN)


# --- deleting ----------------------------------------------------------------------------------


async def test_deleting_frees_the_name_and_keeps_the_rest(api: AdminApi) -> None:
    client = await api.client(ADMIN)
    before = api.users.rows[USER]
    for _ in range(2):
        assert (await client.delete(f"/api/user/{USER}")).json() == DONE
    after = api.users.rows[USER]
    assert re.fullmatch("deleted_[0-9a-f]{32}", after.username)
    assert after == evolve(before, username=after.username, status=UserStatus.DELETED)
    assert (await (await api.client(USER)).get("/api/user/self")).json()["message"] == "用户已被封禁"
    assert {(entry.action, entry.target) for entry in api.audit.rows} == {("user.delete", f"user {USER}")}


@pytest.mark.parametrize(
    ("me", "path", "message"),
    [
        (ADMIN, ADMIN, "无权删除同权限等级或更高权限等级的用户"),
        (ADMIN, ROOT, "无权删除同权限等级或更高权限等级的用户"),
        (ROOT, ROOT, "无权删除同权限等级或更高权限等级的用户"),
        (ROOT, 99, NOT_FOUND),
        (ROOT, 0, "id 为空！"),
        (ROOT, "abc", INVALID_PARAMETER),
    ],
)
async def test_deleting_is_refused(api: AdminApi, me: int, path: object, message: str) -> None:
    before = dict(api.users.rows)
    answer = (await (await api.client(me)).delete(f"/api/user/{path}")).json()
    assert answer == {"success": False, "message": message}
    assert api.users.rows == before


# --- managing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("me", "action", "role", "status"),
    [
        (ADMIN, "disable", 1, 2),
        (ADMIN, "enable", 1, 1),
        (ADMIN, "delete", 1, 3),
        (ROOT, "promote", 10, 1),
        (ROOT, "disable", 1, 2),
    ],
)
async def test_actions(api: AdminApi, me: int, action: str, role: int, status: int) -> None:
    data = await manage(api, me, "alice", action)
    assert set(data) == USER_KEYS
    assert (data["id"], data["username"], data["role"], data["status"]) == (0, "", role, status)
    user = api.users.rows[USER]
    assert (user.role, user.status, api.forgotten) == (role, status, 1)
    (entry,) = api.audit.rows
    assert (entry.action, entry.target) == (f"user.{action}", f"user {USER}")


async def test_a_disabled_user_is_signed_out_and_can_be_enabled_again(api: AdminApi) -> None:
    client = await api.client(USER)
    await manage(api, ADMIN, "alice", "disable")
    assert (await client.get("/api/user/self")).json()["message"] == "用户已被封禁"
    assert not client.cookies  # the browser forgets the session
    await manage(api, ADMIN, "alice", "enable")
    assert (await (await api.client(USER)).get("/api/user/self")).json()["success"]


async def test_a_demoted_administrator_is_a_common_user_at_once(api: AdminApi) -> None:
    client = await api.client(ADMIN)
    assert (await manage(api, ROOT, "carol", "demote"))["role"] == 1
    assert (await client.get("/api/user/")).json()["message"] == "无权进行此操作，权限不足"


@pytest.mark.parametrize(
    ("me", "username", "action", "message"),
    [
        (ADMIN, "nobody", "disable", "用户不存在"),
        (ADMIN, "", "disable", "用户不存在"),
        (ADMIN, "ALICE", "disable", "用户不存在"),
        (ADMIN, "gone", "enable", "用户不存在"),
        (ADMIN, "carol", "disable", MAY_NOT_CHANGE),
        (ADMIN, "root", "delete", MAY_NOT_CHANGE),
        (ADMIN, "alice", "promote", "普通管理员用户无法提升其他用户为管理员"),
        (ADMIN, "alice", "demote", "该用户已经是普通用户"),
        (ADMIN, "alice", "", "参数错误：未知的操作 "),
        (ADMIN, "alice", "explode", "参数错误：未知的操作 explode"),
        (ROOT, "carol", "promote", "该用户已经是管理员"),
        (ROOT, "root", "disable", "无法禁用超级管理员用户"),
        (ROOT, "root", "delete", "无法删除超级管理员用户"),
        (ROOT, "root", "demote", "无法降级超级管理员用户"),
        (ROOT, "root", "promote", "该用户已经是管理员"),
    ],
)
async def test_managing_is_refused(api: AdminApi, me: int, username: str, action: str, message: str) -> None:
    api.users.put(40, "gone")
    api.users.change(40, status=UserStatus.DELETED)
    before = dict(api.users.rows)
    assert await manage(api, me, username, action) == message
    assert (api.users.rows, api.audit.rows, api.forgotten) == (before, [], 0)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"username":5,"action":"enable"}'])
async def test_an_unreadable_action_is_an_invalid_parameter(api: AdminApi, body: bytes) -> None:
    answer = await (await api.client(ADMIN)).post("/api/user/manage", content=body)
    assert answer.json() == {"success": False, "message": INVALID_PARAMETER}
