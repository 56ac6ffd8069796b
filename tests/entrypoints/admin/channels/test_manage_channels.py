"""``/api/channel``: channels, whose keys are stored and never returned."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.domain.routing.channels import ChannelRecord
from tests.entrypoints.admin.conftest import ADMIN
from tests.fakes.root import NOW

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

KEY = "sk-upstream-secret"
DONE = {"success": True, "message": ""}
NOT_FOUND = {"success": False, "message": "record not found"}


@pytest.fixture
async def admin(api: AdminApi) -> httpx.AsyncClient:
    return await api.client(ADMIN)


async def add(client: httpx.AsyncClient, **fields: Any) -> None:
    channel = {"type": 1, "key": KEY, "name": "c", "models": "gpt-4o", "group": "default"}
    answer = await client.post("/api/channel/", json=channel | fields)
    assert answer.json() == DONE


async def put(client: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.put("/api/channel/", json={"id": 1} | fields)).json()
    return answer


async def test_new_channel_is_stored_and_shown_without_its_key(
    api: AdminApi, admin: httpx.AsyncClient
) -> None:
    await add(admin)
    assert api.channels.rows[1].key == KEY
    expected = {
        "id": 1,
        "type": 1,
        "key": "",
        "status": 1,
        "name": "c",
        "weight": 0,
        "created_time": int(NOW),
        "test_time": 0,
        "response_time": 0,
        "base_url": "",
        "other": None,
        "balance": 0,
        "balance_updated_time": 0,
        "models": "gpt-4o",
        "group": "default",
        "used_quota": 0,
        "model_mapping": "",
        "priority": 0,
        "config": "",
        "system_prompt": None,
        "test_outcome": "",
        "test_error": "",
    }
    assert (await admin.get("/api/channel/1")).json()["data"] == expected
    assert (await admin.get("/api/channel/")).json()["data"] == [expected]
    assert (await admin.get("/api/channel/search?keyword=c")).json()["data"] == [expected]
    assert (await put(admin, name="c"))["data"] == expected


async def test_several_keys_are_several_channels(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await add(admin, key="k1\n\n  k2\r\n\ufeff'k3'\n", name="many")
    assert [record.key for record in api.channels.rows.values()] == ["k1", "k2", "k3"]
    assert {record.name for record in api.channels.rows.values()} == {"many"}
    listed = await admin.get("/api/channel/?page_size=2")
    assert [channel["id"] for channel in listed.json()["data"]] == [3, 2]
    assert listed.headers["x-total-count"] == "3"


async def test_fields_that_the_gateway_maintains_are_ignored(api: AdminApi, admin: httpx.AsyncClient) -> None:
    own = {"used_quota": 5, "balance": 1.5, "test_time": 9, "response_time": 9, "created_time": 9}
    await add(admin, **own, balance_updated_time=9, groups=["x"])
    await put(admin, **own)
    record = api.channels.rows[1]
    kept = record.used_quota, record.balance, record.test_time, record.response_time, record.created_time
    assert kept == (0, 0, 0, 0, int(NOW))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", ""),
        ("key", " \n "),
        ("key", "two\tparts"),
        ("key", "k" * 8193),
        ("base_url", "http//host"),
        ("base_url", "ftp://host"),
        ("base_url", "https://"),
        ("base_url", "https://user:secret@host"),
        ("base_url", "https://ho st"),
        ("base_url", "https://host\\evil"),
        ("base_url", "https://host:99999"),
        ("base_url", "https://[::1"),
        ("base_url", "https://höst"),
        ("base_url", "https://host/?key=1"),
        ("config", "[]"),
        ("config", "{"),
        ("config", '{"region": NaN}'),
        ("model_mapping", '"text"'),
        ("model_mapping", '{"a": 1}'),
        ("model_mapping", '{"a": "\\ud800"}'),
        ("model_mapping", "[" * 100_000),
        ("status", 4),
        ("status", -1),
        ("type", -1),
        ("type", 2**31),
        ("weight", -1),
        ("priority", 2**53 + 1),
        ("priority", "1"),
        ("name", 5),
        ("name", "a\x00b"),
    ],
)
async def test_invalid_input_is_refused_and_changes_nothing(
    api: AdminApi, admin: httpx.AsyncClient, field: str, value: Any
) -> None:
    body = {"type": 1, "key": KEY, "name": "c", "models": "m", field: value}
    answer = await admin.post("/api/channel/", json=body)
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert answer.json()["message"]
    assert not api.channels.rows
    await add(admin)
    before = api.channels.rows[1]
    if value not in ("", " \n "):
        assert not (await put(admin, **{field: value}))["success"]
    assert api.channels.rows[1] == before


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" https://api.example.com/ ", "https://api.example.com"),
        ("http://127.0.0.1:8080/v1//", "http://127.0.0.1:8080/v1"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x"),
    ],
)
async def test_the_base_url_is_normalised(
    api: AdminApi, admin: httpx.AsyncClient, typed: str, stored: str
) -> None:
    await add(admin, base_url=typed)
    assert api.channels.rows[1].base_url == stored


async def test_lists_are_normalised(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await add(admin, models=" gpt-4o ,,gpt-4o,m ", group="vip, vip,default")
    record = api.channels.rows[1]
    assert (record.models, record.group) == ("gpt-4o,m", "vip,default")
    await add(admin, group=" , ", status=0)
    assert (api.channels.rows[2].group, api.channels.rows[2].status) == ("default", 1)


async def test_an_update_keeps_required_fields_that_are_empty(
    api: AdminApi, admin: httpx.AsyncClient
) -> None:
    await add(
        admin, group="vip", priority=7, weight=3, base_url="https://a.example", other="x", system_prompt="p"
    )
    before = api.channels.rows[1]
    await put(admin, type=0, key="", status=0, name="", models="", group=" ,", config="")
    assert api.channels.rows[1] == before
    await put(admin, priority=0, weight=0, base_url="", other="", model_mapping="", system_prompt="")
    after = api.channels.rows[1]
    emptied = after.priority, after.weight, after.base_url, after.other, after.system_prompt
    assert emptied == (0, 0, "", "", "")
    await put(admin, status=2)
    assert (api.channels.rows[1].status, api.channels.rows[1].key) == (2, KEY)


async def test_a_key_is_not_sent_to_a_new_base_url(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await add(admin, base_url="https://api.example.com/v1")
    for elsewhere in ("https://evil.example", "http://api.example.com", "https://api.example.com:8443"):
        answer = await put(admin, base_url=elsewhere)
        assert answer == {"success": False, "message": "修改渠道地址时必须重新输入密钥"}
    assert api.channels.rows[1].base_url == "https://api.example.com/v1"
    for same in ("https://API.example.com:443/v1/", "https://api.example.com"):
        assert (await put(admin, base_url=same))["success"], "the same place"
    assert not (await put(admin, base_url="https://api.example.com/tenants/2"))["success"], "another tenant"
    assert (await put(admin, base_url=""))["success"], "the provider's own"
    assert not (await put(admin, base_url="https://evil.example"))["success"]
    assert (await put(admin, base_url="https://new.example", key=" new "))["success"]
    assert (api.channels.rows[1].base_url, api.channels.rows[1].key) == ("https://new.example", "new")


async def test_an_invalid_base_url_from_the_original_can_be_corrected(
    api: AdminApi, admin: httpx.AsyncClient
) -> None:
    await api.channels.add([ChannelRecord(type=8, key="k", name="old", base_url="https://[::1")])
    assert not (await put(admin, base_url="https://a.example"))["success"]
    assert (await put(admin, base_url="https://a.example", key="k"))["success"]


async def test_secrets_in_the_configuration_are_not_returned(api: AdminApi, admin: httpx.AsyncClient) -> None:
    config = {"region": "us-east-1", "ak": "AK", "sk": "very-secret", "vertex_ai_adc": "{secret}"}
    await add(admin, type=33, config=json.dumps(config))
    for answer in (await admin.get("/api/channel/1"), await admin.get("/api/channel/")):
        assert "secret" not in answer.text
    shown = (await admin.get("/api/channel/1")).json()["data"]["config"]
    assert json.loads(shown) == {"region": "us-east-1", "ak": "AK"}
    await put(admin, config='{"region":"eu-west-1","ak":"AK","sk":""}')
    assert json.loads(api.channels.rows[1].config) == config | {"region": "eu-west-1"}
    await put(admin, config='{"sk":"new"}')
    assert json.loads(api.channels.rows[1].config) == {"sk": "new", "vertex_ai_adc": "{secret}"}


async def test_texts_are_limited_by_the_size_of_their_columns(
    api: AdminApi, admin: httpx.AsyncClient
) -> None:
    await add(admin, group=",".join(f"group{number}" for number in range(9)))
    api.channels.longest = {"group": 32}
    answer = await put(admin, group="g" * 33)
    assert answer == {"success": False, "message": "参数错误：group 过长（最多 32 个字符）"}
    assert (await put(admin, group="g" * 32))["success"]


@pytest.mark.parametrize("number", [0, 9, -1, 2**53])
async def test_an_unknown_channel_is_not_updated(admin: httpx.AsyncClient, number: int) -> None:
    answer = await admin.put("/api/channel/", json={"id": number, "name": "x"})
    assert answer.json() == NOT_FOUND
    assert (await admin.get(f"/api/channel/{number}")).json() == NOT_FOUND


async def test_delete(api: AdminApi, admin: httpx.AsyncClient) -> None:
    for status in (1, 2, 3, 2):
        await add(admin, status=status)
    assert (await admin.delete("/api/channel/4")).json() == DONE
    assert (await admin.delete("/api/channel/4")).json() == DONE, "gone is gone"
    assert not (await admin.delete("/api/channel/abc")).json()["success"]
    assert (await admin.delete("/api/channel/disabled")).json() == DONE | {"data": 2}
    assert list(api.channels.rows) == [1]


async def test_a_change_applies_at_once(admin: httpx.AsyncClient) -> None:
    await add(admin, models="fresh-model")
    available = (await admin.get("/api/user/available_models")).json()["data"]
    assert available == ["fresh-model"]
    await put(admin, status=2)
    assert (await admin.get("/api/user/available_models")).json()["data"] == []


async def test_search_by_id_or_beginning_of_the_name(admin: httpx.AsyncClient) -> None:
    for name in ("azure", "anthropic", "openai"):
        await add(admin, name=name)

    async def found(keyword: str) -> list[int]:
        data = (await admin.get("/api/channel/search", params={"keyword": keyword})).json()["data"]
        return [channel["id"] for channel in data]

    assert await found("a") == [2, 1]
    assert await found("3") == [3]
    assert await found("") == [3, 2, 1]


async def test_the_list_is_filtered_and_sorted(admin: httpx.AsyncClient) -> None:
    await add(admin, name="b", group="vip", models="m1,m2", priority=1)
    await add(admin, name="a", type=14, group="vip,default", models="m2", priority=3)
    await add(admin, name="b%", status=2, models="m1", priority=2)

    async def found(query: str) -> list[int]:
        answer = await admin.get("/api/channel/?" + query)
        data = answer.json()["data"]
        assert answer.headers["x-total-count"] == str(len(data))
        return [channel["id"] for channel in data]

    assert await found("") == [3, 2, 1]
    assert await found("type=14") == [2]
    assert await found("status=2") == [3]
    assert await found("group=vip&model=m2") == [2, 1]
    assert await found("keyword=b%25") == [3]
    assert await found("order=-priority") == [2, 3, 1]
    assert await found("order=name&group=vip") == [2, 1]
    assert await found("status=abc&type=&order=key") == [3, 2, 1]


async def test_a_key_must_have_the_form_of_its_type(api: AdminApi, admin: httpx.AsyncClient) -> None:
    channel = {"type": 15, "key": "one|two\nthree", "name": "c", "models": "m"}
    answer = await admin.post("/api/channel/", json=channel)
    assert answer.json() == {"success": False, "message": "参数错误：密钥格式不正确，应为 APIKey|SecretKey"}
    assert not api.channels.rows
    await add(admin, type=15, key="one|two\nthree|four")
    assert not (await put(admin, key="five"))["success"]
    assert (await put(admin, key="five|six"))["success"]
    assert not (await put(admin, type=18, key="five|six"))["success"], "the form of the new type"
    assert [record.key for record in api.channels.rows.values()] == ["five|six", "three|four"]


async def test_a_stored_key_of_another_form_stays_usable(api: AdminApi, admin: httpx.AsyncClient) -> None:
    await api.channels.add([ChannelRecord(type=15, key="odd", name="old", models="m")])
    assert (await put(admin, name="new", priority=2))["success"]
    assert (api.channels.rows[1].key, api.channels.rows[1].name) == ("odd", "new")


async def test_a_key_is_made_from_the_configuration(api: AdminApi, admin: httpx.AsyncClient) -> None:
    config = {"region": "us-east-1", "ak": "AK", "sk": "SK"}
    await add(admin, type=33, key="", config=json.dumps(config))
    await add(admin, type=33, key="whatever", config=json.dumps(config))
    adc = json.dumps({"type": "service_account"}, indent=2)
    vertex = {"region": "r", "vertex_ai_project_id": "p", "vertex_ai_adc": adc}
    await add(admin, type=42, key=f"r|p|{adc}", config=json.dumps(vertex))
    assert [record.key for record in api.channels.rows.values()] == [
        "AK|SK|us-east-1",
        "whatever",
        'r|p|{ "type": "service_account" }',
    ]
    incomplete = {"type": 33, "key": "", "name": "c", "config": '{"region":"r","ak":"AK"}'}
    answer = (await admin.post("/api/channel/", json=incomplete)).json()
    assert answer == {"success": False, "message": "参数错误：密钥不能为空"}
