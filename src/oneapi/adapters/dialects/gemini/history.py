"""A client's conversation in a form that Gemini accepts: without the signatures of other providers' thoughts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.gemini import signatures
from oneapi.adapters.dialects.gemini.wire import either
from oneapi.adapters.dialects.narrow import text
from oneapi.data import traits_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING: Mapping[str, Any] = {}


def own_history(body: bytes, fields: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """The contents without foreign signatures; for a model that requires one, calls get ``UNKNOWN`` instead."""
    if signatures.FOREIGN not in body:
        return _NOTHING
    contents = fields.get("contents")
    turns = contents if isinstance(contents, list) else [contents]
    wants_signatures = traits_of(model).signs
    return {"contents": [_turn(turn, wants_signatures=wants_signatures) for turn in turns]}


def _turn(turn: Any, *, wants_signatures: bool) -> Any:
    parts = turn.get("parts") if isinstance(turn, dict) else None
    if not isinstance(parts, list):
        return turn
    return {**turn, "parts": [_part(part, wants_signatures=wants_signatures) for part in parts]}


def _part(part: Any, *, wants_signatures: bool) -> Any:
    if not isinstance(part, dict) or signatures.unpacked(text(either(part, "thoughtSignature"))) is None:
        return part
    kept = {
        name: value for name, value in part.items() if name not in ("thoughtSignature", "thought_signature")
    }
    if wants_signatures and either(part, "functionCall") is not None:
        kept["thoughtSignature"] = signatures.UNKNOWN
    return kept
