"""Writing a conversation in another client format as a request of Responses.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.openai_chat.foreign import fitted
from oneapi.adapters.dialects.responses.wire import LOGPROBS
from oneapi.domain.chat import (
    Audio,
    Document,
    FormatKind,
    Image,
    MessageRole,
    ModelRefusal,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolMode,
    ToolResult,
)
from oneapi.domain.errors import UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from oneapi.domain.chat import ChatRequest, CustomTool, Message, Native, Part, ResponseFormat, ToolChoice

#: OpenAI refuses lower limits.
LEAST_TOKENS = 16


def write_request(request: ChatRequest, model: str) -> dict[str, Any]:
    """Nothing is stored at the provider, and thoughts come back encrypted. Raises UnsupportedFeature."""
    _refuse(request)
    request = fitted(request, model)
    sampling = request.sampling
    given: dict[str, Any] = {
        "temperature": sampling.temperature,
        "top_logprobs": sampling.top_logprobs if sampling.logprobs else None,
        "top_p": sampling.top_p,
        "max_output_tokens": max(request.max_tokens, LEAST_TOKENS) if request.max_tokens else None,
        "reasoning": {"effort": request.reasoning_effort} if request.reasoning_effort else None,
        "text": _layout(request.response_format),
        "stream": True if request.stream else None,
        "safety_identifier": request.user or None,
    }
    if request.tools:
        given["tools"] = [_tool(tool) for tool in request.tools]
        given["tool_choice"] = _tool_choice(request.tool_choice)
        given["parallel_tool_calls"] = request.parallel_tool_calls
    return {
        "model": model,
        "input": [item for message in request.messages for item in _items(message)],
        "store": False,
        "include": ["reasoning.encrypted_content", *((LOGPROBS,) if sampling.logprobs else ())],
        **_kept(given),
    }


def _refuse(request: ChatRequest) -> None:
    sampling = request.sampling
    missing = {
        "n > 1": (sampling.n or 1) > 1,
        "stop": bool(sampling.stop),
        "logit_bias": bool(sampling.logit_bias),
        "modalities other than text": bool(request.modalities),
    }
    for feature, is_missing in missing.items():
        if is_missing:
            raise UnsupportedFeature(feature=feature)


def _layout(wanted: ResponseFormat | None) -> dict[str, Any] | None:
    if wanted is None:
        return None
    if wanted.kind is not FormatKind.SCHEMA:
        return {"format": {"type": wanted.kind.value}}
    fields = {"name": wanted.name or "answer", "schema": wanted.schema, "strict": wanted.strict or False}
    return {"format": _kept({"type": "json_schema", **fields, "description": wanted.description or None})}


def _tool(tool: Tool | CustomTool | Native) -> dict[str, Any]:
    if not isinstance(tool, Tool):
        raise UnsupportedFeature(feature=tool.feature)
    return {
        **_kept({"type": "function", "name": tool.name, "description": tool.description or None}),
        "parameters": tool.parameters or {"type": "object", "properties": {}},
        "strict": bool(tool.strict),  # if absent, OpenAI makes it as strict as possible
    }


def _tool_choice(choice: ToolChoice) -> str | dict[str, Any]:
    if choice.mode is ToolMode.NAMED:
        return {"type": "function", "name": choice.name}
    return choice.mode.value


# --- items -------------------------------------------------------------------------------------


def _items(message: Message) -> Iterable[dict[str, Any]]:
    """A message and the items beside it: thoughts, calls and their results, each in its place."""
    said: list[Part] = []
    for part in message.parts:
        item = _item(part)
        if item is None:
            said.append(part)
            continue
        yield from _message(message.role, said)
        said = []
        if item:
            yield item
    yield from _message(message.role, said)


def _item(part: Part) -> dict[str, Any] | None:
    """The item for ``part``; None for a part of a message, empty for a part that cannot be sent back."""
    match part:
        case ToolCall(id=call_id, name=name, arguments=arguments):
            return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
        case ToolResult(call_id=call_id, parts=parts):
            return {"type": "function_call_output", "call_id": call_id, "output": _output(parts)}
        case Thinking(text=text, signature=signature):
            item, _, content = signature.partition(".")
            if not content:
                return {}
            summary = [{"type": "summary_text", "text": text}] if text else []
            return {"type": "reasoning", "id": item, "summary": summary, "encrypted_content": content}
        case _:
            return None


def _message(role: MessageRole, parts: Sequence[Part]) -> Iterable[dict[str, Any]]:
    if not parts:
        return
    name = "developer" if role is MessageRole.SYSTEM else role.value
    kind = "output_text" if role is MessageRole.ASSISTANT else "input_text"
    yield {"type": "message", "role": name, "content": [_part(part, kind) for part in parts]}


def _output(parts: Sequence[Part]) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, Text))
    return [_part(part, "input_text") for part in parts]


def _part(part: Part, kind: str) -> dict[str, Any]:
    match part:
        case Text(text=text):
            return {"type": kind, "text": text}
        case ModelRefusal(text=text):
            return {"type": "refusal", "refusal": text}
        case Image():
            url = part.url or f"data:{part.media_type};base64,{part.data}"
            return _kept({"type": "input_image", "image_url": url, "detail": part.detail or "auto"})
        case Document():
            return _file(part)
        case Audio(data=data, format=layout) if data:
            return {"type": "input_audio", "input_audio": {"data": data, "format": layout}}
        case _:
            raise UnsupportedFeature(feature=getattr(part, "feature", type(part).__name__))


def _file(document: Document) -> dict[str, Any]:
    if document.url:
        return {"type": "input_file", "file_url": document.url}
    if document.text:
        text = f"{document.title}\n\n{document.text}" if document.title else document.text
        return {"type": "input_text", "text": text}
    data = f"data:{document.media_type};base64,{document.data}"
    return {"type": "input_file", "filename": document.title or "document", "file_data": data}


def _kept(fields: Mapping[str, Any]) -> dict[str, Any]:
    """``fields`` without those that are None."""
    return {name: value for name, value in fields.items() if value is not None}
