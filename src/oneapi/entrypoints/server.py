"""From settings to a serving process: prepare the database once, then run one or several workers."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import multiprocessing
import secrets
import signal
import socket
import sys
import time
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen
from sanic import Sanic

from oneapi.adapters.database.bootstrap import ensure_first_account
from oneapi.adapters.database.schema.migrate import migrate, migrate_log, reach, require_present_schema
from oneapi.adapters.identity.keys import new_key
from oneapi.adapters.identity.passwords import Passwords
from oneapi.domain.errors import StorageUnavailable
from oneapi.domain.limits import Rate
from oneapi.entrypoints.container import Container, opened
from oneapi.entrypoints.databases import at_fault, main_variable, open_databases
from oneapi.entrypoints.demo import Demo, ensure_demo, welcome
from oneapi.entrypoints.http.admin.channels.batch import channel_batch_routes
from oneapi.entrypoints.http.admin.channels.checks import channel_check_routes
from oneapi.entrypoints.http.admin.channels.manage_channels import channel_routes
from oneapi.entrypoints.http.admin.channels.offers import offer_routes
from oneapi.entrypoints.http.admin.guard import Guard
from oneapi.entrypoints.http.admin.money.dashboards import dashboard_routes
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
from oneapi.entrypoints.http.admin.people.tokens import token_routes
from oneapi.entrypoints.http.admin.people.users import user_routes
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Gate, operations_of
from oneapi.entrypoints.http.app import App, create_app
from oneapi.entrypoints.http.capacity import Capacity, raise_descriptor_limit
from oneapi.entrypoints.http.console import Unmatched, console_files
from oneapi.entrypoints.http.demo import demo_blueprint
from oneapi.entrypoints.http.health import health_blueprint
from oneapi.entrypoints.http.protocol.connections import GatewayProtocol
from oneapi.entrypoints.http.relay.forwarding import Forward, Limits, forwarding_blueprint
from oneapi.entrypoints.http.relay.lists import lists_blueprint
from oneapi.entrypoints.http.relay.playground import playground_blueprint
from oneapi.entrypoints.http.relay.unimplemented import unimplemented_blueprint
from oneapi.entrypoints.http.throttle import Throttle
from oneapi.entrypoints.keys import require_readable_secrets
from oneapi.entrypoints.logging import configure_logging
from oneapi.entrypoints.settings import CannotStart
from oneapi.entrypoints.workers import BACKLOG, STOP_SIGNALS, supervise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sanic import Blueprint

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.entrypoints.settings import Settings

logger = logging.getLogger(__name__)

ALL_INTERFACES = "0.0.0.0"  # noqa: S104  # a server in a container has to be reached
#: Seconds for which an unreachable database is waited for at start.
DATABASE_PATIENCE = 10
ROOT = "root"
#: Seconds over which calls of the admin API, and requests for pages, are counted; and those that guess.
WINDOW = 180
CRITICAL_WINDOW = 20 * 60
#: Options that a new database starts with; one of the original's goes on as it did until somebody says otherwise.
OF_NEW_DATABASES = {"UnpricedModelPolicy": "listed_only"}
GC_THRESHOLDS = (20_000, 20, 50)
#: Seconds after which a server that was told to stop while it started is asked again.
STILL_STARTING = 0.05
#: Hidden from the option list by its ending.
SESSION_SECRET_OPTION = "SessionSecret"  # noqa: S105  # a name


@frozen
class Prepared:
    """What a worker needs beside the settings; made once, before the workers start."""

    settings: Settings
    log_dir: str
    demo: Demo | None


def serve(settings: Settings, *, port: int, log_dir: str, workers: int, demo: bool) -> int:
    """Serve until a signal says stop; the exit code. Raises CannotStart with one line that an operator can act on."""
    configure_logging(settings, log_dir)
    _warn_of_idle(settings)
    _check_port(port)
    prepared, first_password = asyncio.run(_prepare(settings, port=port, log_dir=log_dir, demo=demo))
    if prepared.demo is not None:
        sys.stdout.write(welcome(port, prepared.demo.key, first_password))
        sys.stdout.flush()
    elif first_password:
        logger.warning("the account root still has its first password; change it")
    if workers == 1:
        _run(build_app(prepared), host=ALL_INTERFACES, port=port)
        return 0
    return supervise(functools.partial(_work, prepared), (ALL_INTERFACES, port), workers)


def _work(prepared: Prepared, listener: socket.socket) -> None:
    """Be one worker process of several."""
    _run(build_app(prepared), sock=listener)


def _run(app: App, **address: Any) -> None:
    _stop_whenever_told(app)
    app.prepare(
        **address,
        protocol=GatewayProtocol,
        backlog=BACKLOG,
        access_log=False,
        motd=False,
        single_process=True,
        register_sys_signals=False,
    )
    Sanic.serve_single(app)


def build_app(prepared: Prepared) -> App:
    """The application of one worker process, with everything it opens and closes."""
    settings = prepared.settings
    configure_logging(settings, prepared.log_dir)
    container = Container(settings=settings)
    container.check_dependencies()
    capacity = Capacity(connections=raise_descriptor_limit())
    app = create_app(settings, _blueprints(container, prepared), capacity=capacity)
    unmatched(container, settings).serve(app)
    working = opened(container)

    @app.before_server_start
    async def start(_: App) -> None:
        await working.__aenter__()
        # What lives as long as the process is not looked at again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    @app.before_server_stop
    async def last_words(_: App) -> None:
        asyncio.get_running_loop().call_later(settings.shutdown_grace, container.relay().break_off)

    @app.after_server_stop
    async def stop(_: App) -> None:
        await working.__aexit__(None, None, None)

    return app


def _stop_whenever_told(app: App) -> None:
    """Obey SIGTERM and SIGINT from now on, whatever ``app`` is doing, and obey once.

    Sanic has them ignored for a moment after it began to answer, and takes its handlers away when it stops: a signal
    would be lost, and a second one, such as Ctrl-C or systemd send to workers and supervisor alike, would cut the
    answers that still run. So they are blocked in every thread (those that come later inherit it) but one, which waits
    for them: what is blocked is not ignored. Call it before any thread is started.
    """
    parent = multiprocessing.parent_process()
    running: Future[asyncio.AbstractEventLoop] = Future()
    stopping: list[bool] = []

    def stop() -> None:
        if stopping:
            return
        if not app.state.is_running:  # Stopping the loop now would break the start off.
            asyncio.get_running_loop().call_later(STILL_STARTING, stop)
            return
        stopping.append(True)
        app.stop(terminate=False)

    def orphaned(loop: asyncio.AbstractEventLoop, sentinel: int) -> None:
        loop.remove_reader(sentinel)
        stop()

    @app.before_server_start
    async def listen(_: App) -> None:
        loop = asyncio.get_running_loop()
        running.set_result(loop)
        if parent is not None:
            loop.add_reader(parent.sentinel, orphaned, loop, parent.sentinel)

    @app.after_server_start
    async def forget_that_they_are_ignored(_: App) -> None:
        # BSD drops what is ignored although it is blocked.
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    Thread(target=_obey, args=(running, stop), name="stop signals", daemon=True).start()


def _obey(running: Future[asyncio.AbstractEventLoop], stop: Callable[[], None]) -> None:
    """Call ``stop`` on the loop at every stop signal."""
    loop = running.result()
    while True:
        signal.sigwait(STOP_SIGNALS)
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(stop)


def _blueprints(container: Container, prepared: Prepared) -> Sequence[Blueprint]:
    settings, address = prepared.settings, container.client_address()
    authenticator = container.authenticator()
    billing = Throttle(container.limits(), _api_rate(settings), address)
    limits = Limits(body_mb=settings.max_request_body_mb, heartbeat=settings.stream_heartbeat)
    forward = Forward(container.relay(), limits)
    blueprints = [
        forwarding_blueprint(
            authenticator, forward, Forward(container.token_counts(), limits), container.proxying(), address
        ),
        playground_blueprint(container.who_is_there(), authenticator, forward),
        lists_blueprint(authenticator, container.model_lists(), container.statements(), address, billing),
        unimplemented_blueprint(authenticator, address),
        *_admin_blueprints(container, settings),
        health_blueprint(container.readiness()),
    ]
    if prepared.demo is not None:
        blueprints.append(demo_blueprint(prepared.demo.secret))
    return blueprints


def _admin_blueprints(container: Container, settings: Settings) -> Sequence[Blueprint]:
    routes = admin_routes(container, admin_gate(container, settings))
    return [*(each.blueprint for each in routes), openapi_blueprint(operations_of(routes))]


def admin_gate(container: Container, settings: Settings) -> Gate:
    """What every call of the admin API passes."""
    limited = not settings.debug
    return Gate(
        guard=Guard(container.who_is_there()),
        limits=container.limits(),
        rate=_api_rate(settings),
        critical_rate=Rate("CT", settings.critical_rate_limit * limited, CRITICAL_WINDOW),
        address=container.client_address(),
        announce=container.signals().send,
        default_language=settings.default_language,
        check_human=container.human_check(),
    )


def unmatched(container: Container, settings: Settings) -> Unmatched:
    """What answers requests that no route takes."""
    rate = Rate("GW", settings.global_web_rate_limit * (not settings.debug), WINDOW)
    return Unmatched(
        throttle=Throttle(container.limits(), rate, container.client_address()),
        elsewhere=settings.frontend_base_url if settings.node_type == "slave" else "",
        default_language=settings.default_language,
        console=console_files(),
        checks_humans=lambda: container.catalog().current.options.turnstile_check_enabled,
    )


def _api_rate(settings: Settings) -> Rate:
    return Rate("GA", settings.global_api_rate_limit * (not settings.debug), WINDOW)


def admin_routes(container: Container, gate: Gate) -> Sequence[AdminRoutes]:
    """Every resource of the admin API."""
    return [
        status_routes(gate, container.catalog(), int(time.time())),
        user_routes(
            gate,
            container.sign_in(),
            container.sessions(),
            container.own_account(),
            container.has_first_password(),
        ),
        session_routes(gate, container.sessions()),
        registration_routes(gate, container.register(), container.send_codes(), container.use_codes()),
        manage_users_routes(gate, container.read_users(), container.manage_users()),
        oauth_routes(gate, container.sign_in_attempts(), container.vouching(), container.sign_in_with()),
        token_routes(gate, container.manage_tokens()),
        channel_routes(gate, container.manage_channels()),
        channel_batch_routes(gate, container.batch_channels(), container.channel_tests()),
        channel_check_routes(
            gate, container.channel_probe(), container.channel_tests(), container.channel_balances()
        ),
        option_routes(gate, container.manage_options()),
        message_routes(gate, container.mails(), container.notices()),
        offer_routes(gate, container.offers()),
        redemption_routes(gate, container.manage_redemptions()),
        top_up_routes(gate, container.redeem(), container.top_up()),
        log_routes(gate, container.read_logs()),
        dashboard_routes(gate, container.read_logs()),
        audit_routes(gate, container.audit()),
    ]


async def _prepare(settings: Settings, *, port: int, log_dir: str, demo: bool) -> tuple[Prepared, str | None]:
    """The database, ready for the workers, and root's first password if it has not been changed."""
    container = Container(settings=settings)
    main, log = open_databases(container)
    try:
        with at_fault(main_variable(settings)):
            await _ready(main, settings)
        if log is not main:
            with at_fault("LOG_SQL_DSN"):
                await _log_ready(log, settings)
        await require_readable_secrets(container, settings)
        if settings.node_type == "master" and await _ensure_root(container, settings):
            await container.options().put(OF_NEW_DATABASES)
        password = await _first_password(container, settings)
        secret = settings.session_secret or await _session_secret(container)
        settings = attrs.evolve(settings, session_secret=secret)
        shown = await _demo(container, port) if demo else None
    except ValueError as error:
        raise CannotStart(str(error)) from None
    except StorageUnavailable as error:
        raise CannotStart(f"the database cannot be used: {error.cause}") from None
    finally:
        for database in {id(main): main, id(log): log}.values():
            await database.close()
    return Prepared(settings, log_dir, shown), password


