"""Answers of a programmable upstream; see ``tests/support/providers/upstream.py`` for their use."""

from __future__ import annotations

import enum
import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve, frozen

Headers = Mapping[str, str]
CHAT_ID = "chatcmpl-loopback"
CREATED = 1_700_000_000


class Ending(enum.Enum):
    """How an answer stops. Without one, the connection stays open for the next request."""

    CLOSE = "the connection is closed in order"
    RESET = "the connection is reset"
    STALL = "nothing more comes until the client leaves"


Step = bytes | float | Ending


@frozen
class Answer:
    """The steps by which one request is answered; the first step of bytes is the header."""

    steps: tuple[Step, ...]

    def after(self, seconds: float) -> Answer:
        """The answer after a pause, in seconds, before the first byte."""
        return evolve(self, steps=(seconds, *self.steps))

    def paused(self, seconds: float) -> Answer:
        """The answer with a pause, in seconds, before each step of bytes except the header."""
        head, *rest = self.steps
        pieces = [(seconds, step) if isinstance(step, bytes) else (step,) for step in rest]
        return evolve(self, steps=(head, *(step for piece in pieces for step in piece)))

    def dripping(self, seconds: float, size: int = 1) -> Answer:
        """The answer in pieces of ``size`` bytes, with a pause, in seconds, between them."""
        steps: list[Step] = []
        for step in self.steps:
            if isinstance(step, bytes):
                for i in range(0, len(step), size):
                    steps += (step[i : i + size], seconds)
            else:
                steps.append(step)
        return evolve(self, steps=tuple(steps))

    def stopped(
        self, ending: Ending, *, at_byte: int | None = None, after_events: int | None = None
    ) -> Answer:
        """The answer up to a number of bytes, including the header, or of steps after it, and then ``ending``."""
        steps: list[Step] = []
        byte_count = event_count = 0
        for step in self.steps:
            if isinstance(step, bytes):
                if after_events is not None and event_count > after_events:
                    break
                event_count += 1
                if at_byte is not None and byte_count + len(step) >= at_byte:
                    steps.append(step[: at_byte - byte_count])
                    break
                byte_count += len(step)
            steps.append(step)
        return evolve(self, steps=(*steps, ending))

    @property
    def wire(self) -> bytes:
        """All bytes of the answer."""
        return b"".join(step for step in self.steps if isinstance(step, bytes))


# --- answers -----------------------------------------------------------------------------------


def raw(*steps: Step) -> Answer:
    """Exactly these bytes, which include the header, pauses and ending."""
    return Answer(steps)


def head(status: int, headers: Headers) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} {'OK' if status < 300 else 'Because'}\r\n{lines}\r\n".encode()


def reply(body: bytes, *, status: int = 200, headers: Headers | None = None, gzipped: bool = False) -> Answer:
    """A whole answer; Content-Length is right unless ``headers`` say another. ``gzipped`` compresses the body."""
    content = gzip.compress(body) if gzipped else body
    encoding = {"Content-Encoding": "gzip"} if gzipped else {}
    return Answer(
        (head(status, {"Content-Length": str(len(content)), **encoding, **(headers or {})}), content)
    )


def json_reply(
    value: Any, *, status: int = 200, headers: Headers | None = None, gzipped: bool = False
) -> Answer:
    merged = {"Content-Type": "application/json", **(headers or {})}
    return reply(json.dumps(value).encode(), status=status, headers=merged, gzipped=gzipped)


