"""Consumption by day and model: ``/api/user/dashboard`` as in the original, and more for the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bounds import Whole  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.operations.logs import ReadLogs
    from oneapi.domain.logs.rows import DailyUse

WEEK, MONTH = 7, 30


class DaysQuery(msgspec.Struct):
    """The number of days up to and including today."""

    days: Annotated[Whole, msgspec.Meta(description="7 or 30")] = WEEK

    @property
    def window(self) -> int:
        return MONTH if self.days == MONTH else WEEK


class DailyUseObject(msgspec.Struct):
    """Consumption of a model on a day (UTC).

    ``delivered`` counts requests whose answers were complete; ``elapsed_time`` is the mean of all requests in
    milliseconds. ``times`` counts those that took less than 100, 250, 500, 1000, 2000, 5000, 10000, 30000 and 60000
    milliseconds.
    """

    day: str
    model_name: str
    requests: int
    delivered: int
    quota: int
    prompt_tokens: int
    completion_tokens: int
    elapsed_time: int
    times: list[int]


class DashboardRow(msgspec.Struct, rename="pascal"):
    """The caller's consumption of a model on a day (UTC)."""

    day: str
    model_name: str
    request_count: int
    quota: int
    prompt_tokens: int
    completion_tokens: int


def dashboard_routes(gate: Gate, logs: ReadLogs) -> AdminRoutes:
    routes = AdminRoutes("Dashboards", "/api", gate)

    @routes.get(
        "/user/dashboard",
        "Show own usage of a week; null if none",
        role=Role.COMMON,
        data=list[DashboardRow] | None,
    )
    async def show_week(call: Call) -> HTTPResponse:
        rows = [_as_the_original(use) for use in await logs.daily_use(WEEK, call.me.id)]
        return done(rows or None)

    @routes.get(
        "/log/dashboard",
        "Show usage of all users by day and model",
        role=Role.ADMIN,
        query=DaysQuery,
        data=list[DailyUseObject],
    )
    async def show_everybodys(_: Call, query: DaysQuery) -> HTTPResponse:
        return done([_shown(use) for use in await logs.daily_use(query.window)])

    @routes.get(
        "/log/self/dashboard",
        "Show own usage by day and model",
        role=Role.COMMON,
        query=DaysQuery,
        data=list[DailyUseObject],
    )
    async def show_own(call: Call, query: DaysQuery) -> HTTPResponse:
        return done([_shown(use) for use in await logs.daily_use(query.window, call.me.id)])

    return routes


def _as_the_original(use: DailyUse) -> DashboardRow:
    return DashboardRow(
        use.date, use.model_name, use.requests, use.quota, use.prompt_tokens, use.completion_tokens
    )


def _shown(use: DailyUse) -> DailyUseObject:
    return DailyUseObject(
        day=use.date,
        model_name=use.model_name,
        requests=use.requests,
        delivered=use.delivered,
        quota=use.quota,
        prompt_tokens=use.prompt_tokens,
        completion_tokens=use.completion_tokens,
        elapsed_time=use.elapsed_time // use.requests,
        times=list(use.times),
    )
