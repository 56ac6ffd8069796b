"""How many tokens a request is: a cheap estimate before it is sent, and what to count where no upstream did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import define, field

from oneapi.domain.errors import InvalidParameter
from oneapi.domain.requests import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.domain.requests import RelayRequest

#: A token of English is about four bytes, a Chinese character (three bytes) about one token: three is on the safe side.
BYTES_PER_TOKEN = 3
#: Bodies up to here are estimated by their length alone; larger ones may be images.
SHORT_BODY = 16_384
PER_MESSAGE = 3
PER_REPLY = 3
PER_NAME = 1
IMAGE = 85
IMAGE_MINI = 2833
TILE, TILE_MINI = 170, 5667
#: For the estimate, where an image's size is not known.
LIKELY_SIZE = (1024, 1024)


@define
class Counted:
    """What a prompt consists of: texts still to be counted, and tokens that need no tokenizer."""

    texts: list[str] = field(factory=list)
    tokens: int = 0
    #: (url, detail) of every image.
    images: list[tuple[str, str]] = field(factory=list)


def estimate_prompt(request: RelayRequest) -> int:
    """An upper estimate of the prompt's tokens, without a tokenizer. Raises as ``check_content`` does."""
    body = request.body
    if request.form:
        return 0
    if request.endpoint is Endpoint.CHAT:
        check_content(request.fields)
    if len(body) <= SHORT_BODY and b"image_url" not in body:
        return len(body) // BYTES_PER_TOKEN
    counted = read_prompt(request)
    text = sum(len(text) if text.isascii() else len(text.encode(errors="replace")) for text in counted.texts)
    images = sum(image_tokens(LIKELY_SIZE, detail, request.model) for _, detail in counted.images)
    return text // BYTES_PER_TOKEN + counted.tokens + images


def check_content(fields: Mapping[str, Any]) -> None:
    """Raise InvalidParameter for a part of a message that no provider could read."""
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


def read_prompt(request: RelayRequest) -> Counted:
    """The prompt of a text request; fields of unexpected types count nothing."""
    counted = Counted()
    fields = request.fields
    if request.endpoint is Endpoint.CHAT:
        for message in _list(fields.get("messages")):
            _read_message(message, counted)
        counted.tokens += PER_REPLY
        for name in ("tools", "functions"):
            if fields.get(name):
                counted.texts.append(json.dumps(fields[name], ensure_ascii=False, separators=(",", ":")))
    else:
        for name in ("prompt", "input", "instruction"):
            _read_input(fields.get(name), counted)
    return counted


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
    """A text, a list of texts, a list of token ids, or a list of such lists."""
    if isinstance(value, str):
        counted.texts.append(value)
    elif isinstance(value, list):
        counted.tokens += sum(map(_token_ids, value))
        counted.texts += [item for item in value if isinstance(item, str)]
        _read_content([item for item in value if isinstance(item, dict)], counted)


def _token_ids(value: Any) -> int:
    """One for a token id, their number for a list of them."""
    return 1 if type(value) is int else len(value) if isinstance(value, list) else 0


def image_tokens(size: tuple[int, int] | None, detail: str, model: str) -> int:
    """Tokens of one image of ``size`` pixels; None: not known, counted as one without tiles."""
    base, tile = (IMAGE_MINI, TILE_MINI) if model.startswith("gpt-4o-mini") else (IMAGE, TILE)
    if detail == "low" or size is None:
        return base
    width, height = size
    if max(width, height) > 2048:  # noqa: PLR2004  # OpenAI's rule: first into a square of 2048
        scale = 2048 / max(width, height)
        width, height = int(width * scale), int(height * scale)
    if min(width, height) > 768:  # noqa: PLR2004  # ... then the shorter side to 768
        scale = 768 / min(width, height)
        width, height = int(width * scale), int(height * scale)
    return tile * (-(-width // 512)) * (-(-height // 512)) + base


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> Iterator[Mapping[str, Any]]:
    return (part for part in _list(value) if isinstance(part, dict))
