"""Spoken answers: the bytes of the sound, or the events of a stream that carry them in base64."""

from __future__ import annotations

import base64
import binascii
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import text
from oneapi.adapters.framing.detection import begins_document, begins_events, is_page
from oneapi.adapters.framing.sse import EVENT_STREAM
from oneapi.domain.errors import UpstreamBroken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Fields = dict[str, Any]
#: https://platform.openai.com/docs/api-reference/audio/createSpeech (``response_format``)
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "mp3": "audio/mpeg",
        "opus": "audio/opus",
        "aac": "audio/aac",
        "flac": "audio/flac",
        "wav": "audio/wav",
        "pcm": "audio/pcm",
    }
)
#: Bytes of sound in one event; a multiple of three, so that the base64 of all events can also be decoded as one.
_PIECE = 49_152
_SAMPLE = 512
#: Python's reason for refusing a text that ends within a character.
_CUT = "unexpected end of data"
#: The beginnings of JSON values other than objects, arrays and numbers.
_SCALARS = (b'"', b"null", b"true", b"false")


def is_sound(kind: str, piece: bytes) -> bool:
    """Whether a body of the media type ``kind`` that begins with ``piece`` is sound.

    JSON, web pages, events and texts are not, whatever the media type says.
    """
    if not piece or EVENT_STREAM in kind:
        return False
    try:
        piece[:_SAMPLE].decode()
    except UnicodeDecodeError as error:
        if error.reason != _CUT:
            return True
    if is_page(kind, piece) or begins_document(piece) or begins_events(piece):
        return False
    return not kind.startswith("text/") and not piece.startswith(_SCALARS)


def sound_type(wanted: object) -> str:
    """The media type of speech in the format ``wanted``; MP3 if it is None."""
    return _TYPES.get(text(wanted) or "mp3", "application/octet-stream")


def joined_speech(parts: Sequence[Fields], *, ended: bool) -> bytes | None:
    """The sound that events carry; None if they carry none. Raises UpstreamBroken if the last event is missing."""
    try:
        sound = b"".join(base64.b64decode(text(part.get("audio")), validate=True) for part in parts)
    except (binascii.Error, ValueError):
        return None
    if sound and not ended and not any(text(part.get("type")).endswith(".done") for part in parts):
        raise UpstreamBroken("the stream ended before its last event")
    return sound or None


def speech_events(sound: bytes) -> Iterable[tuple[str, Fields]]:
    """The events that stream ``sound``.

    https://platform.openai.com/docs/api-reference/audio/speech-audio-delta-event
    """
    for start in range(0, len(sound), _PIECE):
        piece = base64.b64encode(sound[start : start + _PIECE]).decode()
        yield "", {"type": "speech.audio.delta", "audio": piece}
    yield "", {"type": "speech.audio.done"}
