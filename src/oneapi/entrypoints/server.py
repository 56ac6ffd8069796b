"""Running the server: prepare the database once, then run one or several workers."""

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
from oneapi.entrypoints.composition.root import Container, opened
from oneapi.entrypoints.databases import at_fault, main_variable, open_databases
from oneapi.entrypoints.demo import Demo, ensure_demo, welcome
from oneapi.entrypoints.http.app import App, create_app
from oneapi.entrypoints.http.capacity import Capacity, raise_descriptor_limit
from oneapi.entrypoints.http.demo import demo_blueprint
from oneapi.entrypoints.http.protocol.connections import GatewayProtocol
from oneapi.entrypoints.keys import require_readable_secrets
from oneapi.entrypoints.logging import configure_logging
from oneapi.entrypoints.routes import blueprints, unmatched
from oneapi.entrypoints.settings import CannotStart
from oneapi.entrypoints.workers import BACKLOG, STOP_SIGNALS, supervise

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.database.connection.engine import Database
    from oneapi.entrypoints.settings import Settings

logger = logging.getLogger(__name__)

ALL_INTERFACES = "0.0.0.0"  # noqa: S104  # a server in a container must be reachable
#: Seconds to wait for an unreachable database at start.
DATABASE_PATIENCE = 10
ROOT = "root"
#: Options of a new database; a database of the original keeps its behaviour until the operator changes it.
OF_NEW_DATABASES = {"UnpricedModelPolicy": "listed_only"}
GC_THRESHOLDS = (20_000, 20, 50)
#: Seconds until a stop signal that arrived during start is tried again.
STILL_STARTING = 0.05
#: Its suffix hides it from the list of options.
SESSION_SECRET_OPTION = "SessionSecret"  # noqa: S105  # a name


@frozen
class Prepared:
    """What a worker needs in addition to the settings; made once, before the workers start."""

    settings: Settings
    log_dir: str
    demo: Demo | None


def serve(settings: Settings, *, port: int, log_dir: str, workers: int, demo: bool) -> int:
    """Serve until a stop signal; returns the exit code. Raises CannotStart with a message for the operator."""
    configure_logging(settings, log_dir)
    _warn_of_idle(settings)
    _check_port(port)
    prepared, first_password = asyncio.run(_prepare(settings, port=port, log_dir=log_dir, demo=demo))
    if prepared.demo is not None:
        sys.stdout.write(welcome(port, prepared.demo.key, first_password))
        sys.stdout.flush()
    elif first_password:
        logger.warning("the user root still has the initial password; change it")
    if workers == 1:
        _run(build_app(prepared), host=ALL_INTERFACES, port=port)
        return 0
    return supervise(functools.partial(_work, prepared), (ALL_INTERFACES, port), workers)


def _work(prepared: Prepared, listener: socket.socket) -> None:
    """Run one worker process of several."""
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
    """The application of one worker process, with the services that it opens and closes."""
    settings = prepared.settings
    configure_logging(settings, prepared.log_dir)
    container = Container(settings=settings)
    container.check_dependencies()
    capacity = Capacity(connections=raise_descriptor_limit())
    demo = [demo_blueprint(prepared.demo.secret)] if prepared.demo else []
    app = create_app(settings, [*blueprints(container), *demo], capacity=capacity)
    unmatched(container).serve(app)
    working = opened(container)

    @app.before_server_start
    async def start(_: App) -> None:
        await working.__aenter__()
        # Excludes objects that live as long as the process from later collections.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    @app.before_server_stop
    async def last_words(_: App) -> None:
        asyncio.get_running_loop().call_later(settings.shutdown_grace, container.relay().serving().break_off)

    @app.after_server_stop
    async def stop(_: App) -> None:
        await working.__aexit__(None, None, None)

    return app


def _stop_whenever_told(app: App) -> None:
    """Stop ``app`` at the first SIGTERM or SIGINT from now on, whatever it is doing.

    Sanic ignores them for a moment after it starts, and removes its handlers when it stops. A signal could be lost, and
    a second one, which Ctrl-C and systemd send to workers and supervisor alike, would cut off answers under way. So the
    signals are blocked in every thread (later ones inherit this) except one that waits for them: a blocked signal is
    not lost. Call this before any thread is started.
    """
    parent = multiprocessing.parent_process()
    running: Future[asyncio.AbstractEventLoop] = Future()
    stopping: list[bool] = []

    def stop() -> None:
        if stopping:
            return
        if not app.state.is_running:  # Stopping the loop now would abort the start.
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
        # BSD drops ignored signals even if they are blocked.
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    Thread(target=_obey, args=(running, stop), name="stop signals", daemon=True).start()


def _obey(running: Future[asyncio.AbstractEventLoop], stop: Callable[[], None]) -> None:
    """Call ``stop`` on the event loop at every stop signal."""
    loop = running.result()
    while True:
        signal.sigwait(STOP_SIGNALS)
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(stop)


async def _prepare(settings: Settings, *, port: int, log_dir: str, demo: bool) -> tuple[Prepared, str | None]:
    """Prepare the database for the workers; also returns root's initial password unless it was changed."""
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
            await container.storage().options().put(OF_NEW_DATABASES)
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
    """Create root if there are no users; whether the database is new."""
    return await ensure_first_account(
        container.storage().database(),
        cipher=container.storage().cipher(),
        password_hash=await Passwords(settings.password_hash_upgrade).hash(settings.initial_root_password),
        access_token=settings.initial_root_access_token or secrets.token_hex(16),
        initial_token=settings.initial_root_token,
        now=int(time.time()),
    )


async def _first_password(container: Container, settings: Settings) -> str | None:
    found = await container.storage().users().by_login(ROOT)
    if found is not None and await container.people().has_first_password()(found[0]):
        return settings.initial_root_password
    return None


async def _session_secret(container: Container) -> str:
    """The secret for signing sessions if none is configured: created once, shared by all nodes."""
    options = container.storage().options()
    stored = (await options.all()).get(SESSION_SECRET_OPTION)
    return stored or await options.keep(SESSION_SECRET_OPTION, secrets.token_urlsafe(32))


async def _demo(container: Container, port: int) -> Demo:
    return await ensure_demo(
        container.storage().channels(),
        container.storage().tokens(),
        container.storage().options(),
        port=port,
        new_key=new_key(),
        now=int(time.time()),
    )


def _warn_of_idle(settings: Settings) -> None:
    """Warn of variables that are set and have no effect."""
    if settings.frontend_base_url and settings.node_type == "master":
        logger.warning("FRONTEND_BASE_URL is set, but has an effect only on a slave")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ALL_INTERFACES, port))
        except OSError as error:
            raise CannotStart(f"port {port} cannot be used: {error.strerror}") from None
