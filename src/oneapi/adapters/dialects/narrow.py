"""Helpers shared by formats that cannot carry a whole conversation: refusing features, and extracting plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.domain import usage as counting
from oneapi.domain.chat import (
    Audio,
    Document,
    FormatKind,
    Image,
    ModelRefusal,
    Native,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from oneapi.domain.errors import UnsupportedFeature, UpstreamGarbage
from oneapi.domain.usage import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.chat import ChatRequest, CustomTool, Part
    from oneapi.domain.usage import Usage

#: The user message for APIs that require one, when the client sent none, as OpenAI allows.
GO_ON = "Continue."

count = counting.count


def refuse(
    request: ChatRequest,
    *,
    n: bool = False,
    logprobs: bool = False,
    tools: bool = False,
    formats: bool = False,
) -> None:
    """Raise UnsupportedFeature for features the client would miss; flags set to True mark what the format supports."""
    sampling, wanted = request.sampling, request.response_format
    missing = {
        "n > 1": not n and (sampling.n or 1) > 1,
        "logprobs": not logprobs and bool(sampling.logprobs),
        "tools": not tools and bool(request.tools),
        "response_format": not formats and wanted is not None and wanted.kind is not FormatKind.TEXT,
        "modalities other than text": bool(request.modalities),
    }
    for feature, is_missing in missing.items():
        if is_missing:
            raise UnsupportedFeature(feature=feature)


#: Names of kinds of parts in a refusal.
_CALLED = {
    Image: "images in messages",
    Document: "documents in messages",
    Audio: "audio in messages",
    ToolCall: "tool calls in the history",
    ToolResult: "tool results in the history",
}


def missing(part: Part) -> UnsupportedFeature:
    """The refusal of ``part``, which the format cannot carry."""
    if isinstance(part, Native):
        return UnsupportedFeature(feature=part.feature)
    return UnsupportedFeature(feature=_CALLED.get(type(part), type(part).__name__))


def functions(tools: Sequence[Tool | CustomTool | Native]) -> list[Tool]:
    """``tools`` for a format that only knows functions. Raises UnsupportedFeature for any other tool."""
    for tool in tools:
        if not isinstance(tool, Tool):
            raise UnsupportedFeature(feature=tool.feature)
    return [tool for tool in tools if isinstance(tool, Tool)]


def titled(document: Document) -> str:
    """The text of a plain-text document, below its title."""
    return f"{document.title}\n\n{document.text}" if document.title.strip() else document.text


def text_only(parts: Sequence[Part]) -> str:
    """The text of ``parts``, without thoughts. Raises UnsupportedFeature for anything else."""
    texts = []
    for part in parts:
        match part:
            case Text(text=text) | ModelRefusal(text=text):
                texts.append(text)
            case Thinking():
                pass
            case Document(text=text) if text:
                texts.append(titled(part))
            case _:
                raise missing(part)
    return "".join(texts)


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """``fields`` without those that are None."""
    return {name: value for name, value in fields.items() if value is not None}


def decoded(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer or an event. Raises UpstreamGarbage."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpstreamGarbage(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise UpstreamGarbage("not a JSON object")
    return value


def text(value: Any) -> str:
    """``value`` if it is a string, else empty: fields that providers omit or set to null count as empty."""
    return value if isinstance(value, str) else ""


def usage_told(usage: Usage, total: int, reported: Mapping[str, Any]) -> Usage | None:
    """``usage`` with ``total`` tokens overall; without tokens, ``NOTHING``, or None if ``reported`` is empty."""
    usage = usage.counting(total)
    if usage.total:
        return usage
    return NOTHING if reported else None


def fields_of(value: Any) -> dict[str, Any]:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items_of(value: Any) -> list[dict[str, Any]]:
    """The objects in ``value``, if it is a list; else none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
