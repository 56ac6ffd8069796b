"""``/api/log``: the log, for administrators and for each user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.domain.logs.rows import LogFilter
from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bodies import KeywordQuery, PageQuery
from oneapi.entrypoints.http.admin.bounds import Line, Whole  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.exports import CSV, send_csv
from oneapi.entrypoints.http.admin.objects import LogObject, show_log
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.operations.logs import ReadLogs
    from oneapi.domain.people.users import User


class OwnLogQuery(PageQuery):
    """Exact matches; empty or 0: any. Both times, in unix seconds, are inclusive."""

    type: Whole = 0
    start_timestamp: Whole = 0
    end_timestamp: Whole = 0
    token_name: Line = ""
    model_name: Line = ""

    def own(self, me: User) -> LogFilter:
        """The filter for rows of ``me``."""
        return LogFilter(
            type=self.type or None,
            user_id=me.id,
            token_name=self.token_name or None,
            model_name=self.model_name or None,
            start=self.start_timestamp or None,
            end=self.end_timestamp or None,
        )


class LogQuery(OwnLogQuery):
    """Like ``OwnLogQuery``, for all users."""

    username: Line = ""
    channel: Whole = 0

    def everyones(self) -> LogFilter:
        return LogFilter(
            type=self.type or None,
            username=self.username or None,
            token_name=self.token_name or None,
            model_name=self.model_name or None,
            channel_id=self.channel or None,
            start=self.start_timestamp or None,
            end=self.end_timestamp or None,
        )


class DeletionQuery(msgspec.Struct):
    """Delete rows older than this time in unix seconds."""

    target_timestamp: Whole = 0


class Consumption(msgspec.Struct):
    """The sum in quota units of all matching consumption rows."""

    quota: int


def log_routes(gate: Gate, logs: ReadLogs) -> AdminRoutes:
    routes = AdminRoutes("Logs", "/api/log", gate)

    @routes.get("/", "List log rows", role=Role.ADMIN, query=LogQuery, data=list[LogObject])
    async def list_logs(call: Call, query: LogQuery) -> HTTPResponse:
        rows, total = await logs.page(query.everyones(), **query.window)
        return done([show_log(row, call.language) for row in rows], total=total)

    @routes.get("/self", "List own log rows", role=Role.COMMON, query=OwnLogQuery, data=list[LogObject])
    async def list_own(call: Call, query: OwnLogQuery) -> HTTPResponse:
        rows, total = await logs.own_page(query.own(call.me), **query.window)
        return done([show_log(row, call.language) for row in rows], total=total)

    @routes.get("/search", "Search the log", role=Role.ADMIN, query=KeywordQuery, data=list[LogObject])
    async def search(call: Call, query: KeywordQuery) -> HTTPResponse:
        return done([show_log(row, call.language) for row in await logs.search(query.keyword)])

    @routes.get(
        "/self/search", "Search one's own log", role=Role.COMMON, query=KeywordQuery, data=list[LogObject]
    )
    async def search_own(call: Call, query: KeywordQuery) -> HTTPResponse:
        return done(
            [show_log(row, call.language) for row in await logs.own_search(query.keyword, call.me.id)]
        )

    @routes.get("/stat", "Summarise usage", role=Role.ADMIN, query=LogQuery, data=Consumption)
    async def sum_up(_: Call, query: LogQuery) -> HTTPResponse:
        return done(Consumption(await logs.consumed(query.everyones())))

    @routes.get("/self/stat", "Summarise own usage", role=Role.COMMON, query=OwnLogQuery, data=Consumption)
    async def sum_up_own(call: Call, query: OwnLogQuery) -> HTTPResponse:
        return done(Consumption(await logs.consumed(query.own(call.me))))

    @routes.get("/export", "Export the log as CSV", role=Role.ADMIN, query=LogQuery, media=CSV)
    async def export(call: Call, query: LogQuery) -> None:
        await send_csv(call, "logs.csv", logs.export(query.everyones()))

    @routes.get("/self/export", "Export own log as CSV", role=Role.COMMON, query=OwnLogQuery, media=CSV)
    async def export_own(call: Call, query: OwnLogQuery) -> None:
        await send_csv(call, "logs.csv", logs.own_export(query.own(call.me)))

    @routes.delete("/", "Delete old log rows", role=Role.ADMIN, query=DeletionQuery, data=int)
    async def delete(call: Call, query: DeletionQuery) -> HTTPResponse:
        return done(await logs.delete_before(call.actor, query.target_timestamp))

    return routes
