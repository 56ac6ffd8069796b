"""``/api/log``: all logs for administrators, and their own for users."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.logs.events import Amount, Redeemed
from oneapi.domain.logs.rows import COUNTED, LogFilter, LogRow, LogType
from tests.entrypoints.admin.conftest import ADMIN, OTHER, USER
from tests.fakes.operations.logs import FakeLogs

if TYPE_CHECKING:
    from collections.abc import Sequence

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
async def test_administrators_filter_the_logs_of_all_users(
    api: AdminApi, query: str, expected: list[int]
) -> None:
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


async def test_a_users_statistics_survive_a_new_name(api: AdminApi) -> None:
    api.users.change(USER, username="bob-was-here")
    api.users.change(OTHER, username="alice")
    stat = await (await api.client(USER)).get("/api/log/self/stat")
    assert stat.json()["data"] == {"quota": 17}


async def test_the_sum_counts_consumption(api: AdminApi) -> None:
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
async def test_a_deletion_needs_a_time(api: AdminApi, query: str) -> None:
    answer = await (await api.client(ADMIN)).delete(f"/api/log/{query}")
    assert answer.json() == {"success": False, "message": "target timestamp is required"}
    assert len(api.logs.rows) == 5


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits for many rows, made small enough for a test."""
    for name in ("DELETED_AT_ONCE", "EXPORTED_AT_ONCE"):
        monkeypatch.setattr(f"oneapi.application.operations.logs.{name}", 2)


@pytest.mark.usefixtures("few")
async def test_a_deletion_of_many_batches_is_complete(api: AdminApi) -> None:
    answer = await (await api.client(ADMIN)).delete("/api/log/?target_timestamp=500")
    assert answer.json()["data"] == 4
    [entry] = api.audit.rows
    assert (entry.action, entry.target) == ("log.delete", "4 rows before 500")


