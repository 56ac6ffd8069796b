"""The admin API with fakes, served on a loopback port and called as clients call it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest
from attrs import define, field

from oneapi.application.people.sessions import Origin
from oneapi.domain.people.users import Role
from oneapi.entrypoints.composition.root import Container
from oneapi.entrypoints.http.app import create_app
from oneapi.entrypoints.routes import blueprints
from oneapi.entrypoints.settings import Settings
from tests.fakes.root import PASSWORD, Fakes, put_behind
from tests.support.gateway.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Iterator

USER, OTHER, ADMIN, ROOT = 11, 12, 21, 31
ROLES = {USER: Role.COMMON, OTHER: Role.COMMON, ADMIN: Role.ADMIN, ROOT: Role.ROOT}
NAMES = {USER: "alice", OTHER: "bob", ADMIN: "carol", ROOT: "root"}
SETTINGS = Settings.from_environment(
    {"GLOBAL_API_RATE_LIMIT": "0", "SESSION_SECRET": "of-the-tests", "INITIAL_ROOT_PASSWORD": PASSWORD}
)

T = TypeVar("T")
_numbers = itertools.count(1)
#: Made once, because making it for each client would take most of a test's time.
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@define
class AdminApi(Fakes):
    """The fakes behind the API, and its clients; ``address`` is the clients' address."""

    served: Server = field(kw_only=True)
    address: str = field(factory=lambda: f"2001:db8:0:{next(_numbers):x}::1")
    _clients: contextlib.AsyncExitStack = field(factory=contextlib.AsyncExitStack)

    def __attrs_post_init__(self) -> None:
        for number, role in ROLES.items():
            self.users.put(number, NAMES[number], role)

    @property
    def container(self) -> Container:
        return self.served.container

    @property
    def url(self) -> str:
        return self.served.url

    async def client(self, cookie_of: int | None = None, **headers: str) -> httpx.AsyncClient:
        """A client with the session of a user, or a guest for None."""
        cookies = httpx.Cookies()
        if cookie_of is not None:
            sessions = self.container.identity().sessions()
            session = await sessions.open(cookie_of, self.users.hashes[cookie_of], Origin("", ""))
            # with the domain, so that a cookie set by the server replaces it
            cookies.set("session", session, domain="127.0.0.1")
        client = httpx.AsyncClient(
            base_url=self.url, cookies=cookies, headers=headers, timeout=10, verify=_TLS, trust_env=False
        )
        return await self._clients.enter_async_context(client)

    async def close(self) -> None:
        await self._clients.aclose()


class Server:
    """One application for all tests, in its own thread; ``api`` holds the fakes of the current test."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.url = ""
        self.container = Container(settings=SETTINGS)
        self.api = AdminApi(served=self)
        self._loop = loop
        put_behind(self.container, lambda: self.api)
        self.container.client_address.override(
            lambda request: request.headers.get("x-test-address", self.api.address)
        )

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def begin_anew(self) -> AdminApi:
        self.api = AdminApi(served=self)
        self.read_again()
        return self.api

    def read_again(self) -> None:
        """Let the gateway read changes that were made directly in the fakes."""
        self.run(self.container.memory().catalog().refresh())


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = Server(loop)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = create_app(SETTINGS, blueprints(server.container), name="admin-api")
        served = serving(app, listener)
        server.run(served.__aenter__())
        yield server
        server.run(served.__aexit__(None, None, None))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
async def api(server: Server) -> AsyncIterator[AdminApi]:
    api = server.begin_anew()
    yield api
    await api.close()
