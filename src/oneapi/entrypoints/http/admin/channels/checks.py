"""``/api/channel/test`` and ``/api/channel/update_balance``: whether upstream accounts work, and what is left on them.

They are GETs that change something, as clients of the original know them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bodies import path_id
from oneapi.entrypoints.http.admin.bounds import Line  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.objects import ReportObject, show_report
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate
from oneapi.entrypoints.http.answers import as_json

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.channels.balances import ChannelBalances
    from oneapi.application.channels.probe import ChannelProbe
    from oneapi.application.channels.testing import ChannelTests


class ModelQuery(msgspec.Struct):
    """The model to test with; one that the channel does not offer counts as none."""

    model: Line = ""


class ScopeQuery(msgspec.Struct):
    """``all`` channels, which is also the default, or those that are ``disabled``."""

    scope: Line = ""


class ChannelTestAnswer(msgspec.Struct):
    """``message`` is what the model said, or why it said nothing; ``time`` in seconds, 0 after a failure.

    ``modelName`` is the model that was asked for, ``model`` the one that was tested. A model that cannot be tested free
    of charge has not failed: ``outcome`` is then ``skipped``, else ``passed`` or ``failed``.
    """

    success: bool
    message: str
    time: float
    model_name: str = msgspec.field(name="modelName")
    model: str
    outcome: str


class BalanceAnswer(msgspec.Struct):
    """``balance`` is in the provider's unit."""

    success: bool
    message: str
    balance: float


def channel_check_routes(
    gate: Gate, probe: ChannelProbe, tests: ChannelTests, balances: ChannelBalances
) -> AdminRoutes:
    routes = AdminRoutes("Channel checks", "/api/channel", gate)

    @routes.get(
        "/test/<channel_id>",
        "Test a channel",
        role=Role.ADMIN,
        query=ModelQuery,
        answer=ChannelTestAnswer,
        changes=True,
    )
    async def test(call: Call, channel_id: str, query: ModelQuery) -> HTTPResponse:
        verdict = await probe.test(path_id(channel_id), query.model)
        seconds = round(verdict.seconds, 3) if verdict.passed else 0.0
        message = probe.message(verdict, call.language)
        return _bare(
            ChannelTestAnswer(
                not verdict.failed, message, seconds, query.model, verdict.model, verdict.outcome
            )
        )

    @routes.get("/test", "Test channels in the background", role=Role.ADMIN, query=ScopeQuery, changes=True)
    async def start_tests(_: Call, query: ScopeQuery) -> HTTPResponse:
        await tests.start(query.scope or "all")
        return done()

    @routes.get(
        "/test/progress", "Show how far the tests in the background are", role=Role.ADMIN, data=ReportObject
    )
    async def show_tests(_: Call) -> HTTPResponse:
        return done(show_report(await tests.report()))

    @routes.get(
        "/update_balance/<channel_id>",
        "Read a channel's balance",
        role=Role.ADMIN,
        answer=BalanceAnswer,
        changes=True,
    )
    async def update_balance(_: Call, channel_id: str) -> HTTPResponse:
        balance = await balances.update(path_id(channel_id))
        return _bare(BalanceAnswer(success=True, message="", balance=balance))

    @routes.get("/update_balance", "Read all balances in the background", role=Role.ADMIN, changes=True)
    async def start_balances(_: Call) -> HTTPResponse:
        await balances.start()
        return done()

    @routes.get(
        "/update_balance/progress",
        "Show how far the balances in the background are",
        role=Role.ADMIN,
        data=ReportObject,
    )
    async def show_balances(_: Call) -> HTTPResponse:
        return done(show_report(await balances.report()))

    return routes


def _bare(answer: msgspec.Struct) -> HTTPResponse:
    """Without the envelope."""
    return as_json(answer)
