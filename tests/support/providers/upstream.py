"""A provider on loopback that answers as a test scripts, and records the requests.

::

    async with ProgrammableUpstream() as upstream:  # in an async test
        upstream.always("/v1/chat/completions", chat_reply("hello", prompt_tokens=3, completion_tokens=1))
        upstream.enqueue(error_reply(503), chat_stream(["he", "llo"], usage=(3, 2)))  # the next two requests
        ...  # base URL: upstream.url
        assert upstream.requests[0].header("authorization") == "Bearer sk-channel"
        assert upstream.requests[0].json()["model"] == "gpt-4o"

    with running_upstream() as upstream:
        ...  # in a sync test, on its own thread

An ``Answer`` is a tuple of steps: bytes to write, seconds to wait, or an ``Ending``. Answers are made by ``reply``,
``json_reply``, ``sse``, ``raw`` and the OpenAI-shaped ``chat_reply``, ``chat_stream``, ``embeddings_reply``,
``image_reply``, ``error_reply``, and are changed by their methods::

    chat_reply("x").after(2.0)  # silent before the header
    chat_stream(["a", "b"]).paused(0.1)  # waits before each event
    chat_stream(["a", "b"]).stopped(Ending.RESET, after_events=1)
    chat_reply("x").stopped(Ending.STALL, at_byte=20)  # counted from the first byte of the header
    chat_reply("x").dripping(0.05)  # a byte at a time
    chat_stream(["a"], done=False)  # no [DONE]

A request is answered from the queue of its path, else from the common queue, else by ``always`` of its path, else by
``always`` of every path, else 404. A function of the request in place of an answer decides when it arrives: ``echo``.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

import httptools
from attrs import define

from tests.support.providers.answers import (
    Answer,
    Ending,
    chat_chunk,
    chat_reply,
    chat_stream,
    chunk,
    embeddings_reply,
    endless,
    error_reply,
    head,
    html_page,
    image_reply,
    json_reply,
    raw,
    reply,
    sse,
    usage_of,
)
from tests.support.waiting import AT_ONCE

if TYPE_CHECKING:
    import ssl

__all__ = [
    "Answer",
    "Behaviour",
    "Connection",
    "Ending",
    "ProgrammableUpstream",
    "ReceivedRequest",
    "chat_chunk",
    "chat_reply",
    "chat_stream",
    "chunk",
    "echo",
    "embeddings_reply",
    "endless",
    "error_reply",
    "head",
    "html_page",
    "image_reply",
    "json_reply",
    "raw",
    "reply",
    "running_upstream",
    "sse",
    "usage_of",
]


@define(eq=False)
class ReceivedRequest:
    """A received request. Header names are as they were sent; ``header`` ignores their case."""

    method: str
    #: The path with the query.
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: Connection
    at: float
    #: When the last byte of its answer was handed to the socket; ``time.monotonic``.
    answered_at: float | None = None
    #: When the client closed the connection before its answer was complete.
    abandoned_at: float | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The value of a header, the last one if there are several; None if it was not sent."""
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[-1] if found else None

    def json(self) -> Any:
        return json.loads(self.body)

    async def abandoned(self, within: float = AT_ONCE) -> float:
        """The seconds between arrival and the client's leaving; fails if it does not leave."""
        deadline = time.monotonic() + within
        while self.abandoned_at is None:
            assert time.monotonic() < deadline, f"the client did not leave within {within} s"
            await asyncio.sleep(0.005)
        return self.abandoned_at - self.at


Behaviour = Answer | Callable[[ReceivedRequest], Answer]