async def _ready(database: Database, settings: Settings) -> None:
    await reach(database, DATABASE_PATIENCE)
    if settings.node_type == "master":
        await migrate(database)
    else:
        await require_present_schema(database)


async def _log_ready(database: Database, settings: Settings) -> None:
    await reach(database, DATABASE_PATIENCE, log=True)
    if settings.node_type == "master":
        await migrate_log(database)


async def _ensure_root(container: Container, settings: Settings) -> bool:
    """Whether the database is new."""
    return await ensure_first_account(
        container.database(),
        cipher=container.cipher(),
        password_hash=await Passwords(settings.password_hash_upgrade).hash(settings.initial_root_password),
        access_token=settings.initial_root_access_token or secrets.token_hex(16),
        initial_token=settings.initial_root_token,
        now=int(time.time()),
    )


async def _first_password(container: Container, settings: Settings) -> str | None:
    found = await container.users().by_login(ROOT)
    if found is not None and await container.has_first_password()(found[0]):
        return settings.initial_root_password
    return None


async def _session_secret(container: Container) -> str:
    """The secret that signs sessions where none was configured: made once, the same for all nodes."""
    options = container.options()
    stored = (await options.all()).get(SESSION_SECRET_OPTION)
    return stored or await options.keep(SESSION_SECRET_OPTION, secrets.token_urlsafe(32))


async def _demo(container: Container, port: int) -> Demo:
    return await ensure_demo(
        container.channels(),
        container.tokens(),
        container.options(),
        port=port,
        new_key=new_key(),
        now=int(time.time()),
    )


def _warn_of_idle(settings: Settings) -> None:
    """Nobody should believe in a variable that does nothing."""
    if settings.frontend_base_url and settings.node_type == "master":
        logger.warning("FRONTEND_BASE_URL is set, but counts on a slave only")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ALL_INTERFACES, port))
        except OSError as error:
            raise CannotStart(f"port {port} cannot be used: {error.strerror}") from None
