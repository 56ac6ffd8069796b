"""``/api/token``: only the caller's own tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.domain.people.tokens import TokenChanges, TokenStatus
from tests.entrypoints.admin.conftest import OTHER, USER
from tests.fakes.root import NOW

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

NOT_FOUND = {"success": False, "message": "record not found"}
NO_ID = {"success": False, "message": "id 或 userId 为空！"}


@pytest.fixture
async def alice(api: AdminApi) -> httpx.AsyncClient:
    return await api.client(USER)


async def made(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    body = (await client.post("/api/token/", json={"name": "t"} | fields)).json()
    assert body["success"], body
    token: dict[str, Any] = body["data"]
    return token


async def test_a_new_token_has_a_key_and_the_originals_defaults(
    api: AdminApi, alice: httpx.AsyncClient
) -> None:
    token = await made(alice)
    key = token.pop("key")
    assert len(key) == 48
    assert token == {
        "id": 1,
        "user_id": USER,
        "status": 1,
        "name": "t",
        "created_time": int(NOW),
        "accessed_time": int(NOW),
        "expired_time": -1,
        "remain_quota": 0,
        "unlimited_quota": False,
        "used_quota": 0,
        "models": None,
        "subnet": "",
        "stores_responses": True,
    }
    assert api.tokens.rows[1].key == key


async def test_clients_set_only_their_own_fields(alice: httpx.AsyncClient) -> None:
    token = await made(alice, key="mine", status=3, user_id=OTHER, used_quota=-5, id=99, created_time=1)
    assert token["key"] != "mine"
    decided = token["status"], token["user_id"], token["used_quota"], token["id"], token["created_time"]
    assert decided == (1, USER, 0, 1, int(NOW))


async def test_keys_are_read_without_regard_to_case(alice: httpx.AsyncClient) -> None:
    token = await made(alice, NAME="big", Unlimited_Quota=True, groups=["x"], expired_time=None)
    assert (token["name"], token["unlimited_quota"], token["expired_time"]) == ("big", True, -1)


async def test_the_length_of_a_name_counts_in_characters(alice: httpx.AsyncClient) -> None:
    assert (await made(alice, name="令" * 30))["name"] == "令" * 30
    answer = await alice.post("/api/token/", json={"name": "x" * 31})
    assert answer.json() == {"success": False, "message": "参数错误：令牌名称过长"}


@pytest.mark.parametrize("subnet", ["10.0.0.0/8", "10.0.0.0/8, 2001:db8::/32", "192.0.2.7/32", ""])
async def test_networks_are_stored_as_written(alice: httpx.AsyncClient, subnet: str) -> None:
    assert (await made(alice, subnet=subnet))["subnet"] == subnet


@pytest.mark.parametrize(
    ("subnet", "wrong"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("10.0.0.0/8,x/8", "x/8"),
        ("10.0.0.0/33", "10.0.0.0/33"),
        ("10.0.0.0/8,", ""),
    ],
)
async def test_invalid_networks_are_refused(alice: httpx.AsyncClient, subnet: str, wrong: str) -> None:
    answer = await alice.post("/api/token/", json={"name": "t", "subnet": subnet})
    message = f"参数错误：无效的网段：failed to parse subnet: invalid CIDR address: {wrong}"
    assert answer.json() == {"success": False, "message": message}


async def test_the_model_list_is_normalised_so_that_it_matches(alice: httpx.AsyncClient) -> None:
    assert (await made(alice, models=" gpt-4o , m,m, "))["models"] == "gpt-4o,m"
    assert (await made(alice, models=""))["models"] == ""
    answer = await alice.post("/api/token/", json={"name": "t", "models": " , "})
    assert not answer.json()["success"], "dropping all parts would lift the restriction"


@pytest.mark.parametrize("field", ["remain_quota", "expired_time"])
async def test_numbers_stay_within_what_every_client_can_hold(alice: httpx.AsyncClient, field: str) -> None:
    for value in (2**53, -(2**53)):
        assert (await made(alice, **{field: value}))[field] == value
    for value in (2**53 + 1, -(2**53) - 1, 2**64, 10**30):
        answer = await alice.post("/api/token/", json={"name": "t", field: value})
        assert answer.json() == {"success": False, "message": f"参数错误：{field} 超出范围"}


async def test_pages_and_their_total(alice: httpx.AsyncClient) -> None:
    for number in range(12):
        await made(alice, name=f"t{number}", remain_quota=number % 5, unlimited_quota=number == 3)

    async def names(query: str) -> list[str]:
        answer = await alice.get(f"/api/token/?{query}")
        assert answer.headers["x-total-count"] == "12"
        return [token["name"] for token in answer.json()["data"]]

    assert await names("p=0") == [f"t{number}" for number in range(11, 1, -1)]
    assert await names("p=1") == ["t1", "t0"]
    assert await names("p=2") == []
    assert await names("p=-3") == await names("p=x") == await names("p=0")
    assert await names("p=9007199254740993000") == await names("")
    assert len(await names("page_size=100")) == 12
    assert len(await names("page_size=5&p=2")) == 2
    assert len(await names("page_size=-1")) == 1
    assert (await names("order=remain_quota"))[:3] == ["t3", "t9", "t4"]


async def test_the_search_finds_prefixes_of_names(alice: httpx.AsyncClient) -> None:
    for name in ("apple", "apricot", "banana"):
        await made(alice, name=name)
    found = (await alice.get("/api/token/search?keyword=ap")).json()["data"]
    assert sorted(token["name"] for token in found) == ["apple", "apricot"]


async def test_users_cannot_reach_tokens_of_others(api: AdminApi, alice: httpx.AsyncClient) -> None:
    token = await made(alice)
    bob = await api.client(OTHER)
    path = f"/api/token/{token['id']}"
    for answer in (
        await bob.get(path),
        await bob.delete(path),
        await bob.put("/api/token/", json={"id": token["id"], "name": "stolen"}),
        await bob.put("/api/token/?status_only=1", json={"id": token["id"], "status": 2}),
    ):
        assert answer.json() == NOT_FOUND
    assert (await bob.get("/api/token/")).json()["data"] == []
    assert api.tokens.rows[token["id"]].name == "t"


@pytest.mark.parametrize(
    "number", ["0", "-1", "99", "9007199254740993", "abc", "1.5", "%F0%9F%98%80", "1" * 5000]
)
async def test_invalid_ids(alice: httpx.AsyncClient, number: str) -> None:
    shown, deleted = await alice.get(f"/api/token/{number}"), await alice.delete(f"/api/token/{number}")
    for answer in (shown, deleted):
        assert (answer.status_code, answer.json()["success"]) == (200, False)
    if number == "0":
        assert shown.json() == deleted.json() == NO_ID
    if number == "abc":
        assert deleted.json() == NO_ID
    if number == "99":
        assert shown.json() == deleted.json() == NOT_FOUND


async def test_an_update_writes_the_users_own_fields(alice: httpx.AsyncClient) -> None:
    token = await made(alice, remain_quota=5, models="m", subnet="10.0.0.0/8")
    answer = await alice.put("/api/token/", json={"id": token["id"], "name": "new", "status": 2, "key": "k"})
    updated = answer.json()["data"]
    expected = {"name": "new", "remain_quota": 0, "unlimited_quota": False, "models": None, "subnet": None}
    assert updated == token | expected


async def test_quota_spent_while_a_page_was_open_stays_spent(api: AdminApi, alice: httpx.AsyncClient) -> None:
    token = await made(alice, remain_quota=500)
    shown = {"id": token["id"], "name": "t", "quota_seen": 500}
    api.tokens.rows[token["id"]] = evolve(api.tokens.rows[token["id"]], remain_quota=420)
    for remain, left in ((500, 420), (600, 520)):
        answer = await alice.put("/api/token/", json=shown | {"remain_quota": remain})
        assert answer.json()["data"]["remain_quota"] == left


async def test_a_used_up_token_is_usable_again_after_a_grant(api: AdminApi, alice: httpx.AsyncClient) -> None:
    token = await made(alice, remain_quota=500)
    spent = evolve(api.tokens.rows[token["id"]], remain_quota=-20, status=TokenStatus.EXHAUSTED)
    api.tokens.rows[token["id"]] = spent
    body = {"id": token["id"], "name": "t", "status": 1, "quota_seen": 0}
    refused = await alice.put("/api/token/", json=body | {"remain_quota": 20})
    assert refused.json()["success"] is False
    back = (await alice.put("/api/token/", json=body | {"remain_quota": 21})).json()["data"]
    assert (back["remain_quota"], back["status"]) == (1, 1)


async def test_an_update_without_an_expiry_keeps_it(alice: httpx.AsyncClient) -> None:
    token = await made(alice, expired_time=int(NOW) + 100)
    kept = await alice.put("/api/token/", json={"id": token["id"], "name": "t"})
    assert kept.json()["data"]["expired_time"] == int(NOW) + 100
    never = await alice.put("/api/token/", json={"id": token["id"], "name": "t", "expired_time": 0})
    assert never.json()["data"]["expired_time"] == -1


@pytest.mark.parametrize("status", [0, 5, 99, -1, None])
async def test_only_valid_statuses_are_set(alice: httpx.AsyncClient, status: int | None) -> None:
    token = await made(alice)
    answer = await alice.put("/api/token/?status_only=true", json={"id": token["id"], "status": status})
    assert not answer.json()["success"]
    assert (await alice.get(f"/api/token/{token['id']}")).json()["data"]["status"] == 1


async def test_the_status_alone_can_be_changed(alice: httpx.AsyncClient) -> None:
    token = await made(alice, remain_quota=7)
    off = await alice.put("/api/token/?status_only=1", json={"id": token["id"], "status": 2, "name": "x"})
    assert off.json()["data"] == token | {"status": 2}
    on = await alice.put("/api/token/?status_only=1", json={"id": token["id"], "status": 1})
    assert on.json()["data"] == token


EXPIRED = "令牌已过期，无法启用，请先修改令牌过期时间，或者设置为永不过期"
EXHAUSTED = "令牌可用额度已用尽，无法启用，请先修改令牌剩余额度，或者设置为无限额度"


@pytest.mark.parametrize(
    ("status", "spent", "repair", "message"),
    [
        (TokenStatus.EXPIRED, {"expired_time": int(NOW) - 1}, {"expired_time": int(NOW) + 9}, EXPIRED),
        (TokenStatus.EXPIRED, {"expired_time": int(NOW)}, {"expired_time": -1}, EXPIRED),
        (TokenStatus.EXHAUSTED, {"remain_quota": 0}, {"remain_quota": 1}, EXHAUSTED),
        (TokenStatus.EXHAUSTED, {"remain_quota": -3}, {"unlimited_quota": True}, EXHAUSTED),
    ],
)
async def test_enabling_is_judged_by_the_new_values(
    api: AdminApi,
    alice: httpx.AsyncClient,
    status: TokenStatus,
    spent: dict[str, Any],
    repair: dict[str, Any],
    message: str,
) -> None:
    token = await made(alice, **spent)
    await api.tokens.update(USER, token["id"], TokenChanges(status=status))
    order = {"id": token["id"], "name": "t", "status": 1}
    for query in ("", "?status_only=1"):
        refused = await alice.put(f"/api/token/{query}", json=order | spent)
        assert refused.json() == {"success": False, "message": message}
    repaired = await alice.put("/api/token/", json=order | spent | repair)
    assert repaired.json()["data"]["status"] == TokenStatus.ENABLED


async def test_the_relay_sees_every_change(api: AdminApi, alice: httpx.AsyncClient) -> None:
    token = await made(alice)
    await alice.put("/api/token/", json={"id": token["id"], "name": "u"})
    await alice.put("/api/token/?status_only=1", json={"id": token["id"], "status": 2})
    await alice.delete(f"/api/token/{token['id']}")
    assert api.forgotten == 4


async def test_a_deleted_token_is_not_found(api: AdminApi, alice: httpx.AsyncClient) -> None:
    token = await made(alice)
    assert (await alice.delete(f"/api/token/{token['id']}/")).json() == {"success": True, "message": ""}
    assert not api.tokens.rows
