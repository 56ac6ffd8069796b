"""Every route of the program, connected to the use cases of a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.limits import Rate
from oneapi.domain.work import Work
from oneapi.entrypoints.http.admin.channels.batch import channel_batch_routes
from oneapi.entrypoints.http.admin.channels.checks import channel_check_routes
from oneapi.entrypoints.http.admin.channels.manage_channels import channel_routes
from oneapi.entrypoints.http.admin.channels.offers import offer_routes
from oneapi.entrypoints.http.admin.guard import Guard
from oneapi.entrypoints.http.admin.money.dashboards import dashboard_routes
from oneapi.entrypoints.http.admin.money.prices import price_routes
from oneapi.entrypoints.http.admin.money.redemptions import redemption_routes
from oneapi.entrypoints.http.admin.money.top_ups import top_up_routes
from oneapi.entrypoints.http.admin.openapi import openapi_blueprint
from oneapi.entrypoints.http.admin.operations.audit import audit_routes
from oneapi.entrypoints.http.admin.operations.logs import log_routes
from oneapi.entrypoints.http.admin.operations.messages import message_routes
from oneapi.entrypoints.http.admin.operations.options import option_routes
from oneapi.entrypoints.http.admin.operations.status import status_routes
from oneapi.entrypoints.http.admin.people.manage_users import manage_users_routes
from oneapi.entrypoints.http.admin.people.oauth import oauth_routes
from oneapi.entrypoints.http.admin.people.registration import registration_routes
from oneapi.entrypoints.http.admin.people.sessions import session_routes
from oneapi.entrypoints.http.admin.people.token_reports import token_report_routes
from oneapi.entrypoints.http.admin.people.tokens import token_routes
from oneapi.entrypoints.http.admin.people.users import user_routes
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Gate, operations_of
from oneapi.entrypoints.http.console import Unmatched, console_files
from oneapi.entrypoints.http.health import health_blueprint
from oneapi.entrypoints.http.relay.billing import billing_blueprint
from oneapi.entrypoints.http.relay.forwarding import Forward, Forwards, Limits, forwarding_blueprint
from oneapi.entrypoints.http.relay.lists import lists_blueprint
from oneapi.entrypoints.http.relay.playground import playground_blueprint
from oneapi.entrypoints.http.relay.stored_responses import stored_responses_blueprint
from oneapi.entrypoints.http.relay.unimplemented import unimplemented_blueprint
from oneapi.entrypoints.http.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sanic import Blueprint

    from oneapi.entrypoints.composition.root import Container
    from oneapi.entrypoints.settings import Settings

#: Seconds over which calls of the admin API and requests for pages are counted; and over which critical calls are.
WINDOW = 180
CRITICAL_WINDOW = 20 * 60


def blueprints(container: Container) -> Sequence[Blueprint]:
    """The blueprints of the relay, the admin API with its description, and health."""
    settings, address = container.settings(), container.client_address()
    memory, money, relay = container.memory(), container.money(), container.relay()
    authenticator = memory.authenticator()
    billing = Throttle(container.storage().limits(), _api_rate(settings), address)
    limits = Limits(body_mb=settings.max_request_body_mb, heartbeat=settings.stream_heartbeat)
    forward = Forward(relay.serving(), limits)
    to_relay = Forwards(forward, Forward(relay.keeping(), limits))
    others = {
        Work.COUNT: Forwards(Forward(relay.token_counts(), limits), Forward(relay.keeping_counts(), limits)),
        Work.COMPACT: Forwards(forward, Forward(relay.compacting(), limits)),
    }
    admin = admin_routes(container)
    return [
        forwarding_blueprint(authenticator, to_relay, others, relay.proxying(), address),
        stored_responses_blueprint(
            authenticator, relay.stored_responses(), relay.background(), address, limits.heartbeat
        ),
        playground_blueprint(container.identity().who_is_there(), authenticator, forward),
        lists_blueprint(authenticator, relay.model_lists(), address),
        billing_blueprint(authenticator, money.statements(), address, billing),
        unimplemented_blueprint(authenticator, address),
        *(each.blueprint for each in admin),
        openapi_blueprint(operations_of(admin)),
        health_blueprint(container.operations().readiness()),
    ]


def unmatched(container: Container) -> Unmatched:
    """The handler of requests that match no route."""
    settings, catalog = container.settings(), container.memory().catalog()
    rate = Rate("GW", settings.global_web_rate_limit * (not settings.debug), WINDOW)
    return Unmatched(
        throttle=Throttle(container.storage().limits(), rate, container.client_address()),
        elsewhere=settings.frontend_base_url if settings.node_type == "slave" else "",
        default_language=settings.default_language,
        console=console_files(),
        checks_humans=lambda: catalog.current.options.turnstile_check_enabled,
    )


def admin_routes(container: Container) -> Sequence[AdminRoutes]:
    """Every resource of the admin API."""
    gate = _gate(container)
    identity, people, channels = container.identity(), container.people(), container.channels()
    messages, money, operations = container.messages(), container.money(), container.operations()
    return [
        status_routes(gate, container.memory().catalog(), int(container.clock()())),
        user_routes(
            gate, identity.sign_in(), identity.sessions(), people.own_account(), people.has_first_password()
        ),
        session_routes(gate, identity.sessions()),
        registration_routes(gate, people.register(), people.send_codes(), people.use_codes()),
        manage_users_routes(gate, people.read_users(), people.manage_users()),
        oauth_routes(gate, identity.pending_sign_ins(), identity.vouching(), people.sign_in_with()),
        token_routes(gate, people.manage_tokens()),
        token_report_routes(gate, money.statements(), operations.read_logs()),
        channel_routes(gate, channels.manage_channels()),
        channel_batch_routes(gate, channels.batch_channels(), channels.tests()),
        channel_check_routes(gate, channels.probe(), channels.tests(), channels.balances()),
        option_routes(gate, operations.manage_options()),
        message_routes(gate, messages.mails(), messages.notices()),
        offer_routes(gate, container.relay().offers()),
        price_routes(gate, money.price_lists()),
        redemption_routes(gate, money.manage_redemptions()),
        top_up_routes(gate, money.redeem(), money.top_up()),
        log_routes(gate, operations.read_logs()),
        dashboard_routes(gate, operations.read_logs()),
        audit_routes(gate, operations.audit()),
    ]


def _gate(container: Container) -> Gate:
    """The checks that every call of the admin API passes."""
    settings, storage, identity = container.settings(), container.storage(), container.identity()
    return Gate(
        guard=Guard(identity.who_is_there()),
        limits=storage.limits(),
        rate=_api_rate(settings),
        critical_rate=Rate("CT", settings.critical_rate_limit * (not settings.debug), CRITICAL_WINDOW),
        address=container.client_address(),
        announce=storage.signals().send,
        default_language=settings.default_language,
        check_human=identity.human_check(),
        holder=container.memory().authenticator().holder,
    )


def _api_rate(settings: Settings) -> Rate:
    return Rate("GA", settings.global_api_rate_limit * (not settings.debug), WINDOW)
