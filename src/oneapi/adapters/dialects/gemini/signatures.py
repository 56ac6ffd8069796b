"""Signatures of parts, passed through a client and back.

Gemini signs parts of its answers and expects the signatures back in place; from its third generation on it refuses a
conversation whose tool calls have lost theirs. https://ai.google.dev/gemini-api/docs/thought-signatures

Clients carry them as signatures of thoughts. As formats of clients bring thoughts, text and calls into an order of
their own, each says what it belongs to: ``call0.SIGNATURE`` to the first call of its turn, ``text.…`` to the text.

Clients of Gemini's own API carry the signed thoughts of other providers in turn: whole, in the signature of the part
that came of them, as some clients give back no thoughts, but all of them signatures.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import msgspec

from oneapi.adapters.dialects.gemini.wire import NAME
from oneapi.adapters.dialects.gemini.wire import base64 as standard
from oneapi.domain.chat import Thinking

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from oneapi.domain.chat import Part

TEXT = "text"
#: Google's documented value for calls that it did not make itself, or that came back without a signature.
UNKNOWN = "skip_thought_signature_validator"
_MARK = b"oneapi:1:"
#: How every signature begins that holds another provider's thoughts, as three bytes are four characters.
FOREIGN = base64.b64encode(_MARK)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Thinking]).decode


def of_call(number: int) -> str:
    """The place of a call in its turn."""
    return f"call{number}"


def marked(signature: str, place: str) -> Thinking:
    return Thinking(signature=f"{place}.{signature}")


def signatures_in(parts: Iterable[Part]) -> dict[str, str]:
    """By place."""
    found = {}
    for part in parts:
        if isinstance(part, Thinking) and part.signature:
            place, _, signature = part.signature.partition(".")
            found[place] = signature
    return found


def is_signed(thought: Thinking) -> bool:
    return bool(thought.signature or thought.redacted)


def packed(thoughts: Sequence[Thinking]) -> str:
    """``thoughts`` as one signature; empty if nobody wants them back."""
    signed = [thought for thought in thoughts if is_signed(thought)]
    return base64.b64encode(_MARK + _encode(signed)).decode() if signed else ""


def unpacked(signature: str) -> list[Thinking] | None:
    """The thoughts that ``packed`` put into a signature; None for one of Gemini's own."""
    if not signature.startswith(FOREIGN.decode()):
        return None
    try:
        return _decode(base64.b64decode(standard(signature))[len(_MARK) :])
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        return []


def own(signature: str, place: str) -> Iterator[Thinking]:
    """A signature of Gemini's own that a client gives back at ``place`` of its turn, as other formats carry it."""
    if signature and signature != UNKNOWN:
        yield marked(signature, f"{NAME}.{place}")
