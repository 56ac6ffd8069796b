"""A provider on loopback that costs next to nothing: ``python -m bench.upstream PORT``.

Answers POST /v1/chat/completions as OpenAI does: whole, or as a stream whose length and pace the prompt names
(see ``wire.ORDER``); a gap of 0 ms writes all chunks at once.
"""

from __future__ import annotations

import asyncio
import sys
from time import monotonic_ns
from typing import cast

import httptools
import uvloop

from bench import wire

_BEFORE, _AFTER = wire.answer_parts()
_LENGTH = len(_BEFORE) + wire.NUMBER_DIGITS + len(_AFTER)
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_bench\r\nContent-Length: %d\r\n\r\n"
    % _LENGTH
)
_WHOLE = _HEAD + _BEFORE
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


def _frame(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event_parts() -> tuple[bytes, bytes]:
    """The bytes of one content event before and after its timestamp."""
    stamp = wire.STAMP_FORMAT % 0
    before, after = _frame(wire.chunk_event(f'{{"content":" {stamp}"}}')).split(stamp.encode())
    return before, after


_EVENT_BEFORE, _EVENT_AFTER = _event_parts()
_STAMP = wire.STAMP_FORMAT.encode()
_FINISH = _frame(wire.chunk_event("{}", '"stop"'))
_USAGE = _frame(wire.usage_event())
_END = _frame(wire.DONE_EVENT) + b"0\r\n\r\n"


class Upstream(asyncio.Protocol):
    """One connection; its requests are answered one after another."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # as asyncio calls it
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        order = wire.ORDER.search(body)
        if order is None or self._url != wire.PATH.encode():
            self._transport.write(_NOT_FOUND)
            return
        number, chunks, gap = order.groups()
        if b'"stream":true' in body or b'"stream": true' in body:
            self._stream(number, int(chunks), int(gap) / 1000, usage=b"include_usage" in body)
        else:
            self._transport.write(b"%b%b%b" % (_WHOLE, number, _AFTER))

    def _stream(self, number: bytes, chunks: int, gap: float, *, usage: bool) -> None:
        first = _frame(wire.chunk_event(f'{{"role":"assistant","content":"{number.decode()}"}}'))
        self._transport.write(_STREAM_HEAD + first)
        if gap:
            loop = asyncio.get_running_loop()
            self._pace(loop, chunks, gap, usage=usage)
        else:
            for _ in range(chunks):
                self._chunk()
            self._end(usage=usage)

    def _pace(self, loop: asyncio.AbstractEventLoop, left: int, gap: float, *, usage: bool) -> None:
        at = loop.time() + gap

        def tick() -> None:
            nonlocal left, at
            self._chunk()
            left -= 1
            at += gap
            if left:
                self._timer = loop.call_at(at, tick)
            else:
                self._end(usage=usage)

        self._timer = loop.call_at(at, tick)

    def _chunk(self) -> None:
        self._transport.write(b"%b%b%b" % (_EVENT_BEFORE, _STAMP % monotonic_ns(), _EVENT_AFTER))

    def _end(self, *, usage: bool) -> None:
        self._transport.write(_FINISH + (_USAGE if usage else b"") + _END)


async def serve(port: int) -> asyncio.Server:
    """A listening upstream; port 0 takes any free one."""
    return await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port, backlog=1024)


async def _forever(port: int) -> None:
    await (await serve(port)).serve_forever()


if __name__ == "__main__":
    uvloop.run(_forever(int(sys.argv[1])))
