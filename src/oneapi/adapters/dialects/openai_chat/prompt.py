"""The possible cost of a request in OpenAI's format: its prompt and the limits it sets, for every work of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.counting import Counted
from oneapi.domain.errors import InvalidParameter
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PER_MESSAGE = 3
PER_REPLY = 3
PER_NAME = 1


def read_limits(fields: Mapping[str, Any]) -> tuple[int, int]:
    choices = _larger(fields.get("n"), fields.get("best_of")) or 1
    return _larger(fields.get("max_tokens"), fields.get("max_completion_tokens")), choices


def _larger(one: object, other: object) -> int:
    """The larger of two values; 0 if neither is a positive integer."""
    return 0 if one is None and other is None else max(_whole(one), _whole(other))


def _whole(value: object) -> int:
    return value if type(value) is int and value > 0 else 0


def check_content(fields: Mapping[str, Any]) -> None:
    for message in _list(fields.get("messages")):
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, str):
            continue
        for part in _list(content):
            fault = _fault(part)
            if fault:
                raise InvalidParameter("messages", fault, "invalid_type")


def _fault(part: Any) -> str | None:
    if not isinstance(part, dict):
        return "a part of a message's content must be an object"
    if part.get("type") == "text" and not isinstance(part.get("text"), str):
        return "text of a part of a message's content must be a string"
    if part.get("type") != "image_url":
        return None
    image = part.get("image_url")
    if not isinstance(image, dict):
        return None if isinstance(image, str) else "image_url must be an object"
    if not isinstance(image.get("url"), str):
        return "image_url.url must be a string"
    return None if isinstance(image.get("detail"), str | None) else "image_url.detail must be a string"


def read_prompt(work: Work, fields: Mapping[str, Any]) -> Counted:
    counted = Counted()
    _READERS.get(work, _read_text)(fields, counted)
    return counted


def _read_conversation(fields: Mapping[str, Any], counted: Counted) -> None:
    for message in _list(fields.get("messages")):
        _read_message(message, counted)
    counted.tokens += PER_REPLY
    for name in ("tools", "functions"):
        if fields.get(name):
            counted.texts.append(as_json(fields[name]))


def _read_text(fields: Mapping[str, Any], counted: Counted) -> None:
    for name in ("prompt", "input", "instruction"):
        _read_input(fields.get(name), counted)


_READERS = {Work.CONVERSE: _read_conversation}


def _read_message(message: Any, counted: Counted) -> None:
    if not isinstance(message, dict):
        return
    counted.tokens += PER_MESSAGE
    counted.texts.append(str(message.get("role", "")))
    if isinstance(message.get("name"), str):
        counted.tokens += PER_NAME
        counted.texts.append(message["name"])
    for call in _list(message.get("tool_calls")):
        if isinstance(call, dict) and isinstance(call.get("function"), dict):
            counted.texts += [str(call["function"].get(key, "")) for key in ("name", "arguments")]
    for content in (message.get("content"), message.get("reasoning_content")):
        _read_content(content, counted)


def _read_content(content: Any, counted: Counted) -> None:
    if isinstance(content, str):
        counted.texts.append(content)
        return
    for part in _dicts(content):
        if part.get("type") == "text" and isinstance(part.get("text"), str):
            counted.texts.append(part["text"])
        elif part.get("type") == "image_url":
            image = part.get("image_url")
            url = image.get("url") if isinstance(image, dict) else image
            detail = image.get("detail") if isinstance(image, dict) else None
            counted.images.append((str(url or ""), str(detail or "auto")))


def _read_input(value: Any, counted: Counted) -> None:
    """Count a text, a list of texts, a list of token ids, or a list of such lists."""
    if isinstance(value, str):
        counted.texts.append(value)
    elif isinstance(value, list):
        counted.tokens += sum(map(_token_ids, value))
        counted.texts += [item for item in value if isinstance(item, str)]
        _read_content([item for item in value if isinstance(item, dict)], counted)


def _token_ids(value: Any) -> int:
    """The number of token ids: one for an id, the length for a list of them."""
    return 1 if type(value) is int else len(value) if isinstance(value, list) else 0


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> Iterator[Mapping[str, Any]]:
    return (part for part in _list(value) if isinstance(part, dict))
