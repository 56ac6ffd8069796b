"""The possible cost of a request of Responses: its prompt and the limit it sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import items_of
from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.counting import Counted
from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.work import Work

PER_ITEM = 3
PER_REPLY = 3
#: Base64 characters of a file per token, as for PDF elsewhere.
FILE_CHARACTERS = 40
#: Fields of items that a model reads as plain text, and those whose parts it reads.
TEXTS = (
    "role",
    "name",
    "namespace",
    "arguments",
    "input",
    "output",
    "content",
    "text",
    "refusal",
    "filename",
)
PARTS = ("content", "output", "summary")


def read_limits(fields: Mapping[str, Any]) -> tuple[int, int]:
    limit = fields.get("max_output_tokens")
    return (limit if type(limit) is int and limit > 0 else 0), 1


def check_content(fields: Mapping[str, Any]) -> None:
    given = fields.get("input")
    if not isinstance(given, list):
        return
    for number, item in enumerate(given):
        if not isinstance(item, dict):
            raise InvalidParameter("input", f"input.{number} must be an object", "invalid_type")
        for name in PARTS:
            _check_parts(item.get(name), f"input.{number}.{name}")


def _check_parts(parts: Any, path: str) -> None:
    if parts is None or isinstance(parts, str):
        return
    if not isinstance(parts, list):
        raise InvalidParameter("input", f"{path} must be a string or an array", "invalid_type")
    for place, part in enumerate(parts):
        if not isinstance(part, dict):
            raise InvalidParameter("input", f"{path}.{place} must be an object", "invalid_type")
        if "text" in str(part.get("type")) and not isinstance(part.get("text"), str):
            raise InvalidParameter("input", f"{path}.{place}.text must be a string", "invalid_type")


def read_prompt(_work: Work, fields: Mapping[str, Any]) -> Counted:
    counted = Counted()
    for text in (fields.get("instructions"), fields.get("input")):
        if isinstance(text, str):
            counted.texts.append(text)
    for item in items_of(fields.get("input")):
        counted.tokens += PER_ITEM
        _read(item, counted)
        for name in PARTS:
            for part in items_of(item.get(name)):
                _read(part, counted)
        if item.get("type") == "additional_tools":
            counted.texts.append(as_json(item.get("tools")))
    counted.tokens += PER_REPLY
    if tools := fields.get("tools"):
        counted.texts.append(as_json(tools))
    return counted


def _read(item: Mapping[str, Any], counted: Counted) -> None:
    """Count an item, or a part of one."""
    counted.texts += [value for name in TEXTS if isinstance(value := item.get(name), str)]
    if isinstance(url := item.get("image_url"), str):
        counted.images.append((url, str(item.get("detail") or "auto")))
    if isinstance(data := item.get("file_data"), str):
        counted.tokens += len(data) // FILE_CHARACTERS
