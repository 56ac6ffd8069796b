"""The log is filtered, counted, summed and shortened in the same way on every product and in the fake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.adapters.database.repositories.logs import SqlLogRepository
from oneapi.domain.logs.events import ChannelTested
from oneapi.domain.logs.rows import DAY, DailyUse, LogFilter, LogRow, LogType
from oneapi.domain.routing.channels import TestOutcome
from tests.fakes.operations.logs import FakeLogs

if TYPE_CHECKING:
    from oneapi.application.ports.operations import LogRepository

ROW = LogRow(
    user_id=1, created_at=100, type=LogType.CONSUME, content="c", username="u", token_name="t", quota=5
)


@pytest.fixture
def logs(product: str, request: pytest.FixtureRequest) -> LogRepository:
    if product == "fake":
        return FakeLogs()
    return SqlLogRepository(request.getfixturevalue("database"))


async def test_the_data_of_a_row_are_stored_apart_from_its_text(logs: LogRepository) -> None:
    event = ChannelTested("主", TestOutcome.FAILED, "no 😀")
    await logs.add(evolve(ROW, content="", event=event))
    await logs.add(evolve(ROW, created_at=50, content="of before"))
    rows = await logs.page(LogFilter(), offset=0, limit=9)
    assert [(row.content, row.event) for row in rows] == [
        ("渠道 主 测试失败，错误：no 😀", event),
        ("of before", None),
    ]


def contents(rows: Any) -> str:
    return "".join(row.content for row in rows)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, "dcba"),
        ({"type": 2}, "ca"),
        ({"type": 3}, "d"),
        ({"user_id": 2}, "d"),
        ({"user_id": 1, "type": 4}, "b"),
        ({"username": "v"}, "b"),
        ({"channel_id": 7}, "c"),
        ({"channel_id": 7, "start": 300, "end": 300}, "c"),
        ({"channel_id": 7, "start": 301}, ""),
        ({"channel_id": 7, "end": 299}, ""),
        ({"token_name": "t", "start": 101, "end": 399}, "cb"),
        ({"start": 200}, "dcb"),
        ({"end": 200}, "ba"),
        ({"start": 200, "end": 200}, "b"),
        ({"start": 500}, ""),
        ({"token_name": "t", "model_name": "x", "type": 2}, "c"),
        ({"username": "u", "model_name": "x", "channel_id": 7, "start": 1}, "c"),
    ],
)
async def test_filters(logs: LogRepository, where: dict[str, Any], found: str) -> None:
    await logs.add(evolve(ROW, content="a"))
    await logs.add(evolve(ROW, content="b", created_at=200, username="v", type=LogType.SYSTEM))
    await logs.add(evolve(ROW, content="c", created_at=300, channel_id=7, model_name="x", quota=2**40))
    await logs.add(evolve(ROW, content="d", created_at=400, user_id=2, type=LogType.MANAGE))
    rows = await logs.page(LogFilter(**where), offset=0, limit=10)
    assert contents(rows) == found
    assert await logs.count(LogFilter(**where)) == len(found)
    if "type" not in where:
        assert await logs.consumed(LogFilter(**where)) == ("a" in found) * 5 + ("c" in found) * 2**40


@pytest.mark.parametrize("where", [{}, {"user_id": 1}, {"channel_id": 3}, {"type": 2}, {"start": 1}])
async def test_pages_and_rows_after_a_row_have_the_same_order(
    logs: LogRepository, where: dict[str, Any]
) -> None:
    for number in range(9):  # three rows in each second
        await logs.add(evolve(ROW, content=str(number), created_at=100 + number // 3, channel_id=3))
    chosen = LogFilter(**where)
    assert contents(await logs.page(chosen, offset=0, limit=99)) == "876543210"
    assert contents(await logs.page(chosen, offset=4, limit=3)) == "432"
    assert contents(await logs.page(chosen, offset=9, limit=3)) == ""
    read, last = "", None
    while rows := await logs.page(chosen, offset=0, limit=2, after=last):
        read, last = read + contents(rows), rows[-1]
    assert read == "876543210"
    assert [await logs.count(chosen, most=most) for most in (1, 8, 9, 10)] == [1, 8, 9, 9]


async def test_a_late_row_is_sorted_into_its_place(logs: LogRepository) -> None:
    for content, created_at in (("a", 100), ("c", 300), ("b", 200)):
        await logs.add(evolve(ROW, content=content, created_at=created_at, channel_id=3))
    for where in (LogFilter(), LogFilter(user_id=1), LogFilter(username="u"), LogFilter(type=2)):
        assert contents(await logs.page(where, offset=0, limit=9)) == "cba"
    within = LogFilter(channel_id=3, start=150, end=250)
    assert contents(await logs.page(within, offset=0, limit=9)) == "b"


async def test_search(logs: LogRepository) -> None:
    await logs.add(evolve(ROW, content="100%"))
    await logs.add(evolve(ROW, content="100x", type=LogType.SYSTEM, user_id=2, created_at=200))
    await logs.add(evolve(ROW, content="通过兑换码", type=LogType.TOP_UP, created_at=300))

    async def found(keyword: str, user_id: int | None = None, limit: int = 9) -> list[str]:
        return [row.content for row in await logs.search(keyword, user_id=user_id, limit=limit)]

    assert await found("100%") == ["100%"]
    assert await found("100") == ["100x", "100%"]
    assert await found("通过") == ["通过兑换码"]
    assert await found("") == ["通过兑换码", "100x", "100%"]
    assert await found("", limit=2) == ["通过兑换码", "100x"]
    assert await found("4") == await found("4", user_id=2) == ["100x"]
    for keyword in ("'", "\\", "9" * 30, "-1", "x"):
        assert await found(keyword) == []
    assert await found("4", user_id=1) == []
    assert await found("100", user_id=1) == []


async def test_daily_use_is_by_days_in_utc(logs: LogRepository) -> None:
    day = 20_000
    first, last = day * DAY, day * DAY + DAY - 1
    used = evolve(ROW, model_name="m", prompt_tokens=3, completion_tokens=4, elapsed_time=100)
    await logs.add(evolve(used, created_at=first - 1))
    await logs.add(evolve(used, created_at=first, end_cause="delivered"))
    left = evolve(used, end_cause="client_left", quota=2**40, user_id=2, elapsed_time=60_000)
    await logs.add(evolve(left, created_at=last))
    await logs.add(evolve(used, created_at=last, model_name="a"))
    await logs.add(evolve(used, created_at=last, type=LogType.TOP_UP))
    before = DailyUse(day - 1, "m", 1, 1, 5, 3, 4, 100, (0, *[1] * 8))
    his = DailyUse(day, "m", 1, 0, 2**40, 3, 4, 60_000, (0,) * 9)
    today = [
        DailyUse(day, "a", 1, 1, 5, 3, 4, 100, (0, *[1] * 8)),
        DailyUse(day, "m", 2, 1, 2**40 + 5, 6, 8, 60_100, (0, *[1] * 8)),
    ]
    assert list(await logs.daily_use(LogFilter())) == [before, *today]
    assert list(await logs.daily_use(LogFilter(start=first, end=last))) == today
    assert list(await logs.daily_use(LogFilter(user_id=2))) == [his]
    assert list(await logs.daily_use(LogFilter(user_id=3))) == []
    assert today[0].date == "2024-10-04"


async def test_the_oldest_rows_are_deleted_in_batches(logs: LogRepository) -> None:
    for number in (3, 0, 1, 2, 9):
        await logs.add(evolve(ROW, content=str(number), created_at=number))
    assert await logs.delete_before(3, most=2) == 2
    assert contents(await logs.page(LogFilter(), offset=0, limit=9)) == "932"
    assert await logs.delete_before(3, most=2) == 1
    assert await logs.delete_before(3, most=2) == 0
    assert await logs.count(LogFilter()) == 2
