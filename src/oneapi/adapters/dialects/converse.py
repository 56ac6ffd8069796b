"""Bedrock's Converse API, one form for the models of all vendors.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import count, decoded, fields_of, given, items_of, refuse, text, told
from oneapi.adapters.dialects.reading import as_json, parsed_object
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Choice,
    Document,
    Finished,
    FinishReason,
    Image,
    Refusal,
    Role,
    Started,
    Text,
    TextDelta,
    Thinking,
    ThinkingDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    ToolMode,
    ToolResult,
    UsageReported,
    text_of,
)
from oneapi.domain.errors import UnsupportedFeature, UpstreamBroken, UpstreamGarbage
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader, ServerSentEvent
    from oneapi.domain.chat import ChatRequest, Message, Part

FINISH = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "guardrail_intervened": FinishReason.CONTENT_FILTER,
    "content_filtered": FinishReason.CONTENT_FILTER,
}


class Converse:
    """Implements ``UpstreamDialect``."""

    name = "converse"
    end_marker = b""
    inlines_images = True

    def write_request(
        self,
        request: ChatRequest,
        model: str,  # noqa: ARG002  # it stands in the URL
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # nothing of it stands in the body
    ) -> dict[str, Any]:
        refuse(request, tools=True)
        sampling = request.sampling
        inference = {
            "maxTokens": request.max_tokens,
            "temperature": sampling.temperature,
            "topP": sampling.top_p,
            "stopSequences": list(sampling.stop) or None,
        }
        system = [message.parts for message in request.messages if message.role is Role.SYSTEM]
        fields = {
            "messages": _messages(request),
            "system": [{"text": text_of(parts)} for parts in system] or None,
            "inferenceConfig": given(inference) or None,
            "toolConfig": _tool_config(request),
            "additionalModelRequestFields": None if sampling.top_k is None else {"top_k": sampling.top_k},
        }
        return given(fields)

    def read_reply(self, body: bytes) -> ChatReply:
        answer = decoded(body)
        message = fields_of(fields_of(answer.get("output")).get("message"))
        if "content" not in message:
            raise UpstreamGarbage("a message without content")
        parts = tuple(part for block in items_of(message.get("content")) for part in _parts_of(block))
        choice = Choice(parts, FINISH.get(text(answer.get("stopReason")), FinishReason.STOP))
        return ChatReply("", "", (choice,), usage=_usage(answer))

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``; the usage comes behind the stop reason, as the last event."""

    def __init__(self) -> None:
        self._done = False
        #: Content block -> which tool call it is, and whether its arguments have begun.
        self._calls: dict[int, int] = {}
        self._begun: set[int] = set()

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(event.name, decoded(event.data)))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._done:
            raise UpstreamBroken("the stream ended without messageStop")
        return ()

    def _events(self, name: bytes, event: Mapping[str, Any]) -> Iterator[ChatEvent]:
        block = count(event.get("contentBlockIndex"))
        match name:
            case b"messageStart":
                yield Started()
            case b"contentBlockStart":
                if tool := fields_of(fields_of(event.get("start")).get("toolUse")):
                    self._calls[block] = len(self._calls)
                    yield ToolCallStarted(
                        self._calls[block], text(tool.get("toolUseId")), text(tool.get("name"))
                    )
            case b"contentBlockDelta":
                yield from self._delta(block, fields_of(event.get("delta")))
            case b"contentBlockStop" if block in self._calls and block not in self._begun:
                yield ToolCallDelta(self._calls[block], "{}")
            case b"messageStop" if not self._done:
                self._done = True
                yield Finished(FINISH.get(text(event.get("stopReason")), FinishReason.STOP))
            case b"metadata":
                if (usage := _usage(event)) is not None:
                    yield UsageReported(usage)

    def _delta(self, block: int, delta: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if piece := text(delta.get("text")):
            yield TextDelta(piece)
        thought = fields_of(delta.get("reasoningContent"))
        if told := text(thought.get("text")):
            yield ThinkingDelta(told)
        if signature := text(thought.get("signature")):
            yield ThinkingDelta(signature=signature)
        if (arguments := text(fields_of(delta.get("toolUse")).get("input"))) and block in self._calls:
            self._begun.add(block)
            yield ToolCallDelta(self._calls[block], arguments)


def _parts_of(block: Mapping[str, Any]) -> Iterator[Part]:
    if told := text(block.get("text")):
        yield Text(told)
    thought = fields_of(fields_of(block.get("reasoningContent")).get("reasoningText"))
    if thought:
        yield Thinking(text(thought.get("text")), text(thought.get("signature")))
    if call := fields_of(block.get("toolUse")):
        yield ToolCall(text(call.get("toolUseId")), text(call.get("name")), as_json(call.get("input") or {}))


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html."""
    reported = fields_of(answer.get("usage"))
    cached = count(reported.get("cacheReadInputTokens"))
    written_1h = sum(
        count(detail.get("inputTokens"))
        for detail in items_of(reported.get("cacheDetails"))
        if detail.get("ttl") == "1h"
    )
    written = max(count(reported.get("cacheWriteInputTokens")), written_1h)
    prompt = count(reported.get("inputTokens")) + cached + written
    completion, total = count(reported.get("outputTokens")), count(reported.get("totalTokens"))
    return told(
        Usage(prompt, completion, cached=cached, cache_write=written - written_1h, cache_write_1h=written_1h),
        total,
        reported,
    )


# --- requests ----------------------------------------------------------------------------------


def _messages(request: ChatRequest) -> list[dict[str, Any]]:
    """Turns that alternate, as the API demands: neighbours of one role become one message."""
    turns: list[dict[str, Any]] = []
    for message in request.messages:
        if message.role is Role.SYSTEM:
            continue
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += _content(message)
        else:
            turns.append({"role": role, "content": _content(message)})
    return turns


def _content(message: Message) -> list[dict[str, Any]]:
    return [block for part in message.parts if (block := _block(part)) is not None]


def _block(part: Part) -> dict[str, Any] | None:
    """None for what the API has no use for: empty texts, and thoughts that nobody signed."""
    block: dict[str, Any] | None
    match part:
        case Text(text=told) | Refusal(text=told):
            block = {"text": told} if told else None
        case Thinking(text=told, signature=signature):
            thought = {"reasoningText": {"text": told, "signature": signature}}
            block = {"reasoningContent": thought} if signature else None
        case ToolCall(id=call_id, name=name, arguments=arguments):
            block = {"toolUse": {"toolUseId": call_id, "name": name, "input": parsed_object(arguments)}}
        case ToolResult(call_id=call_id, parts=parts, is_error=is_error):
            content = [inner for part in parts if (inner := _block(part)) is not None]
            result = {"toolUseId": call_id, "content": content, "status": "error" if is_error else None}
            block = {"toolResult": given(result)}
        case _:
            block = _file(part)
    return block


def _file(part: Part) -> dict[str, Any]:
    match part:
        case Image(data=data, media_type=kind) if data:
            return {"image": {"format": kind.removeprefix("image/"), "source": {"bytes": data}}}
        case Document(data=data, media_type=kind, title=title) if data:
            source = {"format": kind.rpartition("/")[2], "name": title or "document"}
            return {"document": {**source, "source": {"bytes": data}}}
        case _:
            raise UnsupportedFeature(feature=f"{type(part).__name__.lower()} parts of a message")


def _tool_config(request: ChatRequest) -> dict[str, Any] | None:
    tools = [tool for tool in request.tools if isinstance(tool, Tool)]
    if not tools or request.tool_choice.mode is ToolMode.NONE:
        return None
    choice: dict[ToolMode, dict[str, Any]] = {
        ToolMode.AUTO: {"auto": {}},
        ToolMode.REQUIRED: {"any": {}},
        ToolMode.NAMED: {"tool": {"name": request.tool_choice.name}},
    }
    return {"tools": [_tool(tool) for tool in tools], "toolChoice": choice[request.tool_choice.mode]}


def _tool(tool: Tool) -> dict[str, Any]:
    schema = dict(tool.parameters or {"type": "object", "properties": {}})
    spec = {"name": tool.name, "description": tool.description or None, "inputSchema": {"json": schema}}
    return {"toolSpec": given(spec)}
