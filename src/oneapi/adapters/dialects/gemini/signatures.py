"""Signatures of parts, on their way through a client and back.

Gemini signs parts of its answers and wants the signatures back where they stood; from its third generation on it
refuses a conversation whose tool calls have lost theirs. https://ai.google.dev/gemini-api/docs/thought-signatures

Clients carry them as signatures of thoughts. As formats of clients bring thoughts, text and calls into an order of
their own, each says what it belongs to: ``call0.SIGNATURE`` to the first call of its turn, ``text.…`` to the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.chat import Thinking

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oneapi.domain.chat import Part

TEXT = "text"
#: What Google documents for calls that it did not make itself, or that came back without a signature.
UNKNOWN = "skip_thought_signature_validator"


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
