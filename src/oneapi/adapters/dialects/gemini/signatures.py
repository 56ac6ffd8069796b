"""Signatures of parts, which travel through the client and back.

Gemini signs parts of its answers and expects each signature back on the same part; from its third generation on it
refuses conversations whose tool calls have lost theirs: https://ai.google.dev/gemini-api/docs/thought-signatures

In other clients' formats they travel as signatures of thoughts. Because these formats reorder thoughts, text and
calls, each signature names its part: ``call0.SIGNATURE`` belongs to the first call of its turn, ``text.…`` to the text.

In the opposite direction, clients of Gemini's API carry the signed thoughts of other providers, in full, in the
signature of the part after them: some of these clients do not send back thoughts, but all send back signatures.
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
#: Google's documented value for calls that its models did not make, or that came back without a signature.
UNKNOWN = "skip_thought_signature_validator"
_MARK = b"oneapi:1:"
#: The start of every signature that contains another provider's thoughts. The mark's length is a multiple of three
#: bytes, so that its base64 does not depend on what follows.
FOREIGN = base64.b64encode(_MARK)

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Thinking]).decode


def of_call(number: int) -> str:
    """The place of the call with this number in its turn."""
    return f"call{number}"


def marked(signature: str, place: str) -> Thinking:
    return Thinking(signature=f"{place}.{signature}")


def signatures_in(parts: Iterable[Part]) -> dict[str, str]:
    """Gemini's signatures among ``parts``, by place."""
    found = {}
    for part in parts:
        if isinstance(part, Thinking) and part.signature:
            place, _, signature = part.signature.partition(".")
            found[place] = signature
    return found


def is_signed(thought: Thinking) -> bool:
    return bool(thought.signature or thought.redacted)


def packed(thoughts: Sequence[Thinking]) -> str:
    """``thoughts`` in one signature; empty if none has to be sent back."""
    signed = [thought for thought in thoughts if is_signed(thought)]
    return base64.b64encode(_MARK + _encode(signed)).decode() if signed else ""


def unpacked(signature: str) -> list[Thinking] | None:
    """The thoughts that ``packed`` put into a signature; None for a signature of Gemini."""
    if not signature.startswith(FOREIGN.decode()):
        return None
    try:
        return _decode(base64.b64decode(standard(signature))[len(_MARK) :])
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        return []


def own(signature: str, place: str) -> Iterator[Thinking]:
    """The marked thought for a signature of Gemini that a client sent back at ``place`` of its turn, if any."""
    if signature and signature != UNKNOWN:
        yield marked(signature, f"{NAME}.{place}")
