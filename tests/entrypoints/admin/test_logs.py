"""``/api/log``: everybody's for administrators, his own for each user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from oneapi.domain.logs import LogRow, LogType
from tests.entrypoints.admin.conftest import ADMIN, OTHER, USER

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

ORIGINAL_KEYS = {
    "id",
    "user_id",
    "created_at",
    "type",
    "content",
    "username",
    "token_name",
    "model_name",
    "quota",
    "prompt_tokens",
    "completion_tokens",
    "channel",
    "request_id",
    "elapsed_time",
    "is_stream",
    "system_prompt_reset",
}


def row(user: int, created_at: int, **fields: Any) -> LogRow:
    names = {USER: "alice", OTHER: "bob"}
    values: dict[str, Any] = {
        "type": LogType.CONSUME,
        "model_name": "gpt-4o",
        "token_name": "t",
        "quota": 10,
        "channel_id": 3,
    }
    return LogRow(user_id=user, created_at=created_at, username=names[user], **values | fields)


@pytest.fixture(autouse=True)
async def rows(api: AdminApi) -> None:
    for one in (
        row(USER, 100),
        row(USER, 200, model_name="m", quota=7),
        row(OTHER, 300, channel_id=4),
        row(USER, 400, type=LogType.TOP_UP, content="通过兑换码充值", quota=1000),
        row(OTHER, 500, token_name="other", quota=2),
    ):
        await api.logs.add(one)


async def ids(client: httpx.AsyncClient, path: str) -> list[int]:
    return [entry["created_at"] for entry in (await client.get(path)).json()["data"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [500, 400, 300, 200, 100]),
        ("?type=1", [400]),
        ("?type=0&channel=0&username=", [500, 400, 300, 200, 100]),
        ("?username=bob", [500, 300]),
        ("?token_name=other", [500]),
        ("?model_name=m", [200]),
        ("?channel=4", [300]),
        ("?start_timestamp=200&end_timestamp=400", [400, 300, 200]),
        ("?username=alice&model_name=gpt-4o&type=2", [100]),
        ("?type=x&start_timestamp=1e3", [500, 400, 300, 200, 100]),
        ("?p=1", []),
        ("?page_size=2&p=1", [300, 200]),
    ],
)
async def test_administrators_filter_everybodys(api: AdminApi, query: str, expected: list[int]) -> None:
    assert await ids(await api.client(ADMIN), f"/api/log/{query}") == expected


async def test_rows_have_the_originals_keys(api: AdminApi) -> None:
    answer = await (await api.client(ADMIN)).get("/api/log/?channel=4")
    (entry,) = answer.json()["data"]
    assert entry.keys() >= ORIGINAL_KEYS
    assert (entry["id"], entry["channel"], entry["is_stream"]) == (3, 4, False)
    assert answer.headers["x-total-count"] == "1"


async def test_users_see_their_own_without_row_ids(api: AdminApi) -> None:
    client = await api.client(USER)
    answer = await client.get("/api/log/self?username=bob&channel=4")
    assert [entry["created_at"] for entry in answer.json()["data"]] == [400, 200, 100]
    assert {entry["id"] for entry in answer.json()["data"]} == {0}
    assert answer.headers["x-total-count"] == "3"
    assert await ids(client, "/api/log/self/?model_name=m") == [200]


async def test_own_figures_stay_with_the_account_when_it_is_renamed(api: AdminApi) -> None:
    api.users.change(USER, username="bob-was-here")
    api.users.change(OTHER, username="alice")
    stat = await (await api.client(USER)).get("/api/log/self/stat")
    assert stat.json()["data"] == {"quota": 17}


async def test_sum_counts_what_was_consumed(api: AdminApi) -> None:
    client = await api.client(ADMIN)
    for query, expected in (("", 29), ("?username=bob", 12), ("?type=1&channel=4", 10), ("?model_name=x", 0)):
        answer = await client.get(f"/api/log/stat{query}")
        assert answer.json()["data"] == {"quota": expected}


async def test_search(api: AdminApi) -> None:
    admin, user = await api.client(ADMIN), await api.client(USER)
    assert await ids(admin, "/api/log/search?keyword=通过") == [400]
    assert await ids(admin, "/api/log/search?keyword=1") == [400]
    assert await ids(user, "/api/log/self/search?keyword=2") == [200, 100]
    assert await ids(user, "/api/log/self/search?keyword=通过") == []


@pytest.mark.parametrize("query", ["", "?target_timestamp=0", "?target_timestamp=x", "?target_timestamp=-5"])
async def test_delete_needs_a_time(api: AdminApi, query: str) -> None:
    answer = await (await api.client(ADMIN)).delete(f"/api/log/{query}")
    assert answer.json() == {"success": False, "message": "target timestamp is required"}
    assert len(api.logs.rows) == 5


async def test_delete_takes_what_is_older(api: AdminApi) -> None:
    answer = await (await api.client(ADMIN)).delete("/api/log/?target_timestamp=300")
    assert answer.json()["data"] == 2
    assert [one.created_at for one in api.logs.rows] == [300, 400, 500]
