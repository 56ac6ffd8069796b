"""Writing a conversation as a request of Converse, which is stricter than OpenAI in most respects.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

import hashlib
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.anthropic.encoding import DEFAULT_MAX_TOKENS, JSON_ONLY, sampling_for
from oneapi.adapters.dialects.anthropic.thinking import thinking_fields
from oneapi.adapters.dialects.media import PICTURES
from oneapi.adapters.dialects.narrow import GO_ON, given, missing, refuse, titled
from oneapi.adapters.dialects.reading import as_json, parsed_object
from oneapi.data import traits_of
from oneapi.domain.chat import (
    Document,
    FormatKind,
    Image,
    MessageRole,
    ModelRefusal,
    Native,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolMode,
    ToolResult,
    is_blank,
)
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature
from oneapi.domain.histories import tools_called
from oneapi.domain.models.names import behind_arn
from oneapi.domain.models.traits import ThinkingForm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from oneapi.domain.chat import ChatRequest, CustomTool, Part
    from oneapi.domain.models.traits import ModelTraits

#: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "application/pdf": "pdf",
        "text/csv": "csv",
        "application/msword": "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
        "application/vnd.ms-excel": "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
        "text/html": "html",
        "text/plain": "txt",
        "text/markdown": "md",
    }
)
#: The forms of thinking whose fields are the same here as in the Messages API.
SHARED_THINKING = (ThinkingForm.NONE, ThinkingForm.BUDGET, ThinkingForm.ADAPTIVE)
CACHE_POINT = {"cachePoint": {"type": "default"}}
LONGEST_NAME = 200
LONGEST_ID = 64
#: Added to messages with a document but no text: "a text block must be included when using documents".
ABOUT_DOCUMENTS = "See the document."
#: Replaces an empty tool result.
NOTHING = "(no output)"

_NOT_IN_NAME = re.compile(r"[^a-zA-Z0-9()\[\]-]+")
_NOT_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")
_ENDING = re.compile(r"\.[a-zA-Z0-9]{1,5}$")


def write_request(request: ChatRequest, model: str) -> dict[str, Any]:
    refuse(request, tools=True, formats=True)
    traits = traits_of(behind_arn(model, request.model))
    own = thinking_fields(request, traits) if traits.thinking in SHARED_THINKING else {}
    budget = own.get("thinking", {}).get("budget_tokens", 0)
    sampling = Sampling() if "thinking" in own else sampling_for(traits, request.sampling)
    stop = [each for each in request.sampling.stop if each.strip() or (each and traits.blank_stops)]
    if sampling.top_k is not None:
        own |= (
            {"inferenceConfig": {"topK": sampling.top_k}}
            if traits.nested_top_k
            else {"top_k": sampling.top_k}
        )
    inference = {
        "maxTokens": request.max_tokens or (DEFAULT_MAX_TOKENS + budget if budget else None),
        "temperature": sampling.temperature,
        "topP": sampling.top_p,
        "stopSequences": stop or None,
    }
    writer = _Writer(caches="messages" in traits.cache_points)
    system, messages = _conversation(request, traits, writer)
    fields = {
        "messages": messages,
        "system": system or None,
        "inferenceConfig": given(inference) or None,
        "toolConfig": _tool_config(request, traits),
        "additionalModelRequestFields": own or None,
    }
    return given(fields)


# --- messages ----------------------------------------------------------------------------------


def _conversation(
    request: ChatRequest, traits: ModelTraits, writer: _Writer
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """System and messages. Neighbours of equal role are joined: the API requires alternating ones, the user first."""
    system = [
        block
        for said in request.messages
        if said.role is MessageRole.SYSTEM
        for block in writer.system(said.parts)
    ]
    system += [{"text": told} for told in _format_words(request)]
    turns: list[dict[str, Any]] = []
    for message in request.messages:
        content = [] if message.role is MessageRole.SYSTEM else writer.blocks(message.parts)
        role = "assistant" if message.role is MessageRole.ASSISTANT else "user"
        if content and turns and turns[-1]["role"] == role:
            turns[-1]["content"] += content
        elif content:
            turns.append({"role": role, "content": content})
    if not turns:
        if not system:
            raise InvalidParameter("messages", "messages contains only blank text")
        return [], [{"role": "user", "content": system}]
    if turns[0]["role"] == "assistant":  # "A conversation must start with a user message"
        turns.insert(0, {"role": "user", "content": [{"text": GO_ON}]})
    if turns[-1]["role"] == "assistant":
        _close(turns, traits)
    for turn in turns:
        kinds = {kind for block in turn["content"] for kind in block}
        if "document" in kinds and "text" not in kinds:
            turn["content"].append({"text": ABOUT_DOCUMENTS})
    return system, turns


def _close(turns: list[dict[str, Any]], traits: ModelTraits) -> None:
    """Adapt a last assistant message: only Claude up to 4.5 continues one, and refuses trailing whitespace."""
    last = turns[-1]["content"]
    if not traits.prefill:
        turns.append({"role": "user", "content": [{"text": GO_ON}]})
    elif "text" in last[-1]:
        last[-1] = {"text": last[-1]["text"].rstrip()}


def _format_words(request: ChatRequest) -> Iterator[str]:
    """The format of the answer in words, because the API has no parameter for it that all models support."""
    wanted = request.response_format
    if wanted is None or wanted.kind is FormatKind.TEXT:
        return
    if wanted.schema is None:
        yield JSON_ONLY
    else:
        yield f"{JSON_ONLY} It has to conform to this JSON schema: {as_json(wanted.schema)}"


class _Writer:
    """Writes the parts of one request; ``caches``: whether the model supports cache points."""

    def __init__(self, *, caches: bool) -> None:
        self._caches = caches
        self._names: set[str] = set()

    def system(self, parts: Sequence[Part]) -> Iterator[dict[str, Any]]:
        """The blocks of a system prompt, which must be text."""
        for part in parts:
            if not isinstance(part, Text):
                raise UnsupportedFeature(feature="system messages that are not text")
            yield from self._block(part)

    def blocks(self, parts: Sequence[Part]) -> list[dict[str, Any]]:
        return [block for part in parts for block in self._block(part)]

    def _block(self, part: Part) -> Iterator[dict[str, Any]]:
        """One block, or none for parts that the API would refuse: blank texts and unsigned thoughts."""
        match part:
            case Text(text=told) | ModelRefusal(text=told):
                if is_blank(told):
                    return
                yield {"text": told}
            case Thinking(redacted=redacted) if redacted:
                yield {"reasoningContent": {"redactedContent": redacted}}
            case Thinking(text=told, signature=signature):
                if signature:
                    yield {"reasoningContent": {"reasoningText": {"text": told, "signature": signature}}}
            case ToolCall(id=call_id, name=name, arguments=arguments):
                yield {
                    "toolUse": {"toolUseId": _id(call_id), "name": name, "input": parsed_object(arguments)}
                }
            case ToolResult():
                yield {"toolResult": self._result(part)}
            case _:
                yield self._file(part)
        if self._caches and getattr(part, "cache", None) is not None:
            yield CACHE_POINT

    def _result(self, result: ToolResult) -> dict[str, Any]:
        content = [block for block in self.blocks(result.parts) if "cachePoint" not in block]
        fields = {
            "toolUseId": _id(result.call_id),
            "content": content or [{"text": NOTHING}],
            "status": "error" if result.is_error else None,
        }
        return given(fields)

    def _file(self, part: Part) -> dict[str, Any]:
        match part:
            case Image(data=data, media_type=kind) if data:
                if kind not in PICTURES:
                    raise InvalidParameter(
                        "messages", f"images of type {kind!r} are not supported: use JPEG, PNG, GIF or WebP"
                    )
                return {"image": {"format": kind.removeprefix("image/"), "source": {"bytes": data}}}
            case Document(data=data, media_type=kind, title=title) if data:
                if kind not in FORMATS:
                    known = ", ".join(sorted(FORMATS.values()))
                    raise InvalidParameter(
                        "messages", f"documents of type {kind!r} are not supported: use one of {known}"
                    )
                fields = {"format": FORMATS[kind], "name": self._name(title), "source": {"bytes": data}}
                return {"document": fields}
            case Document(text=told) if not is_blank(told):
                return {"text": titled(part)}
            case _:
                raise missing(part)

    def _name(self, title: str) -> str:
        """A name for a document, with the characters that the API accepts and unique within the request."""
        clean = (
            _NOT_IN_NAME.sub(" ", _ENDING.sub("", title.strip())).strip()[:LONGEST_NAME].strip() or "document"
        )
        name, number = clean, 1
        while name in self._names:
            number += 1
            ending = f" ({number})"
            name = clean[: LONGEST_NAME - len(ending)].rstrip() + ending
        self._names.add(name)
        return name


def _id(given_id: str) -> str:
    """A call's id, limited to the characters and the length that the API accepts."""
    fitted = _NOT_IN_ID.sub("_", given_id) or "call"
    if fitted == given_id and len(fitted) <= LONGEST_ID:
        return fitted
    ending = hashlib.sha256(given_id.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{fitted[: LONGEST_ID - len(ending) - 1]}_{ending}"


# --- tools -------------------------------------------------------------------------------------


def _tool_config(request: ChatRequest, traits: ModelTraits) -> dict[str, Any] | None:
    """The tools and the choice among them.

    The API has no mode without calls, and requires declarations of all tools whose calls are in the history.
    """
    tools: Sequence[Tool | CustomTool | Native] = request.tools
    called = tools_called(request.messages)
    mode = request.tool_choice.mode
    if not tools or mode is ToolMode.NONE:
        tools, mode = (tools or called if called else ()), ToolMode.NONE
    declared = []
    for tool in tools:
        declared.append(_tool(tool))
        if "tools" in traits.cache_points and isinstance(tool, Tool) and tool.cache is not None:
            declared.append(CACHE_POINT)
    if not declared:
        return None
    choice: dict[ToolMode, dict[str, Any]] = {
        ToolMode.AUTO: {"auto": {}},
        ToolMode.REQUIRED: {"any": {}} if traits.forced_tools else {"auto": {}},
        ToolMode.NAMED: {"tool": {"name": request.tool_choice.name}} if traits.forced_tools else {"auto": {}},
    }
    return given({"tools": declared, "toolChoice": choice.get(mode)})


def _tool(tool: Tool | CustomTool | Native) -> dict[str, Any]:
    if not isinstance(tool, Tool):
        raise UnsupportedFeature(feature=tool.feature)
    schema = {name: value for name, value in (tool.parameters or {}).items() if value is not None}
    if schema.get("type") != "object":
        schema = {"properties": {}, **schema, "type": "object"}
    spec = {
        "name": tool.name,
        "description": tool.description.strip() or None,
        "inputSchema": {"json": schema},
    }
    return {"toolSpec": given(spec)}
