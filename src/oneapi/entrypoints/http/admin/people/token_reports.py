"""Reports for a token about itself, in the formats that new-api's clients read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.objects import LogObject, show_log
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate
from oneapi.entrypoints.http.answers import as_json

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.money.statements import Statements
    from oneapi.application.operations.logs import ReadLogs
    from oneapi.domain.people.tokens import Token
    from oneapi.domain.people.users import Account


class TokenUsage(msgspec.Struct):
    """Amounts are in quota units; ``expires_at`` is in unix seconds, 0: never.

    ``model_limits`` lists the models that the token allows, if it is limited.
    """

    name: str
    total_granted: int
    total_used: int
    total_available: int
    unlimited_quota: bool
    model_limits: dict[str, bool]
    model_limits_enabled: bool
    expires_at: int
    object: str = "token_usage"


class TokenUsageAnswer(msgspec.Struct):
    """A whole answer. ``code``: whether it is a success."""

    data: TokenUsage
    code: bool = True
    message: str = "ok"


def token_report_routes(gate: Gate, statements: Statements, logs: ReadLogs) -> AdminRoutes:
    routes = AdminRoutes("Tokens about themselves", "/api", gate)

    @routes.get("/usage/token", "Show a token's usage", token=True, answer=TokenUsageAnswer)
    async def token_usage(_: Call, account: Account) -> HTTPResponse:
        current = await statements.current(account)
        answer = TokenUsageAnswer(_usage(current.token))
        return as_json(answer)

    @routes.get("/log/token", "List a token's newest log rows", token=True, data=list[LogObject])
    async def token_log(call: Call, account: Account) -> HTTPResponse:
        rows = await logs.of_token(account.token)
        return done([show_log(row, call.language) for row in rows])

    return routes


def _usage(token: Token) -> TokenUsage:
    return TokenUsage(
        name=token.name,
        total_granted=token.remain_quota + token.used_quota,
        total_used=token.used_quota,
        total_available=token.remain_quota,
        unlimited_quota=token.unlimited_quota,
        model_limits=dict.fromkeys(token.models.split(","), True) if token.models else {},
        model_limits_enabled=bool(token.models),
        expires_at=max(token.expired_time, 0),
    )