def sse(
    events: Sequence[Any],
    *,
    delay: float = 0.0,
    done: bool = True,
    headers: Headers | None = None,
    status: int = 200,
) -> Answer:
    """A stream with one chunk per event: str and bytes are written unchanged, other values as JSON after ``data:``."""
    payloads = [_event(event) for event in events] + ([b"data: [DONE]\n\n"] if done else [])
    steps: list[Step] = [
        head(status, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", **(headers or {})})
    ]
    for payload in payloads:
        if delay:
            steps.append(delay)
        steps.append(chunk(payload))
    return Answer((*steps, b"0\r\n\r\n"))


def chunk(data: bytes) -> bytes:
    """A chunk of the chunked transfer coding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(event: Any) -> bytes:
    if isinstance(event, bytes):
        return event
    if isinstance(event, str):
        return event.encode()
    return b"data: " + json.dumps(event, separators=(",", ":")).encode() + b"\n\n"


def html_page(status: int = 502) -> Answer:
    """The answer of a proxy in front of the provider when the provider is down."""
    page = b"<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"
    return reply(page, status=status, headers={"Content-Type": "text/html; charset=UTF-8"})


def endless(size: int, *, piece: bytes = b"x" * 65536) -> Answer:
    """A stream of ``size`` bytes without a line end."""
    count = -(-size // len(piece))
    header = head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
    return Answer((header, *[chunk(piece)] * count, b"0\r\n\r\n"))


# --- in OpenAI's shape -------------------------------------------------------------------------


def usage_of(prompt_tokens: int, completion_tokens: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def chat_reply(
    text: str = "hello",
    *,
    prompt_tokens: int | None = 3,
    completion_tokens: int = 1,
    model: str = "gpt-4o",
    finish_reason: str = "stop",
    headers: Headers | None = None,
    gzipped: bool = False,
    **fields: Any,
) -> Answer:
    """A chat completion; without usage if ``prompt_tokens`` is None, ``fields`` on top of it."""
    message = {"role": "assistant", "content": text}
    value: dict[str, Any] = {
        "id": CHAT_ID,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
    }
    if prompt_tokens is not None:
        value["usage"] = usage_of(prompt_tokens, completion_tokens)
    return json_reply({**value, **fields}, headers=headers, gzipped=gzipped)


def chat_chunk(
    delta: Mapping[str, Any], *, model: str = "gpt-4o", finish_reason: str | None = None
) -> dict[str, Any]:
    return {
        "id": CHAT_ID,
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": model,
        "choices": [{"index": 0, "delta": dict(delta), "finish_reason": finish_reason}],
    }


def chat_stream(
    texts: Sequence[str],
    *,
    usage: tuple[int, int] | None = None,
    done: bool = True,
    finish_reason: str | None = "stop",
    model: str = "gpt-4o",
    delay: float = 0.0,
    extra: Sequence[Any] = (),
    headers: Headers | None = None,
) -> Answer:
    """A streamed chat completion, every part an event.

    The role, the texts, ``extra``, the finish reason, the usage if given, with ``done`` the marker.
    """
    events: list[Any] = [chat_chunk({"role": "assistant", "content": ""}, model=model)]
    events += [chat_chunk({"content": text}, model=model) for text in texts]
    events += extra
    if finish_reason is not None:
        events.append(chat_chunk({}, model=model, finish_reason=finish_reason))
    if usage is not None:
        events.append({**chat_chunk({}, model=model), "choices": [], "usage": usage_of(*usage)})
    return sse(events, delay=delay, done=done, headers=headers)


def embeddings_reply(
    count: int = 1,
    *,
    prompt_tokens: int | None = 3,
    model: str = "text-embedding-3-small",
    dimensions: int = 4,
) -> Answer:
    """``count`` vectors; without usage if ``prompt_tokens`` is None."""
    vectors = [[(i + 1) / (j + 1) for j in range(dimensions)] for i in range(count)]
    value: dict[str, Any] = {
        "object": "list",
        "data": [
            {"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)
        ],
        "model": model,
    }
    if prompt_tokens is not None:
        value["usage"] = {"prompt_tokens": prompt_tokens, "total_tokens": prompt_tokens}
    return json_reply(value)


def image_reply(count: int = 1, *, b64: bool = False) -> Answer:
    image = {"b64_json": "aGVsbG8="} if b64 else {"url": "http://127.0.0.1/image.png"}
    return json_reply({"created": CREATED, "data": [image] * count})


def error_reply(
    status: int,
    message: str = "the upstream refused",
    *,
    type: str = "server_error",  # noqa: A002  # OpenAI's field name
    code: Any = None,
    param: str | None = None,
    headers: Headers | None = None,
) -> Answer:
    """OpenAI's error object; with ``status`` 200 an error inside a success."""
    error = {"message": message, "type": type, "param": param, "code": code}
    return json_reply({"error": error}, status=status, headers=headers)
