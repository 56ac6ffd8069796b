"""The client's side of one relayed request, over Sanic."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.errors import GatewayError
    from oneapi.entrypoints.http.request import GatewayRequest
    from oneapi.entrypoints.http.surfaces.interface import Surface

EVENT_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
EVENT_STREAM = "text/event-stream"
EVENT_DATA = b"data: "


class SanicReply:
    """Implements the ``Reply`` port.

    A stream that has been silent for ``heartbeat`` seconds (0: never) gets a sign of life in the format of ``surface``.
    """

    _stream_type = EVENT_STREAM

    def __init__(self, request: GatewayRequest, heartbeat: float, surface: Surface) -> None:
        self._request = request
        self._surface = surface
        self._heartbeat = heartbeat
        self._timer: asyncio.TimerHandle | None = None
        self._loop: Any = None
        self._sent_at = 0.0
        self._stream: Any = None

    async def start(self, status: int, headers: Sequence[tuple[str, str]], *, events: bool) -> None:
        others = dict(headers)
        kind = others.pop("content-type", "")
        if events:
            others |= EVENT_HEADERS
            kind = self._stream_type
        if self._surface.id_header:
            others.setdefault(self._surface.id_header, self._request.id)
        self._stream = await self._request.respond(
            status=status, headers=others, content_type=kind or "application/octet-stream"
        )
        if events and self._heartbeat:
            self._loop = asyncio.get_running_loop()
            self._sent_at = self._loop.time()
            self._timer = self._loop.call_later(self._heartbeat, self._beat)

    async def send(self, data: bytes) -> None:
        assert self._stream is not None  # noqa: S101  # start() comes first
        if self._timer is not None:
            self._sent_at = self._loop.time()
        if data:  # an empty chunk would end the body
            await self._stream.stream.send(data, end_stream=False)  # as its own send() does

    def error_event(self, error: GatewayError) -> bytes:
        return self._surface.error_event(error, self._request.id)

    async def finish(self) -> None:
        assert self._stream is not None  # noqa: S101  # start() comes first
        self.close()
        await self._stream.eof()

    def cut(self) -> None:
        self.close()
        stream: Any = self._request.stream
        stream.protocol.transport.abort()

    async def whole(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
        others = dict(headers)
        others.setdefault("content-type", "application/json")
        if self._surface.id_header:
            others.setdefault(self._surface.id_header, self._request.id)
        await self._request.answer(status, others, body)

    def close(self) -> None:
        """Stop the heartbeat: nothing more will be sent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _beat(self) -> None:
        silent = self._loop.time() - self._sent_at
        if silent >= self._heartbeat:
            self._sent_at = self._loop.time()
            task = self._loop.create_task(self._send_heartbeat())
            task.add_done_callback(_ignore_result)
            silent = 0.0
        self._timer = self._loop.call_later(self._heartbeat - silent, self._beat)

    async def _send_heartbeat(self) -> None:
        if self._stream is not None and self._timer is not None:
            await self._stream.send(self._surface.heartbeat)


class ArrayReply(SanicReply):
    """The same, with a stream's events as the items of one JSON array."""

    _stream_type = "application/json; charset=UTF-8"
    _between = b"["

    async def send(self, data: bytes) -> None:
        await super().send(self._items(data))

    async def finish(self) -> None:
        await super().send(b"[]" if self._between == b"[" else b"]")
        await super().finish()

    def _items(self, events: bytes) -> bytes:
        """``events`` as items; each event is one line of JSON, and pieces contain whole events."""
        items: list[bytes] = []
        for line in events.splitlines():
            if line.startswith(EVENT_DATA):
                items += (self._between, line[len(EVENT_DATA) :])
                self._between = b",\r\n"
        return b"".join(items)


def _ignore_result(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()  # retrieved to avoid a warning; the request itself notices that the client left
