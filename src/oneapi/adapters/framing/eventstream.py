"""Amazon's binary event streams: https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from typing import TYPE_CHECKING

import msgspec

from oneapi.adapters.framing.events import ServerSentEvent
from oneapi.domain.errors import UpstreamGarbage, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MESSAGE = 16 * 1024 * 1024
#: Total length in bytes, length of the headers in bytes, checksum of both.
_PRELUDE = struct.Struct(">III")
_CHECKSUM = struct.Struct(">I")
_TEXT = 7
#: Sizes in bytes of header values by type, for types with a fixed size.
_FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
#: Exceptions in the stream -> HTTP status:
#: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ResponseStream.html
STATUSES = {
    "internalServerException": 500,
    "modelStreamErrorException": 424,
    "modelTimeoutException": 408,
    "serviceUnavailableException": 503,
    "throttlingException": 429,
    "validationException": 400,
}


class EventStreamFramer:
    """Implements ``Framer``. Events are named after their type; chunks of an invocation are unwrapped and have no name.

    Raises UpstreamRefusal for an exception in the stream, UpstreamGarbage for wrong checksums.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        self._held += data
        events = []
        while (message := self._next()) is not None:
            events.append(_event(*message))
        return events

    def finish(self) -> list[ServerSentEvent]:
        """No events: incomplete ones are discarded."""
        return []

    def _next(self) -> tuple[dict[str, str], bytes] | None:
        if len(self._held) < _PRELUDE.size:
            return None
        total, length, checksum = _PRELUDE.unpack_from(self._held)
        if zlib.crc32(self._held[:8]) != checksum or not _PRELUDE.size + length + 4 <= total <= MAX_MESSAGE:
            raise UpstreamGarbage("the stream is not an event stream")
        if len(self._held) < total:
            return None
        message = bytes(self._held[:total])
        del self._held[:total]
        if zlib.crc32(message[:-4]) != _CHECKSUM.unpack(message[-4:])[0]:
            raise UpstreamGarbage("a message of the event stream has a wrong checksum")
        headers = dict(_headers(message[_PRELUDE.size : _PRELUDE.size + length]))
        return headers, message[_PRELUDE.size + length : -4]


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    """Names and values of the headers that are strings; others are skipped."""
    place = 0
    while place < len(data):
        end = place + 1 + data[place]
        name, kind = data[place + 1 : end].decode("latin-1"), data[end : end + 1]
        if not kind:
            raise UpstreamGarbage("a message of the event stream has broken headers")
        place = end + 1
        size = _FIXED.get(kind[0])
        if size is None:
            size = int.from_bytes(data[place : place + 2])
            place += 2
        if kind[0] == _TEXT:
            yield name, data[place : place + size].decode(errors="replace")
        place += size


def _event(headers: dict[str, str], payload: bytes) -> ServerSentEvent:
    if headers.get(":message-type") != "event":
        raise _refusal(headers, payload)
    kind = headers.get(":event-type", "")
    if kind != "chunk":
        return ServerSentEvent(kind.encode(), payload)
    try:
        wrapped = msgspec.json.decode(payload)
        return ServerSentEvent(b"", base64.b64decode(wrapped["bytes"], validate=True))
    except (msgspec.DecodeError, KeyError, TypeError, binascii.Error):
        raise UpstreamGarbage("a piece of the answer cannot be unwrapped") from None


class _Refusal(msgspec.Struct):
    message: str = ""


_decode_refusal = msgspec.json.Decoder(_Refusal).decode


def _refusal(headers: dict[str, str], payload: bytes) -> UpstreamRefusal:
    kind = headers.get(":exception-type") or headers.get(":error-code") or "error"
    try:
        told = _decode_refusal(payload).message
    except msgspec.DecodeError:
        told = ""
    message = told or headers.get(":error-message") or "the upstream broke the answer off"
    return UpstreamRefusal(STATUSES.get(kind, 502), message, code=kind)
