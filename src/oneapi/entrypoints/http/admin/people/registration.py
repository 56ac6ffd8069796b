"""Registration, and codes by mail: ``/api/verification``, ``/api/reset_password`` and the routes that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.application.people.registration import Registration
from oneapi.domain.errors.administration import InvalidArguments
from oneapi.domain.people.users import Role
from oneapi.entrypoints.http.admin.bounds import Line  # noqa: TC001  # msgspec reads them
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.people.mailed_codes import SendCodes, UseCodes
    from oneapi.application.people.registration import Register


class RegistrationBody(msgspec.Struct):
    """``aff_code`` is the inviter's code; address and code are used if the operator requires verification."""

    username: Line = ""
    password: Line = ""
    email: Line = ""
    verification_code: Line = ""
    aff_code: Line = ""


class AddressQuery(msgspec.Struct):
    """An e-mail address."""

    email: Line = ""


class MailedCodeQuery(msgspec.Struct):
    """An e-mail address, and the code sent to it."""

    email: Line = ""
    code: Line = ""


class ResetBody(msgspec.Struct):
    """The parameters of the link in the mail."""

    email: Line = ""
    token: Line = ""


def registration_routes(
    gate: Gate, register: Register, send_codes: SendCodes, use_codes: UseCodes
) -> AdminRoutes:
    routes = AdminRoutes("Registration", "/api", gate)
    unreadable = InvalidArguments

    @routes.post(
        "/user/register",
        "Register by password",
        body=RegistrationBody,
        unreadable=unreadable,
        critical=True,
        human=True,
    )
    async def sign_up(call: Call, body: RegistrationBody) -> HTTPResponse:
        await register(Registration(**msgspec.structs.asdict(body)), call.request_id)
        return done()

    @routes.get(
        "/verification",
        "Send a verification code to a new address",
        query=AddressQuery,
        critical=True,
        human=True,
        changes=True,
    )
    async def send_verification(call: Call, query: AddressQuery) -> HTTPResponse:
        await send_codes.verification(query.email.strip(), call.language)
        return done()

    @routes.get(
        "/reset_password",
        "Send a link for a new password",
        query=AddressQuery,
        critical=True,
        human=True,
        changes=True,
    )
    async def send_reset(call: Call, query: AddressQuery) -> HTTPResponse:
        await send_codes.reset(query.email.strip(), call.language)
        return done()

    @routes.post(
        "/user/reset",
        "Set a new password, with the code of the mailed link",
        body=ResetBody,
        unreadable=unreadable,
        data=str,
        critical=True,
    )
    async def reset(_: Call, body: ResetBody) -> HTTPResponse:
        return done(await use_codes.reset(body.email.strip(), body.token))

    @routes.get(
        "/oauth/email/bind",
        "Bind an e-mail address, with the code sent to it",
        role=Role.COMMON,
        query=MailedCodeQuery,
        critical=True,
        changes=True,
    )
    async def bind(call: Call, query: MailedCodeQuery) -> HTTPResponse:
        await use_codes.bind(call.me, query.email.strip(), query.code.strip().lower())
        return done()

    return routes
