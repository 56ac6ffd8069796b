"""A few routes on our HTTP/1.1 server, and raw connections to it."""

from __future__ import annotations

import asyncio
import itertools
import socket
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from sanic import Blueprint, HTTPResponse, Request

from oneapi.domain.errors import TokenMissing
from oneapi.entrypoints.http.app import LARGEST_BODY, create_app
from oneapi.entrypoints.settings import Settings
from tests.support.clients.wire import Wire
from tests.support.gateway.serving import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from oneapi.entrypoints.http.capacity import Capacity
    from oneapi.entrypoints.http.request import GatewayRequest

#: Numbers for the names of applications, which must differ for Sanic.
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
    """Routes that do not wait for a body, and one that answers late."""
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
    """A blueprint whose answers pass its own middleware."""
    pages = Blueprint("marked")

    @pages.get("/marked", name="marked")
    async def marked(_: Request) -> HTTPResponse:
        return HTTPResponse(b"page")

    async def mark(_: Request, response: HTTPResponse) -> None:
        response.headers["x-mark"] = "1"

    pages.on_response(mark)  # type: ignore[no-untyped-call]  # Sanic's
    return pages


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[Wire]]]:
    """Starts servers with given limits and settings."""
    async with AsyncExitStack() as stack:

        async def start(capacity: Capacity | None = None, **environment: str) -> Wire:
            app = create_app(
                Settings.from_environment(environment),
                [blueprint(), unread_blueprint(), marked_blueprint()],
                name=f"protocol-{next(NUMBERS)}",
                capacity=capacity,
            )
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            await stack.enter_async_context(serving(app, listener))
            return Wire(listener.getsockname())

        yield start


@pytest.fixture
async def ask(serve: Callable[..., Awaitable[Wire]]) -> Wire:
    """A server with the usual limits."""
    return await serve()
