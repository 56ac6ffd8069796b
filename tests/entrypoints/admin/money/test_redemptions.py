"""``/api/redemption``: how administrators manage codes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.domain.money.redemptions import RedemptionStatus
from tests.entrypoints.admin.conftest import ADMIN, USER
from tests.fakes.root import NOW

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

KEYS = {
    "id",
    "user_id",
    "key",
    "status",
    "name",
    "quota",
    "created_time",
    "redeemed_time",
    "redeemed_by",
    "count",
}


@pytest.fixture
async def admin(api: AdminApi) -> httpx.AsyncClient:
    return await api.client(ADMIN)


async def create(admin: httpx.AsyncClient, **fields: Any) -> list[str]:
    body = {"name": "gift", "count": 1, "quota": 500} | fields
    keys: list[str] = (await admin.post("/api/redemption/", json=body)).json()["data"]
    return keys


async def test_codes_are_created_with_unguessable_keys(api: AdminApi, admin: httpx.AsyncClient) -> None:
    keys = await create(admin, count=100, name="礼" * 20)
    assert len(set(keys)) == 100
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in keys)
    answer = await admin.get("/api/redemption/?page_size=100")
    rows = answer.json()["data"]
    assert answer.headers["x-total-count"] == "100"
    assert [row["key"] for row in rows] == keys[::-1]
    assert rows[0].keys() == KEYS
    assert {row["user_id"] for row in rows} == {ADMIN}
    assert {(row["status"], row["quota"], row["created_time"], row["count"]) for row in rows} == {
        (1, 500, NOW, 0)
    }
    assert all(key not in str(api.audit.rows) for key in keys)
    assert len(api.audit.rows) == 100


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": ""}, "兑换码名称长度必须在1-20之间"),
        ({"name": "礼" * 21}, "兑换码名称长度必须在1-20之间"),
        ({"count": 0}, "兑换码个数必须大于0"),
        ({"count": -1}, "兑换码个数必须大于0"),
        ({"count": 101}, "一次兑换码批量生成的个数不能大于 100"),
        ({"quota": -1}, "quota 不能为负数！"),
        ({"quota": 2**60}, "参数错误：quota 超出范围"),
        ({"quota": 1.5}, "参数错误：quota 的类型应为 int，而不是 float"),
    ],
)
async def test_invalid_codes_are_refused(
    api: AdminApi, admin: httpx.AsyncClient, fields: dict[str, Any], message: str
) -> None:
    body = {"name": "gift", "count": 1, "quota": 500} | fields
    answer = await admin.post("/api/redemption/", json=body)
    assert answer.json() == {"success": False, "message": message}
    assert api.redemptions.rows == {}


async def test_quota_has_a_default(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await admin.post("/api/redemption/", json={"name": "gift", "count": 1})
    await create(admin, quota=0)
    assert [code.quota for code in api.redemptions.rows.values()] == [100, 100]


async def test_search_and_show(admin: httpx.AsyncClient) -> None:
    await create(admin, name="first")
    await create(admin, name="second")
    for keyword, found in (("f", [1]), ("2", [2]), ("", [2, 1]), ("%", [])):
        rows = (await admin.get(f"/api/redemption/search?keyword={keyword}")).json()["data"]
        assert [row["id"] for row in rows] == found
    assert (await admin.get("/api/redemption/1")).json()["data"]["name"] == "first"
    for path, message in (("0", "id 为空！"), ("7", "record not found"), ("x", "无效的参数")):
        assert (await admin.get(f"/api/redemption/{path}")).json()["message"] == message


async def test_change(api: AdminApi, admin: httpx.AsyncClient) -> None:
    [key] = await create(admin)
    change = {"id": 1, "name": "other", "quota": 0, "status": 2, "key": "mine", "user_id": USER}
    changed = (await admin.put("/api/redemption/", json=change)).json()["data"]
    assert (changed["name"], changed["quota"], changed["status"], changed["key"]) == ("other", 0, 1, key)
    only = await admin.put("/api/redemption/?status_only=true", json={"id": 1, "status": 2, "name": "no"})
    assert (only.json()["data"]["status"], only.json()["data"]["name"]) == (2, "other")
    assert api.redemptions.rows[1].status == RedemptionStatus.DISABLED
    assert [entry.action for entry in api.audit.rows] == ["redemption.create", *["redemption.update"] * 2]
    assert api.audit.rows[-1].before == '{"status":1}'


@pytest.mark.parametrize(
    ("query", "change", "message"),
    [
        ("", {"id": 0, "name": "x"}, "id 为空！"),
        ("", {"id": 7, "name": "x"}, "record not found"),
        ("", {"name": ""}, "兑换码名称长度必须在1-20之间"),
        ("", {"quota": -5}, "quota 不能为负数！"),
        ("?status_only=1", {"status": 3}, "参数错误：无效的状态 3"),
        ("?status_only=1", {}, "参数错误：无效的状态 0"),
    ],
)
async def test_invalid_changes_are_refused(
    api: AdminApi, admin: httpx.AsyncClient, query: str, change: dict[str, Any], message: str
) -> None:
    await create(admin)
    before = dict(api.redemptions.rows)
    answer = await admin.put(f"/api/redemption/{query}", json={"id": 1} | change)
    assert answer.json() == {"success": False, "message": message}
    assert api.redemptions.rows == before


async def test_a_used_code_stays_used(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await create(admin)
    api.redemptions.rows[1] = used = evolve(api.redemptions.rows[1], status=RedemptionStatus.USED)
    for query, change in (("?status_only=1", {"status": 1}), ("", {"quota": 5}), ("", {"name": "x"})):
        answer = await admin.put(f"/api/redemption/{query}", json={"id": 1} | change)
        assert answer.json()["message"] == "该兑换码已被使用，不能再修改"
    assert api.redemptions.rows[1] == used


async def test_delete(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await create(admin)
    assert (await admin.delete("/api/redemption/1/")).json() == {"success": True, "message": ""}
    assert api.redemptions.rows == {}
    for path, message in (("1", "record not found"), ("x", "id 为空！")):
        assert (await admin.delete(f"/api/redemption/{path}")).json()["message"] == message
    assert api.audit.rows[-1].action == "redemption.delete"
