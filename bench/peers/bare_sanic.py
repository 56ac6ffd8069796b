"""Sanic answering without a call, to measure the framework alone: ``python -m bench.peers.bare_sanic PORT``."""

from __future__ import annotations

import sys

from sanic import HTTPResponse, Request, Sanic

from bench import wire

_BEFORE, _AFTER = wire.answer_parts()
app = Sanic("bare")
app.config.AUTO_EXTEND = False  # sanic-ext would add work to every request


@app.post(wire.PATH)
async def answer(request: Request) -> HTTPResponse:
    """The answer that the upstream would give."""
    order = wire.ORDER.search(request.body)
    assert order is not None
    return HTTPResponse(_BEFORE + order[1] + _AFTER, content_type="application/json")


if __name__ == "__main__":
    app.run("127.0.0.1", int(sys.argv[1]), single_process=True, access_log=False, motd=False)
