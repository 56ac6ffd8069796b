"""JSON as Google's APIs write it: https://protobuf.dev/programming-guides/json/.

Field names are accepted in either spelling, and binary data in either base64 alphabet.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.reading import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "gemini"
#: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
EVENT = b"data: %b\r\n\r\n"

_CAPITAL = re.compile("[A-Z]")
_STANDARD = str.maketrans("-_", "+/", "= \r\n")
encode = msgspec.json.Encoder().encode


@lru_cache(maxsize=256)
def snake(name: str) -> str:
    """``name`` in snake case, as in the definition of the message."""
    return _CAPITAL.sub(lambda found: f"_{found[0].lower()}", name)


def either(fields: Mapping[str, Any], name: str) -> Any:
    """The value under ``name``, in whichever spelling the client uses; None if there is none."""
    value = fields.get(name)
    return fields.get(snake(name)) if value is None else value


class ProtoFields(Fields):
    """Fields requested in camelCase and found in either spelling."""

    __slots__ = ()

    def any(self, name: str) -> Any:
        value = super().any(name)
        return super().any(snake(name)) if value is None else value

    def integer(self, name: str) -> int | None:
        """An integer, which may also be written as a decimal number or as a string."""
        value = self.any(name)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(2**64)):
            return int(value)
        return super().integer(name)


#: Audio without a header: 16 bits at 24 kHz, which OpenAI calls pcm16.
PCM16, PCM = "pcm16", "audio/L16;codec=pcm;rate=24000"
_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "x-m4a": "m4a", "l16": PCM16, "pcm": PCM16}


def sound_format(kind: str) -> str:
    """Other APIs' name for the audio media type ``kind``."""
    form = kind.partition(";")[0].removeprefix("audio/").lower()
    return _FORMATS.get(form, form)


def base64(data: str) -> str:
    """``data`` in the standard alphabet and padded, as other providers require."""
    plain = data.translate(_STANDARD)
    return plain + "=" * (-len(plain) % 4)


def event(fields: Mapping[str, Any]) -> bytes:
    """One event of a stream, as sent on the wire."""
    return EVENT % encode(fields)
