"""Balances and usage for clients: OpenAI's old billing dashboard, and the balance in today's format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.entrypoints.http.answers import as_json
from oneapi.entrypoints.http.relay.lists import READ
from oneapi.entrypoints.http.request import Blueprint
from oneapi.entrypoints.http.surfaces import OPENAI

if TYPE_CHECKING:
    from collections.abc import Callable

    from sanic import HTTPResponse, Request

    from oneapi.application.money.statements import Statements
    from oneapi.application.relay.authentication import Authenticator
    from oneapi.domain.people.users import Account
    from oneapi.entrypoints.http.request import GatewayRequest
    from oneapi.entrypoints.http.throttle import Throttle

#: Cents per dollar: OpenAI's old dashboard reports usage in cents.
CENTS = 100


def billing_blueprint(
    authenticator: Authenticator,
    statements: Statements,
    address: Callable[[Request], str],
    throttle: Throttle,
) -> Blueprint:
    """``/dashboard/billing`` and ``/user/balance``, under the rate limit of the admin API."""
    blueprint = Blueprint("billing")

    async def account(request: GatewayRequest) -> Account:
        await throttle(request)
        caller = await authenticator.caller(OPENAI.credential(request), address(request))
        request.authenticated()
        return caller.account

    async def subscription(request: GatewayRequest) -> HTTPResponse:
        found = await statements.subscription(await account(request))
        return as_json(
            {
                "object": "billing_subscription",
                "has_payment_method": True,
                "soft_limit_usd": found.limit,
                "hard_limit_usd": found.limit,
                "system_hard_limit_usd": found.limit,
                "access_until": found.until,
            }
        )

    async def usage(request: GatewayRequest) -> HTTPResponse:
        spent = await statements.usage(await account(request))
        return as_json({"object": "list", "total_usage": spent * CENTS})

    for prefix in ("/dashboard/billing", "/v1/dashboard/billing"):
        version = prefix.strip("/").replace("/", "_")
        blueprint.add_route(
            subscription, f"{prefix}/subscription", methods=READ, name=f"{version}_subscription"
        )
        blueprint.add_route(usage, f"{prefix}/usage", methods=READ, name=f"{version}_usage")

    async def balance(request: GatewayRequest) -> HTTPResponse:
        await throttle(request)
        holder = await authenticator.holder(OPENAI.credential(request), address(request))
        request.authenticated()
        found = await statements.balance(holder)
        return as_json({"is_active": found.active, "balance": found.dollars})

    for prefix in ("", "/v1"):
        blueprint.add_route(
            balance, f"{prefix}/user/balance", methods=READ, name=f"{prefix.strip('/')}_user_balance"
        )
    return blueprint
