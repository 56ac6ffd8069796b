"""The possible cost of a request for content: its prompt and the limits it sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.embeddings.gemini import texts_in
from oneapi.adapters.dialects.gemini.wire import either
from oneapi.adapters.dialects.narrow import fields_of, items_of, text
from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.counting import Counted
from oneapi.domain.errors import InvalidParameter
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping


PER_TURN = 3
PER_REPLY = 3
#: Base64 characters per token of data other than text and images; of such data, pages cost the most.
DATA_CHARACTERS = 40
#: Fields with arbitrary JSON for the client's functions.
FREE = (("functionCall", "args"), ("functionResponse", "response"))


def read_limits(fields: Mapping[str, Any]) -> tuple[int, int]:
    config = fields_of(either(fields, "generationConfig"))
    return _whole(either(config, "maxOutputTokens")), _whole(either(config, "candidateCount")) or 1


def _whole(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and value > 0 else 0


def check_content(fields: Mapping[str, Any]) -> None:
    contents = fields.get("contents")
    turns = contents if isinstance(contents, list) else [contents]
    for number, turn in enumerate(turns):
        path = f"contents.{number}"
        if not isinstance(turn, dict):
            raise InvalidParameter("contents", f"{path} must be an object", "invalid_type")
        parts = turn.get("parts")
        if not isinstance(parts, list | None):
            raise InvalidParameter("contents", f"{path}.parts must be an array", "invalid_type")
        for place, part in enumerate(parts or ()):
            if not isinstance(part, dict):
                raise InvalidParameter("contents", f"{path}.parts.{place} must be an object", "invalid_type")
            if not isinstance(part.get("text"), str | None):
                raise InvalidParameter(
                    "contents", f"{path}.parts.{place}.text must be a string", "invalid_type"
                )


def read_prompt(work: Work, fields: Mapping[str, Any]) -> Counted:
    return _READERS.get(work, _read_conversation)(fields)


def _read_embedding(fields: Mapping[str, Any]) -> Counted:
    return Counted(texts_in(fields))


def _read_conversation(fields: Mapping[str, Any]) -> Counted:
    """Count the conversation of a request, which may be inside a request to count tokens."""
    fields = fields_of(either(fields, "generateContentRequest")) or fields
    counted = Counted()
    _read_turn(either(fields, "systemInstruction"), counted)
    contents = fields.get("contents")
    for turn in [contents] if isinstance(contents, dict) else items_of(contents):
        counted.tokens += PER_TURN
        counted.texts.append(text(turn.get("role")))
        _read_turn(turn, counted)
    counted.tokens += PER_REPLY
    if tools := fields.get("tools"):
        counted.texts.append(as_json(tools))
    return counted


_READERS = {Work.EMBED: _read_embedding}


def _read_turn(turn: Any, counted: Counted) -> None:
    for part in items_of(fields_of(turn).get("parts")):
        counted.texts.append(text(part.get("text")))
        for name, free in FREE:
            if called := fields_of(either(part, name)):
                counted.texts += (text(called.get("name")), as_json(called.get(free)))
        if blob := fields_of(either(part, "inlineData")):
            _read_data(text(either(blob, "mimeType")), text(blob.get("data")), counted)


def _read_data(kind: str, data: str, counted: Counted) -> None:
    if kind.startswith("image/"):
        counted.images.append((f"data:{kind};base64,{data}", "auto"))
    else:
        counted.tokens += len(data) // DATA_CHARACTERS
