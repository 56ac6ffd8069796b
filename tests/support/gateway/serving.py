"""Serves an application from the test's own process."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from oneapi.entrypoints.http.protocol.connections import GatewayProtocol

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

    from oneapi.entrypoints.http.app import App


@contextlib.asynccontextmanager
async def serving(app: App, listener: socket.socket) -> AsyncIterator[None]:
    """``app`` answers on ``listener``."""
    app.config.TOUCHUP = False  # it patches Sanic itself, for one application per process
    server: Any = await app.create_server(sock=listener, protocol=GatewayProtocol, return_asyncio_server=True)
    await server.startup()
    await server.start_serving()
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
