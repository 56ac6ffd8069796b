"""Writing a conversation as a request of the Messages API.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.anthropic.thinking import thinking_fields, version_of
from oneapi.adapters.dialects.anthropic.wire import NAME
from oneapi.adapters.dialects.reading import PART_SIGNATURE, as_json, parsed_object
from oneapi.domain.chat import (
    Document,
    FormatKind,
    Image,
    Opaque,
    Refusal,
    Role,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolMode,
    ToolResult,
    text_of,
)
from oneapi.domain.errors import UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from oneapi.domain.chat import ChatRequest, Message, Part, ResponseFormat

#: The API requires a limit; one-api's choice for clients that set none.
DEFAULT_MAX_TOKENS = 4096
#: Names that the API has never known, but that one-api lets clients use.
ALIASES = {"claude-instant-1": "claude-instant-1.1", "claude-2": "claude-2.1"}
#: What OpenAI's ``json_object`` promises, for an API that has nothing between free text and a schema.
JSON_ONLY = "Answer with a single JSON object and nothing else."

_NOT_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")


def write_request(request: ChatRequest, model: str) -> dict[str, Any]:
    _refuse_what_is_missing(request)
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": ALIASES.get(model, model),
        "messages": [item for message in request.messages for item in _message(message)],
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
    }
    given = {
        "system": _system(request, model),
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "stop_sequences": list(sampling.stop) or None,
        "stream": True if request.stream else None,
        "metadata": {"user_id": request.user} if request.user else None,
    }
    body |= {name: value for name, value in given.items() if value is not None}
    if request.tools:
        body["tools"] = [_tool(tool, strict=_takes_schemas(model)) for tool in request.tools]
        body["tool_choice"] = _tool_choice(request)
    _add_output(body, request, model)
    return body


def _refuse_what_is_missing(request: ChatRequest) -> None:
    """What has no counterpart and cannot be left out without the client noticing."""
    wanted = {
        "n > 1": (request.sampling.n or 1) > 1,
        "logprobs": bool(request.sampling.logprobs),
        "modalities other than text": bool(request.modalities),
    }
    for feature, is_wanted in wanted.items():
        if is_wanted:
            raise UnsupportedFeature(feature=feature)


def _add_output(body: dict[str, Any], request: ChatRequest, model: str) -> None:
    """How the answer is to be thought about and to look."""
    if request.dialect == NAME:
        if request.thinking_budget:
            body["thinking"] = {"type": "enabled", "budget_tokens": request.thinking_budget}
        if request.reasoning_effort:
            body["output_config"] = {"effort": request.reasoning_effort}
    else:
        body |= thinking_fields(request, model, request.max_tokens)
        if "thinking" in body:
            # With thoughts the API takes no other temperature than its default, no top_k, and only the upper top_p.
            for name in ("temperature", "top_k", "top_p"):
                body.pop(name, None)
            if request.max_tokens is None:
                body["max_tokens"] += body["thinking"].get("budget_tokens", 0)
    wanted = request.response_format
    if wanted is not None and wanted.schema is not None and _takes_schemas(model):
        layout = {"type": "json_schema", "schema": wanted.schema}
        body["output_config"] = {**body.get("output_config", {}), "format": layout}
    if request.dialect == NAME:
        for name, value in request.extra.items():
            known = body.get(name)
            body[name] = {**value, **known} if isinstance(known, dict) and isinstance(value, dict) else value


def _takes_schemas(model: str) -> bool:
    """Whether ``model`` can be bound to a schema: https://platform.claude.com/docs/en/build-with-claude/structured-outputs."""
    version = version_of(model)
    return version is None or version >= (4, 5)


def _tool(tool: Tool | Opaque, *, strict: bool) -> dict[str, Any]:
    if isinstance(tool, Opaque):
        return _own(tool)
    schema = dict(tool.parameters or {})
    if not schema.get("type"):
        schema = {"type": "object", "properties": {}, **schema}
    fields: dict[str, Any] = {"name": tool.name, "input_schema": schema}
    if tool.description:
        fields["description"] = tool.description
    if tool.strict and strict:
        fields["strict"] = True
    return _marked(fields, tool.cache_control)


def _tool_choice(request: ChatRequest) -> dict[str, Any]:
    modes: dict[ToolMode, dict[str, Any]] = {
        ToolMode.AUTO: {"type": "auto"},
        ToolMode.NONE: {"type": "none"},
        ToolMode.REQUIRED: {"type": "any"},
        ToolMode.NAMED: {"type": "tool", "name": request.tool_choice.name},
    }
    choice = modes[request.tool_choice.mode]
    if request.parallel_tool_calls is False and request.tool_choice.mode is not ToolMode.NONE:
        choice["disable_parallel_tool_use"] = True
    return choice