class ProgrammableUpstream:
    """An HTTP/1.1 server on a free port of 127.0.0.1; TLS if given a context."""

    def __init__(self, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._tls = tls
        self.port = port
        #: Every request whose last byte arrived, in order.
        self.requests: list[ReceivedRequest] = []
        #: Every connection ever accepted, in order.
        self.connections: list[Connection] = []
        #: Requests being answered now, and the most there ever were at once.
        self.active = 0
        self.peak = 0
        self._server: asyncio.Server | None = None
        self._always: dict[str | None, Behaviour] = {}
        self._queues: defaultdict[str | None, deque[Behaviour]] = defaultdict(deque)

    def always(self, path: str | None, behaviour: Behaviour) -> None:
        """Set what ``path`` answers when its queue is empty; None stands for every path."""
        self._always[path] = behaviour

    def enqueue(self, *behaviours: Behaviour, path: str | None = None) -> None:
        """Set the answers to the next requests, one each."""
        self._queues[path].extend(behaviours)

    def forget(self) -> None:
        """Clear the recorded requests and all answers; connections stay open."""
        self.requests.clear()
        self._always.clear()
        self._queues.clear()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def open_connections(self) -> int:
        return sum(connection.closed_at is None for connection in self.connections)

    def answer_to(self, request: ReceivedRequest) -> Answer:
        for path in (request.path, None):
            with suppress(IndexError):
                return _decide(self._queues[path].popleft(), request)
        behaviour = self._always.get(request.path) or self._always.get(None)
        if behaviour is None:
            return error_reply(
                404, f"nothing is prepared for {request.method} {request.target}", code="unprepared"
            )
        return _decide(behaviour, request)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), "127.0.0.1", self.port, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse and cut all connections. The upstream can be started again, on the same port."""
        if self._server is None:
            return
        self._server.close()
        while self.open_connections:
            for connection in self.connections:
                connection.abort()
            await asyncio.sleep(0.001)
        self._server = None

    def drop_connections(self) -> None:
        """Close every connection cleanly, as servers do with idle ones."""
        for connection in self.connections:
            connection.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()


@contextmanager
def running_upstream(tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[ProgrammableUpstream]:
    """The upstream on its own thread, for tests without an event loop."""
    upstream = ProgrammableUpstream(tls, port)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(upstream.start(), loop).result(5)
        try:
            yield upstream
        finally:
            asyncio.run_coroutine_threadsafe(upstream.stop(), loop).result(5)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


class Connection(asyncio.Protocol):
    """A client's connection, whose requests are answered one after another."""

    def __init__(self, upstream: ProgrammableUpstream) -> None:
        self._upstream = upstream
        self._parser = httptools.HttpRequestParser(self)
        self._transport: Any = None  # uvloop's transports do not inherit from asyncio's
        self._pending: deque[ReceivedRequest] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._current: ReceivedRequest | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._begin()
        self.bytes_received = 0
        self.opened_at = time.monotonic()
        self.closed_at: float | None = None

    def _begin(self) -> None:
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._upstream.connections.append(self)

    def data_received(self, data: bytes) -> None:
        self.bytes_received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.abort()

    def eof_received(self) -> None:
        self.abort()  # nobody closes one half only and still wants the answer

    def half_close(self) -> None:
        """End the connection at once; over TLS without a closing message, as if the line were cut."""
        with socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno())) as same:
            same.shutdown(socket.SHUT_WR)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.closed_at = time.monotonic()
        if self._current is not None:
            self._current.abandoned_at = self.closed_at
        if self._worker is not None:
            self._worker.cancel()

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    # What the parser calls

    def on_message_begin(self) -> None:
        self._begin()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        request = ReceivedRequest(
            method=self._parser.get_method().decode(),
            target=self._url.decode("latin-1"),
            headers=self._headers,
            body=b"".join(self._body),
            connection=self,
            at=time.monotonic(),
        )
        self._upstream.requests.append(request)
        self._pending.append(request)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work())

    # Answering

    async def _work(self) -> None:
        upstream = self._upstream
        while self._pending and self.closed_at is None:
            request = self._current = self._pending.popleft()
            upstream.active += 1
            upstream.peak = max(upstream.peak, upstream.active)
            try:
                await self._perform(request, upstream.answer_to(request))
            finally:
                upstream.active -= 1
        self._current = None

    async def _perform(self, request: ReceivedRequest, answer: Answer) -> None:
        transport = self._transport
        for step in answer.steps:
            if isinstance(step, bytes):
                transport.write(step)
                await self._may_write.wait()
            elif not isinstance(step, Ending):
                await asyncio.sleep(step)
            elif step is Ending.STALL:
                await asyncio.Event().wait()
            elif step is Ending.CLOSE:
                self._finish(request)
                self.close()
            else:
                await asyncio.sleep(0.02)  # otherwise the reset would overtake the written bytes
                self._finish(request)
                self.reset()
        self._finish(request)

    def _finish(self, request: ReceivedRequest) -> None:
        request.answered_at = request.answered_at or time.monotonic()
        self._current = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def reset(self) -> None:
        """Send RST to the peer; written bytes that are still in buffers may be lost."""
        sock = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def _decide(behaviour: Behaviour, request: ReceivedRequest) -> Answer:
    return behaviour if isinstance(behaviour, Answer) else behaviour(request)


def echo(request: ReceivedRequest) -> Answer:
    """The request as JSON: method, target, headers, body (as text)."""
    return json_reply(
        {
            "method": request.method,
            "target": request.target,
            "headers": request.headers,
            "body": request.body.decode("utf-8", "replace"),
        }
    )
