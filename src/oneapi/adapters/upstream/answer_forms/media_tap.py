"""Streams of images, speech and transcripts: passed on event by event, and read for their usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.interface import Tally
from oneapi.adapters.dialects.openai_chat.tap import DONE, read_error
from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.errors import UpstreamBroken
from oneapi.domain.usage import NOTHING

if TYPE_CHECKING:
    from oneapi.adapters.framing.events import ServerSentEvent

_ABSENT = msgspec.Raw(b"null")
#: Present in events whose image is only a preview.
#: https://platform.openai.com/docs/api-reference/images-streaming/image_generation/partial_image
PREVIEW = "partial_image_index"
#: Suffix of events that report one failed image; others may still follow.
#: https://platform.minimax.io/docs/api-reference/image-generation-h3-streaming
ONE_FAILED = ".partial_failed"
#: https://platform.openai.com/docs/api-reference/audio/transcript-text-segment-event
SEGMENT = "transcript.text.segment"


class MediaEvent(msgspec.Struct):
    """One event in OpenAI's format; media are not decoded."""

    type: Any = None
    delta: Any = None
    text: Any = None
    usage: Any = None
    error: Any = None
    b64_json: msgspec.Raw = _ABSENT
    url: msgspec.Raw = _ABSENT
    audio: msgspec.Raw = _ABSENT
    partial_image_index: Any = None


_decode = msgspec.json.Decoder(MediaEvent).decode
_decode_any = msgspec.json.Decoder().decode


class MediaTap:
    """Implements ``StreamTranslator`` for two sides of the same format; a ``[DONE]`` passes like any other event."""

    def __init__(self) -> None:
        self.tally = Tally()
        #: The type of the events from which the text is read; events of other types repeat it.
        self._told_by = ""

    def feed(self, event: ServerSentEvent) -> bytes:
        data = event.data
        if not data:
            return b""
        if data.startswith(DONE):
            # Speech and transcripts have an end of their own; a stream without content is not an answer.
            self.tally.finished = self.tally.produced
            return framed(event)
        try:
            told = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return self._strange(event)
        kind = told.type if isinstance(told.type, str) else ""
        if kind == "error" or (told.error and not kind.endswith(ONE_FAILED)):
            raise read_error(told.error or _decode_any(data))
        self._read(told, kind)
        return framed(event)

    def finish(self) -> bytes:
        if not self.tally.finished:
            raise UpstreamBroken("the stream ended before its last event")
        return b""

    def _read(self, told: MediaEvent, kind: str) -> None:
        tally = self.tally
        usage = read_usage(told.usage)
        if usage is not None and (usage != NOTHING or tally.usage is None):
            tally.usage = usage
        if told.b64_json != _ABSENT or told.url != _ABSENT:
            tally.produced = True
            tally.finished |= told.partial_image_index is None
        elif told.audio != _ABSENT:
            tally.produced = True
        words = told.delta if isinstance(told.delta, str) else told.text
        if isinstance(words, str):
            tally.produced = True
            self._hear(words, kind)
        if kind.endswith(".done"):
            tally.finished = tally.produced = True

    def _hear(self, words: str, kind: str) -> None:
        if not self._told_by:
            self._told_by = kind or "text"
        if words and self._told_by == (kind or "text"):
            self.tally.text.append(words)

    def _strange(self, event: ServerSentEvent) -> bytes:
        """Read an event of unknown form: an error in a list, or something that only the client understands."""
        try:
            value = _decode_any(event.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            value = None
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, dict) and first.get("error"):
            raise read_error(first["error"])
        self.tally.produced = True
        return framed(event)


def is_one_failed(data: bytes) -> bool:
    """Whether an event reports the failure of one picture among several."""
    return f'{ONE_FAILED}"'.encode() in data


def framed(event: ServerSentEvent) -> bytes:
    """``event`` on the wire, with its name."""
    data = event.data.replace(b"\n", b"\ndata: ") if b"\n" in event.data else event.data
    return b"event: %b\ndata: %b\n\n" % (event.name, data) if event.name else b"data: %b\n\n" % data
