"""The possible cost of a request of the Messages API: its prompt and the limit it sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import items_of
from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.counting import Counted
from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.work import Work

PER_MESSAGE = 3
PER_REPLY = 3
#: Base64 characters of a PDF per token: a page has about 2000 tokens, and about 60 kB.
#: https://platform.claude.com/docs/en/build-with-claude/pdf-support#estimate-your-costs
PDF_CHARACTERS = 40
#: Nesting: tool results contain documents, which contain text.
DEEPEST = 3


def read_limits(fields: Mapping[str, Any]) -> tuple[int, int]:
    limit = fields.get("max_tokens")
    return (limit if type(limit) is int and limit > 0 else 0), 1


def check_content(fields: Mapping[str, Any]) -> None:
    for number, message in enumerate(items_of(fields.get("messages"))):
        content = message.get("content")
        if isinstance(content, str):
            continue
        path = f"messages.{number}.content"
        if not isinstance(content, list):
            raise InvalidParameter("messages", f"{path} must be a string or an array", "invalid_type")
        for place, block in enumerate(content):
            if not isinstance(block, dict):
                raise InvalidParameter("messages", f"{path}.{place} must be an object", "invalid_type")
            if block.get("type") == "text" and not isinstance(block.get("text"), str):
                raise InvalidParameter("messages", f"{path}.{place}.text must be a string", "invalid_type")


def read_prompt(_work: Work, fields: Mapping[str, Any]) -> Counted:
    counted = Counted()
    _read_content(fields.get("system"), counted)
    for message in items_of(fields.get("messages")):
        counted.tokens += PER_MESSAGE
        counted.texts.append(str(message.get("role", "")))
        _read_content(message.get("content"), counted)
    counted.tokens += PER_REPLY
    if tools := fields.get("tools"):
        counted.texts.append(as_json(tools))
    return counted


def _read_content(content: Any, counted: Counted, depth: int = 0) -> None:
    """Count a text, or blocks."""
    if isinstance(content, str):
        counted.texts.append(content)
    elif depth <= DEEPEST:
        for block in items_of(content):
            _read_block(block, counted, depth)


def _read_block(block: Mapping[str, Any], counted: Counted, depth: int) -> None:
    for name in ("text", "thinking", "name", "title", "context"):
        if isinstance(block.get(name), str):
            counted.texts.append(block[name])
    if "input" in block:
        counted.texts.append(as_json(block["input"]))
    _read_content(block.get("content"), counted, depth + 1)
    source = block.get("source")
    if isinstance(source, dict):
        _read_source(str(block.get("type")), source, counted, depth)


def _read_source(kind: str, source: Mapping[str, Any], counted: Counted, depth: int) -> None:
    data = source.get("data")
    data = data if isinstance(data, str) else ""
    if kind == "image":
        url = f"data:{source.get('media_type')};base64,{data}" if data else str(source.get("url") or "")
        counted.images.append((url, "auto"))
    elif source.get("type") == "text":
        counted.texts.append(data)
    else:
        counted.tokens += len(data) // PDF_CHARACTERS
        _read_content(source.get("content"), counted, depth + 1)
