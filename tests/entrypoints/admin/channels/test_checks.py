"""``/api/channel/test``, ``update_balance``, ``batch``, ``copy`` and ``types`` on the wire."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.domain.errors import Fault, UpstreamRefusal
from oneapi.domain.routing.channels import ChannelRecord
from tests.entrypoints.admin.conftest import ADMIN
from tests.fakes.relay.upstream import FakeAnswer
from tests.fakes.root import NOW
from tests.support.waiting import becomes

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

DONE = {"success": True, "message": ""}
NOT_FOUND = {"success": False, "message": "record not found"}
RECORD = ChannelRecord(
    type=1, key="sk-upstream-secret", name="主", models="gpt-4o,m", group="vip", created_time=5
)
EN = {"Accept-Language": "en"}


@pytest.fixture
async def admin(api: AdminApi) -> httpx.AsyncClient:
    return await api.client(ADMIN)


def said(content: object = "gpt-4o it is", **changes: Any) -> FakeAnswer:
    return FakeAnswer((json.dumps({"choices": [{"message": {"content": content}}]}).encode(),), **changes)


async def ask(client: httpx.AsyncClient, path: str, **headers: str) -> Any:
    answer = await client.get("/api/channel" + path, headers=headers)
    assert answer.status_code == 200
    return answer.json()


async def over(client: httpx.AsyncClient, job: str) -> dict[str, Any]:
    async def report() -> dict[str, Any]:
        found: dict[str, Any] = (await ask(client, f"/{job}/progress"))["data"]
        return found

    return await becomes(report, lambda found: not found["running"])


async def test_one_channel_is_tested(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await api.channels.add([RECORD])
    api.upstream.will(1, said(), said(), UpstreamRefusal(401, "Incorrect API key", fault=Fault.ACCOUNT))
    passed = {"success": True, "message": "gpt-4o it is", "time": 0.0, "outcome": "passed"}
    assert await ask(admin, "/test/1") == passed | {"modelName": "", "model": "gpt-4o"}
    assert await ask(admin, "/test/1?model=m") == passed | {"modelName": "m", "model": "m"}
    assert await ask(admin, "/test/1?model=gpt") == {
        "success": False,
        "message": "http status code: 401, error message: Incorrect API key",
        "time": 0.0,
        "modelName": "gpt",
        "model": "gpt-4o",
        "outcome": "failed",
    }
    assert api.channels.rows[1].test_time == int(NOW)
    assert [row.type for row in api.logs.rows] == [5, 5, 5]
    assert api.channels.rows[1].status == 1


@pytest.mark.parametrize("path", ["/test/9", "/update_balance/9", "/test/0"])
async def test_an_unknown_channel(admin: httpx.AsyncClient, path: str) -> None:
    assert await ask(admin, path) == NOT_FOUND


@pytest.mark.parametrize("path", ["/test/x", "/update_balance/x", "/test/1.5"])
async def test_invalid_ids(admin: httpx.AsyncClient, path: str) -> None:
    assert await ask(admin, path) == {"success": False, "message": "无效的参数"}


async def test_many_channels_are_tested_in_the_background(api: AdminApi, admin: httpx.AsyncClient) -> None:
    nothing = {"running": False, "started_at": 0, "total": 0, "done": 0, "results": []}
    assert (await ask(admin, "/test/progress"))["data"] == nothing
    await api.channels.add([RECORD, evolve(RECORD, status=2)])
    api.upstream.will(1, said())
    api.upstream.will(2, UpstreamRefusal(500, "broken"))
    assert await ask(admin, "/test") == DONE
    report = await over(admin, "test")
    assert (report["total"], report["done"], report["started_at"]) == (2, 2, int(NOW))
    first, second = sorted(report["results"], key=lambda outcome: outcome["channel_id"])
    assert first == {
        "channel_id": 1, "name": "主", "success": True, "message": "gpt-4o it is", "time": 0.0, "balance": 0.0
    }  # fmt: skip
    assert (second["success"], second["message"]) == (False, "http status code: 500, error message: broken")


async def test_tests_that_run_on_any_node_are_not_started_again(
    api: AdminApi, admin: httpx.AsyncClient
) -> None:
    assert await api.leases.take("channel_test", "another node", seconds=20)
    assert await ask(admin, "/test?scope=disabled") == {"success": False, "message": "测试已在运行中"}
    assert (await ask(admin, "/test?scope=all", **EN))["message"] == "a test is already running"
    batch = await admin.post("/api/channel/batch", json={"action": "test", "ids": [1]})
    assert batch.json() == {"success": False, "message": "测试已在运行中"}


async def test_an_error_does_not_block_further_tests(
    api: AdminApi, admin: httpx.AsyncClient, monkeypatch: Any
) -> None:
    """A database error while listing channels blocked further tests of the original until its restart."""

    async def broken() -> Any:
        raise RuntimeError("broken")

    with monkeypatch.context() as broken_now:
        broken_now.setattr(type(api.channels), "all", lambda _: broken())
        assert await ask(admin, "/test") == DONE
        await over(admin, "test")
    assert await ask(admin, "/test") == DONE
    await over(admin, "test")


async def test_an_unknown_scope(admin: httpx.AsyncClient) -> None:
    assert (await ask(admin, "/test?scope=enabled")) == {
        "success": False,
        "message": "参数错误：无效的测试范围 enabled",
    }


async def test_balance_of_one_channel(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await api.channels.add([RECORD, evolve(RECORD, type=14)])
    api.balances.answers[1] = 12.5
    assert await ask(admin, "/update_balance/1") == DONE | {"balance": 12.5}
    assert await ask(admin, "/update_balance/1/") == DONE | {"balance": 12.5}, "as the default theme asks"
    assert (await ask(admin, "/1"))["data"]["balance"] == 12.5
    api.balances.answers[1] = UpstreamRefusal(403, "status code: 403")
    assert await ask(admin, "/update_balance/1") == {"success": False, "message": "status code: 403"}
    assert not (await ask(admin, "/update_balance/2"))["success"]


async def test_all_balances_in_the_background(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await api.channels.add([RECORD, evolve(RECORD, type=14)])
    api.balances.answers[1] = 3.25
    assert await ask(admin, "/update_balance") == DONE
    report = await over(admin, "update_balance")
    assert [(outcome["channel_id"], outcome["balance"]) for outcome in report["results"]] == [(1, 3.25)]
    assert api.channels.rows[1].balance == 3.25
    assert await api.leases.take("channel_balance", "another node", seconds=20)
    assert (await ask(admin, "/update_balance"))["message"] == "余额更新已在运行中"


@pytest.mark.parametrize("path", ["/test/1", "/test", "/update_balance/1", "/update_balance"])
async def test_pages_of_other_sites_cannot_start_anything(api: AdminApi, path: str) -> None:
    await api.channels.add([RECORD])
    foreign = await api.client(ADMIN, Origin="https://evil.example")
    answer = await foreign.get("/api/channel" + path)
    assert not answer.json()["success"]
    assert not api.upstream.calls
    assert not api.leases.rows


# --- copies and batches ------------------------------------------------------------------------


async def test_a_copy_has_everything_but_the_history(api: AdminApi, admin: httpx.AsyncClient) -> None:
    config = json.dumps({"region": "r", "ak": "a", "sk": "very-secret"})
    original = evolve(
        RECORD, type=33, config=config, priority=3, weight=None, used_quota=50, balance=2.0, test_time=9,
        response_time=8, balance_updated_time=7, system_prompt="p", model_mapping='{"a":"b"}', status=1,
    )  # fmt: skip
    await api.channels.add([original])
    answer = await admin.post("/api/channel/copy/1")
    assert "secret" not in answer.text
    assert (answer.json()["data"]["id"], answer.json()["data"]["name"]) == (2, "主 副本")
    assert api.channels.rows[2] == evolve(
        original, id=2, name="主 副本", status=2, created_time=int(NOW), used_quota=0, balance=0.0, test_time=0,
        response_time=0, balance_updated_time=0,
    )  # fmt: skip
    english = await admin.post("/api/channel/copy/2", headers=EN)
    assert english.json()["data"]["name"] == "主 副本 copy"
    assert (await admin.post("/api/channel/copy/9")).json() == NOT_FOUND
    actions = [(row.action, row.target) for row in api.audit.rows]
    assert actions == [("channel.copy", "channel 2"), ("channel.copy", "channel 3")]
    assert "secret" not in api.audit.rows[0].after
    assert json.loads(api.audit.rows[0].after)["copy_of"] == 1


async def test_the_copy_of_a_long_name_is_shortened(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await api.channels.add([evolve(RECORD, name="n" * 191)])
    api.channels.longest = {"name": 191}
    name = (await admin.post("/api/channel/copy/1")).json()["data"]["name"]
    assert (len(name), name[-3:]) == (191, " 副本")


async def batch(client: httpx.AsyncClient, **body: Any) -> Any:
    return (await client.post("/api/channel/batch", json=body)).json()


def fine(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": number, "success": True, "message": ""} for number in numbers]


MISSING = {"id": 9, "success": False, "message": "record not found"}


async def test_a_batch_changes_each_channel_separately(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await api.channels.add([RECORD] * 3)
    assert await batch(admin, action="disable", ids=[1, 9, 2, 1]) == DONE | {
        "data": [fine(1)[0], MISSING, fine(2)[0]]
    }
    assert [record.status for record in api.channels.rows.values()] == [2, 2, 1]
    assert (await batch(admin, action="enable", ids=[2]))["data"] == fine(2)
    changed = await batch(admin, action="set", ids=[1, 3], priority=0, weight=7, group="a, b")
    assert changed["data"] == fine(1, 3)
    stored = api.channels.rows[3]
    assert (stored.priority, stored.weight, stored.group, stored.key) == (0, 7, "a,b", RECORD.key)
    assert (await batch(admin, action="delete", ids=[1, 9]))["data"] == [fine(1)[0], MISSING]
    assert list(api.channels.rows) == [2, 3]
    audited = [(row.action, row.target) for row in api.audit.rows]
    assert audited == [
        ("channel.update", "channel 1"),
        ("channel.update", "channel 2"),
        ("channel.update", "channel 2"),
        ("channel.update", "channel 1"),
        ("channel.update", "channel 3"),
        ("channel.delete", "channel 1"),
    ]


async def test_a_batch_of_tests_runs_in_the_background(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await api.channels.add([RECORD] * 3)
    api.upstream.will(2, said())
    assert await batch(admin, action="test", ids=[2, 9]) == DONE | {"data": []}
    report = await over(admin, "test")
    assert [outcome["channel_id"] for outcome in report["results"]] == [2]


async def test_a_batch_answers_in_the_callers_language(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await api.channels.add([RECORD])
    api.channels.longest = {"group": 4}
    answer = await admin.post(
        "/api/channel/batch", json={"action": "set", "ids": [1], "group": "x" * 5}, headers=EN
    )
    assert answer.json()["data"][0]["message"] == "group is longer than 4 characters"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": [1]},
        {"action": "delete"},
        {"action": "delete", "ids": []},
        {"action": "delete", "ids": ["1"]},
        {"action": "delete", "ids": [2**60]},
        {"action": "explode", "ids": [1]},
        {"action": "set", "ids": [1]},
        {"action": "set", "ids": [1], "weight": -1},
        {"action": "delete", "ids": list(range(1001))},
    ],
)
async def test_invalid_input_changes_nothing(
    api: AdminApi, admin: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    await api.channels.add([RECORD])
    answer = await admin.post("/api/channel/batch", json=body)
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert answer.json()["message"]
    assert list(api.channels.rows.values()) == [evolve(RECORD, id=1)]


# --- types -------------------------------------------------------------------------------------


async def test_channel_types(admin: httpx.AsyncClient) -> None:
    listed = {known["type"]: known for known in (await ask(admin, "/types"))["data"]}
    assert list(listed) == list(range(1, 52))
    assert listed[33] | {"models": [], "docs": ""} == {
        "type": 33,
        "name": listed[33]["name"],
        "label": {"zh": "AWS", "en": "Amazon Bedrock"},
        "docs": "",
        "base_url": "",
        "base_url_required": False,
        "key": {"text": "AK|SK|REGION", "hint": listed[33]["key"]["hint"], "config": ["ak", "sk", "region"]},
        "other": "",
        "config": [
            {
                "name": name,
                "label": {"zh": zh, "en": en},
                "required": name == "region",
                "secret": name == "sk",
                "default": "",
            }
            for name, zh, en in (
                ("region", "区域", "Region"),
                ("ak", "访问密钥 AK", "Access key id (AK)"),
                ("sk", "私有密钥 SK", "Secret access key (SK)"),
            )
        ],
        "testable": True,
        "has_balance": False,
        "models": [],
    }
    assert "gpt-4o" in listed[1]["models"]
    assert (listed[1]["key"], listed[43]["models"]) == (None, [])
    assert listed[43]["key"]["hint"]["en"] == "the whole Authorization header, with its scheme"
