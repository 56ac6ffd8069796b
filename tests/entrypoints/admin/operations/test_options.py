"""``/api/option``: options apply at once, and invalid values are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.entrypoints.admin.conftest import ROOT

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

DONE = {"success": True, "message": ""}


@pytest.fixture
async def root(api: AdminApi) -> httpx.AsyncClient:
    return await api.client(ROOT)


async def put(root: httpx.AsyncClient, key: str, value: Any) -> httpx.Response:
    return await root.put("/api/option/", json={"key": key, "value": value})


async def listed(root: httpx.AsyncClient) -> dict[str, str]:
    data = (await root.get("/api/option/")).json()["data"]
    assert all(set(entry) == {"key", "value"} and isinstance(entry["value"], str) for entry in data)
    return {entry["key"]: entry["value"] for entry in data}


async def test_an_option_is_stored_and_listed_and_applies_at_once(
    api: AdminApi, root: httpx.AsyncClient
) -> None:
    assert (await put(root, "SystemName", "Mine")).json() == DONE
    assert api.options.rows == {"SystemName": "Mine"}
    assert (await listed(root))["SystemName"] == "Mine"
    assert (await root.get("/api/status")).json()["data"]["system_name"] == "Mine"


async def test_the_operators_texts_are_public(api: AdminApi, root: httpx.AsyncClient) -> None:
    guest = await api.client()
    for path, key in (("notice", "Notice"), ("about", "About"), ("home_page_content", "HomePageContent")):
        await put(root, key, f"<b>{key}</b>")
        answer = await guest.get(f"/api/{path}")
        assert answer.json() == DONE | {"data": f"<b>{key}</b>"}


async def test_secrets_are_stored_and_never_listed(root: httpx.AsyncClient) -> None:
    for key in ("GitHubClientSecret", "SMTPToken", "TurnstileSecretKey", "MessagePusherToken"):
        assert (await put(root, key, "very-secret")).json() == DONE
    assert "very-secret" not in (await root.get("/api/option/")).text


@pytest.mark.parametrize("key", ["", "NoSuchOption", "SessionSecret", "systemname"])
async def test_an_unknown_key_is_a_bad_request(api: AdminApi, root: httpx.AsyncClient, key: str) -> None:
    api.options.rows["SystemName"] = "before"
    answer = await put(root, key, "x")
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert api.options.rows == {"SystemName": "before"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"key":"SystemName","value":true}', b'{"key":1,"value":"x"}']
)
async def test_an_unreadable_body_is_a_bad_request(
    api: AdminApi, root: httpx.AsyncClient, body: bytes
) -> None:
    answer = await root.put("/api/option/", content=body)
    assert (answer.status_code, answer.json()) == (400, {"success": False, "message": "无效的参数"})
    assert not api.options.rows


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Theme", "../secrets"),
        ("QuotaPerUnit", "abc"),
        ("ModelRatio", "{"),
        ("GroupRatio", '{"default":"1"}'),
        ("CompletionRatio", "[1]"),
        ("GitHubOAuthEnabled", "true"),
        ("TurnstileCheckEnabled", "true"),
        ("WeChatAuthEnabled", "true"),
        ("RetryTimes", "-1"),
    ],
)
async def test_invalid_values_are_refused_with_the_reason(
    api: AdminApi, root: httpx.AsyncClient, key: str, value: str
) -> None:
    answer = await put(root, key, value)
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert not api.options.rows
    english = await root.put(
        "/api/option/", json={"key": key, "value": value}, headers={"Accept-Language": "en"}
    )
    assert answer.json()["message"] != english.json()["message"]
    assert not answer.json()["message"].isascii()
    assert english.json()["message"].isascii()


async def test_groups_are_those_that_have_a_ratio(root: httpx.AsyncClient) -> None:
    assert sorted((await root.get("/api/group/")).json()["data"]) == ["default", "svip", "vip"]
    await put(root, "GroupRatio", '{"staff":0.5}')
    assert (await root.get("/api/group/")).json()["data"] == ["staff"]
