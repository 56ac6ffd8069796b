"""``/api/channel/test`` and ``/api/channel/update_balance``: tests and balances of channels.

As in the original, they are GET requests although they change something.
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
    """The model to test with; ignored if the channel does not offer it."""

    model: Line = ""


class ScopeQuery(msgspec.Struct):
    """``all`` channels (the default), or only the ``disabled`` ones."""

    scope: Line = ""


class ChannelTestAnswer(msgspec.Struct):
    """``message`` is the model's answer or the reason for the failure; ``time`` is in seconds, 0 after a failure.

    ``modelName`` is the model in the request, ``model`` the one tested. ``outcome`` is ``passed``, ``failed``, or
    ``skipped`` for a model that cannot be tested free of charge.
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

    @routes.get("/test/progress", "Show the progress of tests", role=Role.ADMIN, data=ReportObject)
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
        "Show the progress of reading balances",
        role=Role.ADMIN,
        data=ReportObject,
    )
    async def show_balances(_: Call) -> HTTPResponse:
        return done(show_report(await balances.report()))

    return routes


def _bare(answer: msgspec.Struct) -> HTTPResponse:
    """``answer`` as JSON without the envelope."""
    return as_json(answer)
