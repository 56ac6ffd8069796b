"""Writing a conversation as the system prompt and the messages of the Messages API.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.anthropic.wire import NAME, call_id
from oneapi.adapters.dialects.caching import CACHE_CONTROL, cache_control
from oneapi.adapters.dialects.media import PDF, PICTURES, text_in
from oneapi.adapters.dialects.narrow import GO_ON
from oneapi.adapters.dialects.reading import parsed_object
from oneapi.domain.chat import (
    CustomTool,
    Document,
    Image,
    MessageRole,
    ModelRefusal,
    Native,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    is_blank,
    text_of,
)
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from oneapi.domain.chat import CacheBreakpoint, ChatRequest, Message, Part
    from oneapi.domain.models.traits import ModelTraits


def conversation(
    request: ChatRequest, traits: ModelTraits
) -> tuple[str | list[dict[str, Any]] | None, list[dict[str, Any]]]:
    """System prompt and messages. Raises InvalidParameter if both are empty."""
    system = _system([message.parts for message in request.messages if message.role is MessageRole.SYSTEM])
    messages = [item for message in request.messages for item in _message(message)]
    if not messages:
        if system is None:
            raise InvalidParameter("messages", "messages contains only blank text")
        # OpenAI answers a system prompt alone; this API needs a user message.
        content = system if isinstance(system, list) else [{"type": "text", "text": system}]
        return None, [{"role": "user", "content": content}]
    if messages[-1]["role"] == "assistant" and request.dialect != NAME:
        _close(messages, traits)
    return system, messages


def _close(messages: list[dict[str, Any]], traits: ModelTraits) -> None:
    """Make the last assistant message an ending that the model accepts.

    OpenAI replies to it with a new message; older Claude models continue it, and refuse trailing whitespace.
    https://platform.claude.com/docs/en/build-with-claude/working-with-messages#putting-words-in-claudes-mouth
    """
    last = messages[-1]["content"]
    if traits.prefill is False:
        messages.append({"role": "user", "content": [{"type": "text", "text": GO_ON}]})
    elif last[-1].get("type") == "text":
        last[-1] = {**last[-1], "text": last[-1]["text"].rstrip()}


def _system(messages: Sequence[Sequence[Part]]) -> str | list[dict[str, Any]] | None:
    """All system messages, wherever they occur: the API has one place for them."""
    parts = [part for message in messages for part in message]
    if any(isinstance(part, Text) and part.cache is not None for part in parts):
        return _blocks(parts) or None
    if not all(isinstance(part, Text) for part in parts):
        raise UnsupportedFeature(feature="system messages that are not text")
    return "\n\n".join(text for message in messages if not is_blank(text := text_of(message))) or None


def _message(message: Message) -> Iterable[dict[str, Any]]:
    """One message, or none if it is empty, which the API would refuse."""
    if message.role is MessageRole.SYSTEM:
        return
    if blocks := _blocks(message.parts):
        role = "assistant" if message.role is MessageRole.ASSISTANT else "user"
        yield {"role": role, "content": blocks}


def _blocks(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [block for part in parts for block in _block(part)]


def _block(part: Part) -> Iterable[dict[str, Any]]:  # noqa: C901  # one case a kind of part
    """One block, or none if the API would refuse it."""
    match part:
        case Text(text=text) | ModelRefusal(text=text):
            if not is_blank(text):  # "text content blocks must contain non-whitespace text"
                yield marked({"type": "text", "text": text}, part.cache if isinstance(part, Text) else None)
        case Image():
            yield _picture(part)
        case Document():
            yield from _document(part)
        case ToolCall(id=given, name=name, arguments=arguments, cache=cache):
            call = {"type": "tool_use", "id": call_id(given), "name": name, "input": parsed_object(arguments)}
            yield marked(call, cache)
        case ToolResult():
            yield _tool_result(part)
        case Thinking(redacted=redacted) if redacted:
            yield {"type": "redacted_thinking", "data": redacted}
        case Thinking(text=text, signature=signature):
            if signature:  # required; without one the thought is another provider's
                yield {"type": "thinking", "thinking": text, "signature": signature}
        case Native():
            yield own_fields(part)
        case _:
            raise UnsupportedFeature(feature="audio")


def _tool_result(result: ToolResult) -> dict[str, Any]:
    fields: dict[str, Any] = {"type": "tool_result", "tool_use_id": call_id(result.call_id)}
    if blocks := _blocks(result.parts):
        plain = len(blocks) == 1 and blocks[0].keys() == {"type", "text"}
        fields["content"] = blocks[0]["text"] if plain else blocks
    if result.is_error:
        fields["is_error"] = True
    return marked(fields, result.cache)


def _source(part: Image | Document) -> dict[str, Any]:
    if part.url:
        return {"type": "url", "url": part.url}
    return {"type": "base64", "media_type": part.media_type, "data": part.data}


def _picture(image: Image) -> dict[str, Any]:
    if not image.url and image.media_type not in PICTURES:
        raise InvalidParameter(
            "messages", f"images of type {image.media_type!r} are not supported: use JPEG, PNG, GIF or WebP"
        )
    return marked({"type": "image", "source": _source(image)}, image.cache)


def _document(document: Document) -> Iterable[dict[str, Any]]:
    """PDF unchanged, all textual types as text: https://platform.claude.com/docs/en/build-with-claude/files."""
    source = _source(document)
    if not document.url and document.media_type != PDF:
        told = document.text or text_in(document.media_type, document.data)
        if told is None:
            raise InvalidParameter(
                "messages", f"documents of type {document.media_type!r} are not supported: use PDF or text"
            )
        if is_blank(told):
            return
        source = {"type": "text", "media_type": "text/plain", "data": told}
    fields: dict[str, Any] = {"type": "document", "source": source}
    if not is_blank(document.title):
        fields["title"] = document.title
    yield marked(fields, document.cache)


def marked(fields: dict[str, Any], cache: CacheBreakpoint | None) -> dict[str, Any]:
    return fields if cache is None else {**fields, CACHE_CONTROL: cache_control(cache)}


def own_fields(item: CustomTool | Native) -> dict[str, Any]:
    if isinstance(item, CustomTool) or item.dialect != NAME:
        raise UnsupportedFeature(feature=item.feature)
    return dict(item.fields)
