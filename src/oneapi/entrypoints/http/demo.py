"""The built-in echo upstream of ``--demo``: speaks OpenAI's format, streams chunks, and needs no account."""

from __future__ import annotations

import asyncio
import hmac
import time
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.domain.errors import TokenUnknown
from oneapi.domain.people.tokens import bearer
from oneapi.entrypoints.http.answers import as_json
from oneapi.entrypoints.http.bodies import MEGABYTE
from oneapi.entrypoints.http.request import Blueprint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sanic import HTTPResponse

    from oneapi.entrypoints.http.request import GatewayRequest

PREFIX = "/demo-upstream"
MODEL = "demo-echo"
GREETING = "Hello! I am the built-in echo of One API. You said: "
#: Seconds between two chunks, similar to a model's.
PACE = 0.03
LARGEST = 8 * MEGABYTE


def demo_blueprint(secret: str) -> Blueprint:
    """The echo's routes; ``secret`` is the bearer token of the demo channel."""
    blueprint = Blueprint("demo", url_prefix=PREFIX)

    @blueprint.post("/v1/chat/completions")
    async def chat(request: GatewayRequest) -> HTTPResponse | None:
        shown = bearer(request.headers.get("authorization", ""))
        if not hmac.compare_digest(shown.encode(errors="replace"), secret.encode()):
            raise TokenUnknown
        request.authenticated()
        await request.load_body(LARGEST, guest=False)
        asked = msgspec.json.decode(request.body)
        words = _answer(asked).split(" ")
        usage = _usage(asked, words)
        if not asked.get("stream"):
            return as_json(_reply(asked, " ".join(words), usage))
        response = await request.respond(content_type="text/event-stream")
        for chunk in _chunks(asked, words, usage):
            await response.send(b"data: " + msgspec.json.encode(chunk) + b"\n\n")
            await asyncio.sleep(PACE)
        await response.send(b"data: [DONE]\n\n")
        await response.eof()
        return None

    return blueprint


def _answer(asked: dict[str, Any]) -> str:
    last = asked["messages"][-1].get("content")
    text = last if isinstance(last, str) else "(no text)"
    return GREETING + text


def _usage(asked: dict[str, Any], words: list[str]) -> dict[str, int]:
    prompt = sum(len(str(message.get("content", "")).split()) + 4 for message in asked["messages"])
    return {
        "prompt_tokens": prompt,
        "completion_tokens": len(words),
        "total_tokens": prompt + len(words),
    }


def _head(asked: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-demo", "object": kind, "created": int(time.time()), "model": asked.get("model")}


def _reply(asked: dict[str, Any], text: str, usage: dict[str, int]) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return _head(asked, "chat.completion") | {"choices": [choice], "usage": usage}


def _chunks(asked: dict[str, Any], words: list[str], usage: dict[str, int]) -> Iterator[dict[str, Any]]:
    head = _head(asked, "chat.completion.chunk")
    for number, word in enumerate(words):
        delta = {"role": "assistant", "content": word} if number == 0 else {"content": " " + word}
        yield head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    if (asked.get("stream_options") or {}).get("include_usage"):
        yield head | {"choices": [], "usage": usage}
