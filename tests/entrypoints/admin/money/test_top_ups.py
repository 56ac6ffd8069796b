"""``/api/user/topup`` and ``/api/topup``: redemption of codes, and grants by administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.domain.logs.rows import LogType
from oneapi.domain.money.redemptions import Redemption, RedemptionStatus
from oneapi.domain.people.users import UserStatus
from tests.entrypoints.admin.conftest import ADMIN, OTHER, ROOT, SETTINGS, USER
from tests.fakes.root import NOW

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

KEY = "0123456789abcdef0123456789abcdef"
CODE = Redemption(0, ADMIN, KEY, RedemptionStatus.ENABLED, "gift", 1_250_000, int(NOW))


async def redeem(client: httpx.AsyncClient, key: object) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/api/user/topup", json={"key": key})).json()
    return answer


async def top_up(client: httpx.AsyncClient, headers: dict[str, str] | None = None, **body: Any) -> str:
    """The message; empty after a success."""
    answer = await client.post("/api/topup", json=body, headers=headers)
    return str(answer.json()["message"])


# --- codes -------------------------------------------------------------------------------------


async def test_a_code_becomes_quota_once(api: AdminApi) -> None:
    await api.redemptions.add([CODE])
    user, other = await api.client(USER), await api.client(OTHER)
    assert await redeem(user, f" {KEY}\n") == {"success": True, "message": "", "data": 1_250_000}
    assert api.users.rows[USER].quota == 1000 + 1_250_000
    [row] = api.logs.rows
    assert (row.type, row.user_id, row.username, row.quota) == (LogType.TOP_UP, USER, "alice", 1_250_000)
    assert row.content == "通过兑换码充值 ＄2.500000 额度"
    code = api.redemptions.rows[1]
    assert (code.status, code.redeemed_by, code.redeemed_time) == (RedemptionStatus.USED, USER, NOW)
    assert api.forgotten == 1, "so that it can be spent at once"
    assert (await redeem(other, KEY))["message"] == "兑换失败，该兑换码已被使用"
    assert api.users.rows[OTHER].quota == 1000


async def test_the_log_shows_units_if_the_console_does(api: AdminApi) -> None:
    await api.options.put({"DisplayInCurrencyEnabled": "false"})
    api.served.read_again()
    await api.redemptions.add([CODE])
    await redeem(await api.client(USER), KEY)
    assert api.logs.rows[0].content == "通过兑换码充值 1250000 点额度"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "未提供兑换码"),
        (" ", "未提供兑换码"),
        (None, "未提供兑换码"),
        ("f" * 32, "兑换失败，无效的兑换码"),
        (KEY.upper(), "兑换失败，无效的兑换码"),
        (7, "参数错误：key 的类型应为 str，而不是 int"),
    ],
)
async def test_texts_that_are_not_codes(api: AdminApi, key: object, message: str) -> None:
    await api.redemptions.add([CODE])
    answer = await redeem(await api.client(USER), key)
    assert answer == {"success": False, "message": message}


async def test_a_disabled_code_is_refused(api: AdminApi) -> None:
    await api.redemptions.add([evolve(CODE, status=RedemptionStatus.DISABLED)])
    client = await api.client(USER, **{"Accept-Language": "en"})
    assert (await redeem(client, KEY))["message"] == "this code has been used"
    assert api.users.rows[USER].quota == 1000


async def test_guesses_are_limited_across_addresses(api: AdminApi) -> None:
    await api.redemptions.add([CODE, *(evolve(CODE, key=f"{number:032x}") for number in range(1, 9))])
    buyer = await api.client(USER)
    for number in range(1, 9):  # valid codes do not count as guesses
        assert (await redeem(buyer, f"{number:032x}"))["success"]
    for number in range(SETTINGS.critical_rate_limit):
        client = await api.client(USER, **{"X-Test-Address": f"2001:db8:1::{number:x}"})
        assert (await redeem(client, "0" * 32))["message"] == "兑换失败，无效的兑换码"
    client = await api.client(USER, **{"X-Test-Address": "2001:db8:1::ffff"})
    refused = await client.post("/api/user/topup", json={"key": KEY})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1200")
    api.now += 1200
    assert (await redeem(client, KEY))["success"]


# --- grants by administrators ------------------------------------------------------------------


async def test_grant(api: AdminApi) -> None:
    admin = await api.client(ADMIN)
    assert await top_up(admin, user_id=USER, quota=500_000) == ""
    assert await top_up(admin, user_id=USER, quota=7, remark="生日快乐") == ""
    assert api.users.rows[USER].quota == 1000 + 500_007
    assert [(row.type, row.user_id, row.username, row.quota, row.content) for row in api.logs.rows] == [
        (LogType.TOP_UP, USER, "alice", 500_000, "通过 API 充值 ＄1.000000 额度"),
        (LogType.TOP_UP, USER, "alice", 7, "生日快乐"),
    ]
    entry = api.audit.rows[-1]
    assert (entry.action, entry.target, entry.user_id) == ("user.topup", f"user {USER}", ADMIN)
    assert entry.after == '{"added":7,"remark":"生日快乐","reference":""}'
    assert api.forgotten == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"user_id": USER, "quota": -1}, "quota 不能为负数！"),
        ({"user_id": 99, "quota": 1}, "record not found"),
        ({"quota": 1}, "record not found"),
        ({"user_id": USER, "quota": 2**53}, "参数错误：quota 超出范围"),
        ({"user_id": USER, "quota": "1"}, "参数错误：quota 的类型应为 int，而不是 str"),
        ({"user_id": ADMIN, "quota": 1}, "无权更新同权限等级或更高权限等级的用户信息"),
        ({"user_id": ROOT, "quota": 1}, "无权更新同权限等级或更高权限等级的用户信息"),
    ],
)
async def test_invalid_grants_are_refused(api: AdminApi, body: dict[str, Any], message: str) -> None:
    before = dict(api.users.rows)
    assert await top_up(await api.client(ADMIN), **body) == message
    assert (api.users.rows, api.logs.rows, api.audit.rows) == (before, [], [])


async def test_root_may_grant_to_every_existing_user(api: AdminApi) -> None:
    root = await api.client(ROOT)
    for user_id in (USER, ADMIN, ROOT):
        assert await top_up(root, user_id=user_id, quota=1) == ""
    api.users.change(USER, status=UserStatus.DELETED)
    assert await top_up(root, user_id=USER, quota=1) == "record not found"


async def test_the_same_key_twice_grants_once(api: AdminApi) -> None:
    root, headers = await api.client(ROOT), {"Idempotency-Key": "order 7 " + "x" * 300}
    for _ in range(3):
        assert await top_up(root, headers, user_id=USER, quota=5) == ""
    assert api.users.rows[USER].quota == 1005
    assert len(api.logs.rows) == len(api.audit.rows) == 1
    used = "该 Idempotency-Key 已用于另一次充值"
    assert await top_up(root, headers, user_id=USER, quota=6) == used
    assert await top_up(root, headers, user_id=OTHER, quota=5) == used
    admin = await api.client(ADMIN)
    assert await top_up(admin, headers, user_id=USER, quota=5) == "", "another's key is another key"
    assert api.users.rows[USER].quota == 1010
