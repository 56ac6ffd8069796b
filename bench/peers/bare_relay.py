"""A minimal relay: ``python -m bench.peers.bare_relay PORT UPSTREAM_URL``.

Sanic and aiohttp: parses the JSON, compares a key, forwards. No routing, no hold, no bill, no log.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

import aiohttp
import msgspec
from sanic import HTTPResponse, Request, Sanic
from sanic.config import Config

from bench import wire

KEY = "sk-bench-relay"
Server = Sanic[Config, SimpleNamespace]
app: Server = Sanic("relay")
app.config.AUTO_EXTEND = False  # sanic-ext would add work to every request


@app.before_server_start
async def open_session(app: Server) -> None:
    """Open a pool of connections without a limit."""
    connector = aiohttp.TCPConnector(limit=0)
    app.ctx.session = aiohttp.ClientSession(connector=connector, auto_decompress=False)


@app.after_server_stop
async def close_session(app: Server) -> None:
    """Close the pool."""
    await app.ctx.session.close()


@app.post(wire.PATH)
async def relay(request: Request) -> HTTPResponse | None:
    """Forward whole answers whole, and streams piece by piece."""
    if request.headers.get("authorization") != f"Bearer {KEY}":
        return HTTPResponse(b"{}", 401)
    question = msgspec.json.decode(request.body)
    headers = {"Authorization": f"Bearer {wire.UPSTREAM_KEY}", "Content-Type": "application/json"}
    async with app.ctx.session.post(app.ctx.url, data=request.body, headers=headers) as answer:
        kind = answer.headers["content-type"]
        if not question.get("stream"):
            return HTTPResponse(await answer.read(), answer.status, content_type=kind)
        response = await request.respond(status=answer.status, content_type=kind)
        async for piece in answer.content.iter_any():
            await response.send(piece)
        await response.eof()
    return None


if __name__ == "__main__":
    app.ctx.url = sys.argv[2] + wire.PATH
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, access_log=False, motd=False)