# --- messages ----------------------------------------------------------------------------------


def _system(request: ChatRequest, model: str) -> str | list[dict[str, Any]] | None:
    """All system messages, wherever they stand: the API knows one place for them."""
    messages = [message.parts for message in request.messages if message.role is Role.SYSTEM]
    if asked := _asked_format(request.response_format, model):
        messages.append((Text(asked),))
    parts = [part for message in messages for part in message]
    if any(isinstance(part, Text) and part.cache_control is not None for part in parts):
        return _blocks(parts)
    if not all(isinstance(part, Text) for part in parts):
        raise UnsupportedFeature(feature="system messages that are not text")
    return "\n\n".join(text for message in messages if (text := text_of(message))) or None


def _asked_format(wanted: ResponseFormat | None, model: str) -> str:
    """What has to be said to the model where no parameter says it."""
    if wanted is None or wanted.kind is FormatKind.TEXT:
        return ""
    if wanted.schema is None:
        return JSON_ONLY
    return (
        ""
        if _takes_schemas(model)
        else f"{JSON_ONLY} It has to conform to this JSON schema: {as_json(wanted.schema)}"
    )


def _message(message: Message) -> Iterable[dict[str, Any]]:
    """One message or, as the API refuses empty ones, none."""
    if message.role is Role.SYSTEM:
        return
    if blocks := _blocks(message.parts):
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        yield {"role": role, "content": blocks}


def _blocks(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [block for part in parts for block in _block(part)]


def _block(part: Part) -> Iterable[dict[str, Any]]:  # noqa: C901  # one case a kind of part
    """One block or, where the API would refuse it, none."""
    match part:
        case Text(text=text, cache_control=cache):
            if text:
                yield _marked({"type": "text", "text": text}, cache)
        case Image(cache_control=cache):
            yield _marked({"type": "image", "source": _source(part)}, cache)
        case Document():
            yield _document(part)
        case ToolCall(id=call_id, name=name, arguments=arguments, cache_control=cache):
            call = {"type": "tool_use", "id": _id(call_id), "name": name, "input": parsed_object(arguments)}
            yield _marked(call, cache)
        case ToolResult():
            yield _tool_result(part)
        case Thinking(redacted=redacted) if redacted:
            yield {"type": "redacted_thinking", "data": redacted}
        case Thinking(text=text, signature=signature):
            # Refused without a signature, or with another's: then it is a thought of another provider's model.
            if signature and not signature.startswith(PART_SIGNATURE):
                yield {"type": "thinking", "thinking": text, "signature": signature}
        case Refusal(text=text):
            yield {"type": "text", "text": text}
        case Opaque():
            yield _own(part)
        case _:
            raise UnsupportedFeature(feature="audio")


def _tool_result(result: ToolResult) -> dict[str, Any]:
    fields: dict[str, Any] = {"type": "tool_result", "tool_use_id": _id(result.call_id)}
    if blocks := _blocks(result.parts):
        plain = len(blocks) == 1 and blocks[0].keys() == {"type", "text"}
        fields["content"] = blocks[0]["text"] if plain else blocks
    if result.is_error:
        fields["is_error"] = True
    return _marked(fields, result.cache_control)


def _source(part: Image | Document) -> dict[str, Any]:
    if part.url:
        return {"type": "url", "url": part.url}
    return {"type": "base64", "media_type": part.media_type, "data": part.data}


def _document(document: Document) -> dict[str, Any]:
    source = _source(document)
    if document.text:
        source = {"type": "text", "media_type": "text/plain", "data": document.text}
    fields: dict[str, Any] = {"type": "document", "source": source}
    if document.title:
        fields["title"] = document.title
    return _marked(fields, document.cache_control)


def _id(given: str) -> str:
    """A call's id in the only characters that the API takes."""
    return _NOT_IN_ID.sub("_", given)


def _marked(fields: dict[str, Any], cache: Mapping[str, Any] | None) -> dict[str, Any]:
    return fields if cache is None else {**fields, "cache_control": cache}


def _own(item: Opaque) -> dict[str, Any]:
    if item.dialect != NAME:
        raise UnsupportedFeature(feature=item.feature)
    return dict(item.fields)
