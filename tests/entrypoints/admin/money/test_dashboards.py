"""Consumption by day and model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from oneapi.domain.logs.rows import DAY, LogRow, LogType
from tests.entrypoints.admin.conftest import ADMIN, OTHER, USER
from tests.fakes.root import NOW

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi

TODAY = int(NOW) // DAY * DAY  # 2023-11-14


def row(user: int, created_at: int, model: str = "m", **fields: Any) -> LogRow:
    values = {"quota": 10, "prompt_tokens": 3, "completion_tokens": 4, "elapsed_time": 100} | fields
    return LogRow(user_id=user, created_at=created_at, type=LogType.CONSUME, model_name=model, **values)


async def test_a_week_as_the_original_shows_it(api: AdminApi) -> None:
    client = await api.client(USER)
    assert (await client.get("/api/user/dashboard")).json() == {"success": True, "message": "", "data": None}
    for one in (
        row(USER, TODAY - 6 * DAY - 1, "too old"),
        row(USER, TODAY - 6 * DAY, "first"),
        row(USER, TODAY),
        row(USER, TODAY + DAY - 1, quota=5),
        row(USER, TODAY, "a"),
        row(OTHER, TODAY, "another's"),
    ):
        await api.logs.add(one)
    rows = (await client.get("/api/user/dashboard")).json()["data"]
    assert [(each["Day"], each["ModelName"]) for each in rows] == [
        ("2023-11-08", "first"),
        ("2023-11-14", "a"),
        ("2023-11-14", "m"),
    ]
    assert rows[-1] == {
        "Day": "2023-11-14",
        "ModelName": "m",
        "RequestCount": 2,
        "Quota": 15,
        "PromptTokens": 6,
        "CompletionTokens": 8,
    }


@pytest.mark.parametrize(("query", "days"), [("", 7), ("?days=7", 7), ("?days=30", 30), ("?days=-1", 7)])
async def test_more_for_the_console(api: AdminApi, query: str, days: int) -> None:
    for ago in (days, days - 1, 0):
        await api.logs.add(row(USER, TODAY - ago * DAY))
    await api.logs.add(row(OTHER, TODAY, end_cause="upstream_failed", elapsed_time=51))
    own = (await (await api.client(USER)).get(f"/api/log/self/dashboard{query}")).json()["data"]
    assert [each["requests"] for each in own] == [1, 1]
    everybodys = (await (await api.client(ADMIN)).get(f"/api/log/dashboard{query}")).json()["data"]
    assert everybodys[-1] == {
        "day": "2023-11-14",
        "model_name": "m",
        "requests": 2,
        "delivered": 1,
        "quota": 20,
        "prompt_tokens": 6,
        "completion_tokens": 8,
        "elapsed_time": 75,
        "times": [1, *[2] * 8],
    }
    assert len(everybodys) == 2
