"""``/api/log``: what happened, for administrators and for each user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sanic import Blueprint, HTTPResponse, Request

from oneapi.domain.logs import LogFilter
from oneapi.domain.users import Role
from oneapi.entrypoints.http.admin.bodies import query_int, query_page, query_text
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.objects import show_log

if TYPE_CHECKING:
    from oneapi.application.logs import ReadLogs
    from oneapi.domain.users import User
    from oneapi.entrypoints.http.admin.envelope import Envelopes
    from oneapi.entrypoints.http.admin.guard import Guard


def logs_blueprint(envelopes: Envelopes, guard: Guard, logs: ReadLogs) -> Blueprint:
    blueprint = Blueprint("logs", url_prefix="/api/log")
    admin, mine = guard(Role.ADMIN), guard(Role.COMMON)

    @blueprint.get("/")
    @envelopes
    @admin
    async def list_logs(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        rows, total = await logs.page(_everyones(request), **query_page(request))
        return done([show_log(row) for row in rows], total=total)

    @blueprint.get("/self")
    @envelopes
    @mine
    async def list_own(request: Request, me: User) -> HTTPResponse:
        rows, total = await logs.own_page(_own(request, me), **query_page(request))
        return done([show_log(row) for row in rows], total=total)

    @blueprint.get("/search")
    @envelopes
    @admin
    async def search(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        return done([show_log(row) for row in await logs.search(query_text(request, "keyword"))])

    @blueprint.get("/self/search")
    @envelopes
    @mine
    async def search_own(request: Request, me: User) -> HTTPResponse:
        rows = await logs.own_search(query_text(request, "keyword"), me.id)
        return done([show_log(row) for row in rows])

    @blueprint.get("/stat")
    @envelopes
    @admin
    async def sum_up(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        return done({"quota": await logs.consumed(_everyones(request, of_type=False))})

    @blueprint.get("/self/stat")
    @envelopes
    @mine
    async def sum_up_own(request: Request, me: User) -> HTTPResponse:
        return done({"quota": await logs.consumed(_own(request, me, of_type=False))})

    @blueprint.delete("/")
    @envelopes
    @admin
    async def delete(request: Request, me: User) -> HTTPResponse:  # noqa: ARG001
        return done(await logs.delete_before(query_int(request, "target_timestamp")))

    return blueprint


def _everyones(request: Request, *, of_type: bool = True) -> LogFilter:
    return LogFilter(
        type=(query_int(request, "type") or None) if of_type else None,
        username=query_text(request, "username") or None,
        token_name=query_text(request, "token_name") or None,
        model_name=query_text(request, "model_name") or None,
        channel_id=query_int(request, "channel") or None,
        start=query_int(request, "start_timestamp") or None,
        end=query_int(request, "end_timestamp") or None,
    )


def _own(request: Request, me: User, *, of_type: bool = True) -> LogFilter:
    return LogFilter(
        type=(query_int(request, "type") or None) if of_type else None,
        user_id=me.id,
        token_name=query_text(request, "token_name") or None,
        model_name=query_text(request, "model_name") or None,
        start=query_int(request, "start_timestamp") or None,
        end=query_int(request, "end_timestamp") or None,
    )
