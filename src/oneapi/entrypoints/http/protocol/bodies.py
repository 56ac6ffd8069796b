"""Request bodies: counted while they arrive, limited in time, and safely skipped if not read."""

from __future__ import annotations

import re
from time import monotonic
from typing import Any

from sanic.exceptions import BadRequest, PayloadTooLarge

from oneapi.domain.errors import Overloaded
from oneapi.entrypoints.http.protocol.heads import StrictHeads

_LINE_END = b"\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: Extensions are ignored: https://www.rfc-editor.org/rfc/rfc9112#section-7.1.1.
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t -~\x80-\xff]*)?")
_LONGEST_CHUNK_LINE = 256
_TRAILER = re.compile(rb"[!-9;-~]+:[\t -~\x80-\xff]*")
_LONGEST_TRAILERS = 4096
#: Seconds in which a body must arrive, plus one second for this many bytes received.
BODY_GRACE, LEAST_RATE = 20.0, 32 * 1024


class BoundedBodies(StrictHeads):
    """The part of Sanic's state machine that reads bodies."""

    __slots__ = ("_held",)

    def __init__(self, protocol: Any) -> None:
        super().__init__(protocol)
        self._held = 0

    def body_at_hand(self) -> bytes | None:
        """The whole body if it arrived together with the head, else None."""
        size, buffer = self.request_bytes, self.recv_buffer
        if self.request_body is not True or len(buffer) < size or self.request_bytes_left < size:
            return None
        if self.expecting_continue or size > self.request_max_size:
            return None
        data = bytes(buffer[:size])
        del buffer[:size]
        self.request_body = None
        self.request_bytes_left = 0
        return data

    async def read(self) -> bytes | None:
        """The next piece of the body; None at its end.

        Raises BadRequest, PayloadTooLarge, RequestTooSlow, Overloaded.
        """
        if not self.request_body:
            return None
        if self.expecting_continue:
            self.expecting_continue = False
            await self._send(_CONTINUE)
        chunked = self.request_body == "chunked"
        if chunked and not self.request_bytes_left:
            await self._next_chunk()
        left = self.request_bytes_left
        if self.request_bytes > self.request_max_size:
            raise PayloadTooLarge("Request body exceeds the size limit")
        if not left:
            self.request_body = None
            return None
        buffer = self.recv_buffer
        if not buffer:
            await self._more_of_body()
        data = bytes(buffer[:left])
        size = len(data)
        del buffer[:size]
        self.request_bytes_left = left = left - size
        if left or self._held or chunked:  # it does not arrive in one piece
            try:
                self.room.take(self.protocol.caller_address(), size)
            except Overloaded:
                await self._capacity.refusals.through()
                raise
            self._held += size
        else:
            self.request_body = None
        return data

    async def _more_of_body(self) -> None:
        if not self._body_since:
            self._body_since = monotonic()
        received = self.request_bytes - self.request_bytes_left
        await self.protocol.receive_more(self._body_since + BODY_GRACE + received / LEAST_RATE)

    async def _next_chunk(self) -> None:
        """Read up to the next chunk's data, or to the body's end. Raises BadRequest."""
        if self._in_chunk and await self._line(0):
            raise BadRequest("Bad chunked encoding")
        size = _CHUNK_SIZE.fullmatch(await self._line(_LONGEST_CHUNK_LINE))
        if size is None:
            raise BadRequest("Bad chunked encoding")
        self.request_bytes_left = int(size[1], 16)
        self.request_bytes += self.request_bytes_left
        self._in_chunk = True
        left = _LONGEST_TRAILERS
        while not self.request_bytes_left and (line := await self._line(left)):
            left -= len(line) + len(_LINE_END)
            if left < 0 or not _TRAILER.fullmatch(line):
                raise BadRequest("Bad trailer")

    async def _line(self, longest: int) -> bytes:
        """The next line of the chunked framing, without its end. Raises BadRequest beyond ``longest`` bytes."""
        buffer = self.recv_buffer
        longest = max(0, longest)
        while (end := buffer.find(_LINE_END, 0, longest + len(_LINE_END))) < 0:
            if len(buffer) >= longest + len(_LINE_END):
                raise BadRequest("Bad chunked encoding")
            await self._more_of_body()
        line = bytes(buffer[:end])
        del buffer[: end + len(_LINE_END)]
        return line

    def _rest_is_here(self) -> bool:
        """Whether the rest of an unread body has arrived, so that the next request can follow."""
        return (
            self.keep_alive
            and self.request_body is True
            and not self.expecting_continue
            and len(self.recv_buffer) >= self.request_bytes_left
        )

    async def _leave_rest(self) -> None:
        """Skip an unread body if all of it has arrived; otherwise the connection ends."""
        if self._rest_is_here():
            del self.recv_buffer[: self.request_bytes_left]
        else:
            self.keep_alive = False
            await self.protocol.linger()
