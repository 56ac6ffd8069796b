"""Bedrock's Converse API, one format for the models of all vendors.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.converse.encoding import write_request
from oneapi.adapters.dialects.narrow import count, decoded, fields_of, items_of, text, usage_told
from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Choice,
    Finished,
    FinishReason,
    Started,
    Text,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest, Part

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
        model: str,
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        return write_request(request, model)

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
    """Implements ``EventReader``; the usage comes after the stop reason, in the last event."""

    def __init__(self) -> None:
        self._done = False
        #: Index of a tool call's content block -> number of the call, and whether its arguments have begun.
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
        if redacted := text(thought.get("redactedContent")):
            yield ThinkingDelta(redacted=redacted)
        if (arguments := text(fields_of(delta.get("toolUse")).get("input"))) and block in self._calls:
            self._begun.add(block)
            yield ToolCallDelta(self._calls[block], arguments)


def _parts_of(block: Mapping[str, Any]) -> Iterator[Part]:
    if told := text(block.get("text")):
        yield Text(told)
    reasoning = fields_of(block.get("reasoningContent"))
    if thought := fields_of(reasoning.get("reasoningText")):
        yield Thinking(text(thought.get("text")), text(thought.get("signature")))
    if redacted := text(reasoning.get("redactedContent")):
        yield Thinking(redacted=redacted)
    if call := fields_of(block.get("toolUse")):
        yield ToolCall(text(call.get("toolUseId")), text(call.get("name")), as_json(call.get("input") or {}))


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    """Read https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html."""
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
    return usage_told(
        Usage(prompt, completion, cached=cached, cache_write=written - written_1h, cache_write_1h=written_1h),
        total,
        reported,
    )