@pytest.mark.usefixtures("few")
async def test_an_interrupted_deletion_reports_what_was_deleted(
    api: AdminApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = api.logs.delete_before, 0

    async def fail_later(created_at: int, *, most: int) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StorageUnavailable
        return await real(created_at, most=most)

    monkeypatch.setattr(FakeLogs, "delete_before", lambda _, *given, **most: fail_later(*given, **most))
    answer = await (await api.client(ADMIN)).delete("/api/log/?target_timestamp=500")
    assert answer.status_code == 503
    assert [row.created_at for row in api.logs.rows] == [300, 400, 500]
    assert api.audit.rows[0].target == "2 rows before 500"


async def test_the_total_is_counted_up_to_a_limit(api: AdminApi, monkeypatch: pytest.MonkeyPatch) -> None:
    real = api.logs.count
    admin, asked = await api.client(ADMIN), []

    async def count(where: LogFilter, *, most: int = COUNTED) -> int:
        asked.append(most)
        return await real(where, most=3)

    monkeypatch.setattr(FakeLogs, "count", lambda _, where, **most: count(where, **most))
    answers = [await admin.get(f"/api/log/?page_size=2&p={page}") for page in (0, 2, 9)]
    assert [answer.headers["x-total-count"] for answer in answers] == ["3", "5", "3"]
    assert asked == [COUNTED] * 2, "the last page is counted already"


# --- export ------------------------------------------------------------------------------------


async def exported(client: httpx.AsyncClient, path: str) -> list[list[str]]:
    answer = await client.get(path)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="logs.csv"'
    assert answer.text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


@pytest.mark.usefixtures("few")
async def test_export_is_the_list_as_a_file(api: AdminApi) -> None:
    head, *lines = await exported(await api.client(ADMIN), "/api/log/export?type=2")
    assert set(head) >= ORIGINAL_KEYS
    assert [dict(zip(head, line, strict=True))["created_at"] for line in lines] == [
        "500",
        "300",
        "200",
        "100",
    ]
    first = dict(zip(head, lines[0], strict=True))
    assert (first["id"], first["username"], first["quota"], first["channel"]) == ("5", "bob", "2", "3")


@pytest.mark.usefixtures("few")
async def test_a_users_export_has_no_row_ids(api: AdminApi) -> None:
    head, *lines = await exported(await api.client(USER), "/api/log/self/export?username=bob")
    assert [(line[head.index("created_at")], line[head.index("id")]) for line in lines] == [
        ("400", "0"),
        ("200", "0"),
        ("100", "0"),
    ]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(("most", "lines"), [(3, 3), (4, 4), (5, 5), (6, 5)])
async def test_an_incomplete_export_says_so(
    api: AdminApi, monkeypatch: pytest.MonkeyPatch, most: int, lines: int
) -> None:
    for module in ("oneapi.application.operations.logs", "oneapi.entrypoints.http.admin.exports"):
        monkeypatch.setattr(f"{module}.EXPORTED", most)
    _, *found = await exported(await api.client(ADMIN), "/api/log/export")
    rows = [line for line in found if len(line) > 1]
    assert len(rows) == lines
    assert found[lines:] == ([[f"仅导出最新的 {most} 行，请缩小筛选范围"]] if most < 5 else [])


@pytest.mark.parametrize("path", ["/api/log/", "/api/log/self", "/api/log/search", "/api/log/self/search"])
@pytest.mark.parametrize(
    ("language", "contents"),
    [
        ("en", ["Redeemed a code: 7 units of quota", "通过兑换码充值"]),
        ("zh", ["通过兑换码充值 7 点额度", "通过兑换码充值"]),
    ],
)
async def test_rows_are_in_the_readers_language(
    api: AdminApi, path: str, language: str, contents: list[str]
) -> None:
    await api.logs.add(row(USER, 600, type=LogType.TOP_UP, event=Redeemed(Amount(7))))
    client = await api.client(USER if "self" in path else ADMIN, **{"Accept-Language": language})
    found = (await client.get(path, params={"type": 1, "keyword": "1"})).json()["data"]
    assert [entry["content"] for entry in found] == contents, "rows of before are shown as they are"


async def test_the_export_is_in_the_readers_language(api: AdminApi) -> None:
    await api.logs.add(row(USER, 600, type=LogType.TOP_UP, event=Redeemed(Amount(7))))
    client = await api.client(ADMIN, **{"Accept-Language": "en"})
    head, line, *_ = await exported(client, "/api/log/export?start_timestamp=600")
    assert dict(zip(head, line, strict=True))["content"] == "Redeemed a code: 7 units of quota"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
async def test_the_export_has_no_formulas(api: AdminApi, text: str) -> None:
    await api.logs.add(row(USER, 600, content=text, token_name=text, quota=-5))
    head, line, *_ = await exported(await api.client(ADMIN), "/api/log/export?start_timestamp=600")
    shown = dict(zip(head, line, strict=True))
    assert (shown["content"], shown["token_name"], shown["quota"]) == ("'" + text, "'" + text, "-5")


@pytest.mark.usefixtures("few")
async def test_an_export_that_breaks_off_says_so(api: AdminApi, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = api.logs.page, 0

    async def fail_later(where: LogFilter, **window: Any) -> Sequence[LogRow]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise StorageUnavailable
        return await real(where, **window)

    monkeypatch.setattr(FakeLogs, "page", lambda _, where, **window: fail_later(where, **window))
    admin = await api.client(ADMIN)
    _, *lines = await exported(admin, "/api/log/export")
    assert lines[2:] == [["导出中断，请重试"]]
    calls = 1
    refused = await admin.get("/api/log/export")
    assert (refused.status_code, refused.json()["success"]) == (503, False)


# --- deletion ----------------------------------------------------------------------------------


async def test_a_deletion_removes_older_rows(api: AdminApi) -> None:
    answer = await (await api.client(ADMIN)).delete("/api/log/?target_timestamp=300")
    assert answer.json()["data"] == 2
    assert [one.created_at for one in api.logs.rows] == [300, 400, 500]
