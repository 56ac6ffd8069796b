"""The tap for Responses on both sides: bytes pass through while it reads their usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.narrow import text
from oneapi.adapters.dialects.patch import patch
from oneapi.adapters.dialects.responses.marks import marked
from oneapi.adapters.dialects.responses.stream import failure, rendered
from oneapi.adapters.dialects.responses.wire import DELTAS, ENDS, FAILED, tapped_event, usage_in
from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.responses.wire import TappedEvent
    from oneapi.adapters.framing.events import ServerSentEvent

DONE = b"[DONE]"


class _Begun(msgspec.Struct):
    response: dict[str, Any]


_decode_begun = msgspec.json.Decoder(_Begun).decode
_decode_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Tap:
    """Implements ``StreamTranslator`` between two sides of the same format.

    ``account_mark`` identifies the account that answers; ``told`` holds the fields of a response that repeat parts of
    its request unknown to this upstream.
    """

    def __init__(self, account_mark: str, told: Mapping[str, Any]) -> None:
        self.tally = Tally()
        self._account_mark = account_mark
        self._told = told
        #: The event that began the response, and the number of the last event.
        self._begun = b""
        self._number = -1

    def feed(self, event: ServerSentEvent) -> bytes:
        data = event.data
        if not data or self.tally.finished or data.startswith(DONE):
            return b""
        try:
            read = tapped_event(data)
        except UpstreamGarbage:
            return _framed(event.name, data)  # left to the client
        except UpstreamRefusal:
            self.tally.usage = usage_in(data)
            raise
        if isinstance(read.sequence_number, int):
            self._number = read.sequence_number
        if read.type in DELTAS:
            self._add(text(read.delta))
        else:
            data = marked(data, self._account_mark)
            if self._told and read.response:
                data = patch(data, {"response": with_told(_decode_raw(data)["response"], self._told)})
            self._count(read, data)
        name = event.name or (read.type.encode() if read.type in ENDS else b"")  # used to find ends
        return _framed(name, data)

    def finish(self) -> bytes:
        if not self.tally.finished:
            raise UpstreamBroken("the stream ended before the response did")
        return b""

    def failed(self, event: bytes) -> bytes:
        """The end of a response that broke off; empty if none has begun."""
        if not self._begun:
            return b""
        response = _decode_begun(self._begun).response
        response |= {"status": FAILED, "error": failure(event)}
        return rendered("response.failed", {"sequence_number": self._number + 1, "response": response})

    def _count(self, event: TappedEvent, data: bytes) -> None:
        if event.type == "response.created" and event.response:
            self._begun = data
        elif event.type == "response.output_item.added" and event.item:
            self._add(text(event.item.name))
        elif event.type in ENDS:
            self.tally.finished = True
            self.tally.usage = read_usage(event.response.usage if event.response else None)
        elif event.type == "response.output_item.done":
            self.tally.produced = True  # for kinds without deltas

    def _add(self, piece: str) -> None:
        if piece:
            self.tally.text.append(piece)
            self.tally.produced = True


def with_told(response: bytes, told: Mapping[str, Any]) -> msgspec.Raw:
    """``response`` with the fields ``told``, which repeat its request."""
    return msgspec.Raw(patch(bytes(response), told) if told else response)


def _framed(name: bytes, data: bytes) -> bytes:
    data = data.replace(b"\n", b"\ndata: ") if b"\n" in data else data
    if name:
        return b"event: %b\ndata: %b\n\n" % (name, data)
    return b"data: %b\n\n" % data
