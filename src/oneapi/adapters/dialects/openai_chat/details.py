"""Reasoning as OpenRouter gives it out, in parts of its own, some of which it wants back unchanged and in their order.

https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks. All parts of a turn travel as the
signature of one thought.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from oneapi.adapters.dialects.narrow import items_of

#: Members that come in pieces.
_GROWING = ("text", "summary", "data")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


def signature_of(details: object) -> str:
    """The parts as a signature; empty where none of them is of use to its provider."""
    parts = _joined(items_of(details))
    if not any(part.get("signature") or part.get("data") for part in parts):
        return ""
    return base64.urlsafe_b64encode(_encode(parts)).decode()


def details_in(signature: str) -> list[dict[str, Any]]:
    """The parts that ``signature`` was made of; none for any other."""
    try:
        return _decode(base64.urlsafe_b64decode(signature))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return []


def _joined(pieces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``pieces``, those of one part that follow each other in a stream put together."""
    parts: list[dict[str, Any]] = []
    for piece in pieces:
        last = parts[-1] if parts else {}
        if (piece.get("type"), piece.get("index")) != (last.get("type"), last.get("index")) or not last:
            parts.append(dict(piece))
            continue
        grown = {
            name: last[name] + piece[name]
            for name in _GROWING
            if isinstance(last.get(name), str) and isinstance(piece.get(name), str)
        }
        last.update({name: value for name, value in piece.items() if value is not None} | grown)
    return parts
