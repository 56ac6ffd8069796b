"""Writing a conversation as a chat completion request for an upstream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.caching import CACHE_CONTROL, cache_control
from oneapi.adapters.dialects.narrow import missing, titled
from oneapi.adapters.dialects.openai_chat.beside_text import details_in, picture_url
from oneapi.adapters.dialects.openai_chat.foreign import limit_name, plain
from oneapi.adapters.dialects.openai_chat.wire import NAME
from oneapi.domain.chat import (
    Audio,
    CustomTool,
    Document,
    FormatKind,
    Image,
    Message,
    MessageRole,
    ModelRefusal,
    Native,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolMode,
    ToolResult,
)
from oneapi.domain.errors import UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from oneapi.domain.chat import CacheBreakpoint, ChatRequest, Part, ResponseFormat, Speech, ToolChoice


def write_request(request: ChatRequest, model: str) -> dict[str, Any]:
    if request.dialect not in ("", NAME):
        request = plain(request, model)
    sampling = request.sampling
    given: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "seed": sampling.seed,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "logit_bias": sampling.logit_bias,
        "n": sampling.n,
        "stop": list(sampling.stop) or None,
        "logprobs": sampling.logprobs,
        "top_logprobs": sampling.top_logprobs,
        limit_name(model): request.max_tokens,
        "response_format": _response_format(request.response_format),
        "reasoning_effort": request.reasoning_effort or None,
        "modalities": ["text", *request.modalities] if request.modalities else None,
        "audio": _speech(request.speech),
        "stream": True if request.stream else None,
        "stream_options": {"include_usage": True} if request.stream and request.include_usage else None,
        "user": request.user or None,
    }
    if request.tools:
        given["tools"] = [_tool(tool) for tool in request.tools]
        given["tool_choice"] = _tool_choice(request.tool_choice)
        given["parallel_tool_calls"] = request.parallel_tool_calls
    return {
        "model": model,
        "messages": [item for message in request.messages for item in _messages(message)],
        **{name: value for name, value in given.items() if value is not None},
        **_own_fields(request),
    }


def _own_fields(request: ChatRequest) -> dict[str, Any]:
    """Fields that only a client of this format can have meant for an upstream of this format."""
    if request.dialect != NAME:
        return {}
    if request.thinking_budget is None:
        return dict(request.extra)
    return {**request.extra, "thinking": {"type": "enabled", "budget_tokens": request.thinking_budget}}


def _speech(speech: Speech | None) -> dict[str, Any] | None:
    return _kept({"voice": speech.voice or None, "format": speech.format or None}) if speech else None


def _response_format(wanted: ResponseFormat | None) -> dict[str, Any] | None:
    if wanted is None:
        return None
    if wanted.kind is not FormatKind.SCHEMA:
        return {"type": wanted.kind.value}
    schema = {"name": wanted.name or "answer", "schema": wanted.schema, "strict": wanted.strict}
    return {
        "type": "json_schema",
        "json_schema": _kept({**schema, "description": wanted.description or None}),
    }


def _tool(tool: Tool | CustomTool | Native) -> dict[str, Any]:
    if isinstance(tool, Native):
        return _own(tool)
    if isinstance(tool, CustomTool):
        return _custom(tool)
    function = {
        "name": tool.name,
        "description": tool.description or None,
        "parameters": tool.parameters,
        "strict": tool.strict,
    }
    return _kept({"type": "function", "function": _kept(function), **_mark(tool.cache)})


def _custom(tool: CustomTool) -> dict[str, Any]:
    grammar = {"syntax": tool.syntax or "lark", "definition": tool.definition}
    layout = {"type": "grammar", "grammar": grammar} if tool.definition else None
    about = {"name": tool.name, "description": tool.description or None, "format": layout}
    return {"type": "custom", "custom": _kept(about)}


def _tool_choice(choice: ToolChoice) -> str | dict[str, Any] | None:
    match choice.mode:
        case ToolMode.AUTO:
            return None  # the default
        case ToolMode.NAMED:
            return {"type": "function", "function": {"name": choice.name}}
        case mode:
            return mode.value


# --- messages ----------------------------------------------------------------------------------


def _messages(message: Message) -> Iterable[dict[str, Any]]:
    if message.role is MessageRole.TOOL:
        yield from _tool_results(message.parts)
    elif message.role is MessageRole.ASSISTANT:
        yield _assistant(message)
    else:
        yield _kept(
            {"role": message.role.value, "name": message.name or None, "content": _content(message.parts)}
        )


def _tool_results(parts: Sequence[Part]) -> Iterable[dict[str, Any]]:
    """One message per result; content other than text follows in a user message, as tool messages hold only text."""
    others: list[Part] = []
    for part in parts:
        if isinstance(part, ToolResult):
            texts = [inner for inner in part.parts if isinstance(inner, Text)]
            others += [inner for inner in part.parts if not isinstance(inner, Text)]
            result = {"role": "tool", "tool_call_id": part.call_id, "content": _content(texts)}
            yield _kept({**result, **_mark(part.cache)})
    if others:
        yield {"role": "user", "content": _content(others)}


def _assistant(message: Message) -> dict[str, Any]:
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    shown = [
        part for part in message.parts if not isinstance(part, ToolCall | Thinking | ModelRefusal | Audio)
    ]
    # A signed thought is useful to its own provider only; others refuse the unknown field.
    thoughts = [part.text for part in message.parts if isinstance(part, Thinking) and not part.signature]
    details = [
        detail
        for part in message.parts
        if isinstance(part, Thinking) and part.signature
        for detail in details_in(part.signature)
    ]
    refusals = [part.text for part in message.parts if isinstance(part, ModelRefusal)]
    spoken = [part.id for part in message.parts if isinstance(part, Audio)]
    fields = {
        "name": message.name or None,
        "reasoning_content": "".join(thoughts) or None,
        "reasoning_details": details or None,
        "refusal": "".join(refusals) or None,
        "audio": {"id": spoken[0]} if spoken else None,
        "tool_calls": [call_fields(call) for call in calls] or None,
    }
    content = None if calls and not shown else _content(shown)
    return {"role": "assistant", "content": content, **_kept(fields)}


def call_fields(call: ToolCall) -> dict[str, Any]:
    """A tool call in the form of requests and answers."""
    if call.is_custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function, **_mark(call.cache)}


def _content(parts: Sequence[Part]) -> str | list[dict[str, Any]]:
    if len(parts) == 1 and isinstance(parts[0], Text) and parts[0].cache is None:
        return parts[0].text
    return [_part(part) for part in parts] or ""


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Text(text=text, cache=cache):
            return _kept({"type": "text", "text": text, **_mark(cache)})
        case Image(cache=cache):
            image = _kept({"url": picture_url(part), "detail": part.detail or None})
            return _kept({"type": "image_url", "image_url": image, **_mark(cache)})
        case Document():
            return _document(part)
        case Audio(data=data, format=kind) if data:
            return {"type": "input_audio", "input_audio": {"data": data, "format": kind}}
        case ModelRefusal(text=text):
            return {"type": "refusal", "refusal": text}
        case Native():
            return _own(part)
        case _:
            raise missing(part)


def _document(document: Document) -> dict[str, Any]:
    if document.url:
        raise UnsupportedFeature(feature="documents by URL")
    if document.text:
        return _part(Text(titled(document), document.cache))
    file = {
        "filename": document.title or "document",
        "file_data": f"data:{document.media_type};base64,{document.data}",
    }
    return _kept({"type": "file", "file": file, **_mark(document.cache)})


def _own(item: Native) -> dict[str, Any]:
    if item.dialect != NAME:
        raise UnsupportedFeature(feature=item.feature)
    return dict(item.fields)


def _mark(cache: CacheBreakpoint | None) -> dict[str, Any]:
    return {} if cache is None else {CACHE_CONTROL: cache_control(cache)}


def _kept(fields: dict[str, Any]) -> dict[str, Any]:
    """``fields`` without those that are None."""
    return {name: value for name, value in fields.items() if value is not None}
