"""``/api/option/test_mail`` and ``/api/option/test_pusher``: test messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.messages.mails import Mails
    from oneapi.application.messages.notices import Notices


def message_routes(gate: Gate, mails: Mails, notices: Notices) -> AdminRoutes:
    routes = AdminRoutes("Messages", "/api/option", gate)

    @routes.post("/test_mail", "Send a test mail to own address", role=Role.ROOT)
    async def test_mail(call: Call) -> HTTPResponse:
        await mails.trial(call.me.email, call.language)
        return done()

    @routes.post("/test_pusher", "Send a test message to Message Pusher", role=Role.ROOT)
    async def test_pusher(call: Call) -> HTTPResponse:
        await notices.trial(call.language)
        return done()

    return routes
