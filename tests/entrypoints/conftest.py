"""A few pages behind our HTTP/1.1, and raw connections to them."""

from __future__ import annotations

import asyncio
import itertools
import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from sanic import Blueprint, HTTPResponse, Request

from oneapi.domain.errors import TokenMissing
from oneapi.entrypoints.http.app import LARGEST_BODY, create_app
from oneapi.entrypoints.http.protocol.connections import GatewayProtocol
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from oneapi.entrypoints.http.capacity import Capacity
    from oneapi.entrypoints.http.request import GatewayRequest

#: Of applications: Sanic knows each by its name.
NUMBERS = itertools.count()


def blueprint() -> Blueprint:
    pages = Blueprint("pages")

    @pages.route("/echo", methods=["GET", "HEAD", "POST"], name="echo")  # type: ignore[untyped-decorator]  # Sanic's
    async def echo(request: GatewayRequest) -> HTTPResponse:
        if request.method == "POST":
            if "known" in request.args:
                request.authenticated()
            await request.load_body(LARGEST_BODY, guest="known" not in request.args)
        said = request.headers.get("x-said", "")
        return HTTPResponse(request.body or b"nothing", headers={"x-said": said}, content_type="text/plain")

    @pages.get("/header", name="header")
    async def header(_: Request) -> HTTPResponse:
        return HTTPResponse(b"", headers={"x-odd": "a\r\nset-cookie: b\0", "x-own": "ä"})

    @pages.get("/empty", name="empty")
    async def empty(_: Request) -> HTTPResponse:
        return HTTPResponse(status=204)

    @pages.get("/pieces", name="pieces")
    async def pieces(request: Request) -> None:
        response = await request.respond(content_type="text/plain")
        for piece in ("one", "", "two"):
            await response.send(piece)
        await response.eof()

    return pages


def unread_blueprint() -> Blueprint:
    """Answers that do not wait for a body, and one that comes late."""
    pages = Blueprint("unread")

    @pages.post("/refused", name="refused")
    async def refused(_: Request) -> HTTPResponse:
        raise TokenMissing

    @pages.post("/api/refused", name="admin_refused")
    async def admin_refused(_: Request) -> HTTPResponse:
        raise TokenMissing

    @pages.get("/slow", name="slow")
    async def slow(request: GatewayRequest) -> HTTPResponse:
        request.authenticated()
        await asyncio.sleep(float(request.args.get("seconds")))
        return HTTPResponse(b"slept")

    @pages.get("/endless", name="endless")
    async def endless(request: Request) -> None:
        response = await request.respond(content_type="text/plain")
        while True:
            await response.send(b"x" * 65536)
            await asyncio.sleep(0)

    @pages.get("/healthz", name="healthz")
    async def healthz(_: Request) -> HTTPResponse:
        return HTTPResponse(b"ok")

    return pages


def marked_blueprint() -> Blueprint:
    """One whose answers pass a middleware of its own."""
    pages = Blueprint("marked")

    @pages.get("/marked", name="marked")
    async def marked(_: Request) -> HTTPResponse:
        return HTTPResponse(b"page")

    async def mark(_: Request, response: HTTPResponse) -> None:
        response.headers["x-mark"] = "1"

    pages.on_response(mark)  # type: ignore[no-untyped-call]  # Sanic's
    return pages


class Wire:
    """A server on loopback, and bytes to and from it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.address)

    async def __call__(self, *pieces: bytes, patience: float = 0.2) -> bytes:
        """Send ``pieces`` on a new connection; what comes back, until it is closed or silent."""
        reader, writer = await self.open()
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.01)
        received = await heard(reader, patience)
        writer.close()
        return received


async def heard(reader: asyncio.StreamReader, patience: float = 0.2) -> bytes:
    """What comes until the other side closes, or is silent for ``patience`` seconds."""
    received = b""
    try:
        while piece := await asyncio.wait_for(reader.read(65536), patience):
            received += piece
    except (TimeoutError, ConnectionError):
        pass
    return received


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[Wire]]]:
    """Starts servers with given bounds and settings."""
    async with AsyncExitStack() as stack:

        async def start(capacity: Capacity | None = None, **environment: str) -> Wire:
            app = create_app(
                Settings.from_environment(environment),
                [blueprint(), unread_blueprint(), marked_blueprint()],
                name=f"protocol-{next(NUMBERS)}",
                capacity=capacity,
            )
            app.config.TOUCHUP = False  # it rewrites Sanic itself, for one application a process
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            server: Any = await app.create_server(
                sock=listener, protocol=GatewayProtocol, return_asyncio_server=True
            )
            await server.startup()
            await server.start_serving()

            async def stop() -> None:
                server.close()
                await server.wait_closed()

            stack.push_async_callback(stop)
            return Wire(listener.getsockname())

        yield start


@pytest.fixture
async def ask(serve: Callable[..., Awaitable[Wire]]) -> Wire:
    """A server with the usual bounds."""
    return await serve()
