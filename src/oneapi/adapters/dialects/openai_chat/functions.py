"""``functions`` and ``function_call``, OpenAI's fields of 2023 for tools, which some clients still use.

https://platform.openai.com/docs/api-reference/chat/create#chat_create-functions: one call per answer, paired by name.
Upstreams of the same format receive them unchanged; for others they are read as tools, and calls are converted back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.openai_chat.reply import write_reply
from oneapi.adapters.dialects.openai_chat.stream import Writer
from oneapi.domain.chat import FinishReason, ToolCallDelta, ToolCallStarted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneapi.domain.chat import ChatEvent, ChatReply

WORDS = ("functions", "function_call")
CALLED = "function_call"


def speaks_functions(body: Mapping[str, Any]) -> bool:
    if any(body.get(word) is not None for word in WORDS):
        return True
    messages = body.get("messages")
    return isinstance(messages, list) and any(
        isinstance(message, dict) and (message.get("role") == "function" or message.get(CALLED))
        for message in messages
    )


def as_tools(body: Mapping[str, Any]) -> dict[str, Any]:
    """``body`` with the current fields for tools."""
    fields = {name: value for name, value in body.items() if name not in WORDS}
    functions, choice = body.get("functions"), body.get("function_call")
    if isinstance(functions, list):
        fields["tools"] = [{"type": "function", "function": function} for function in functions]
        fields["parallel_tool_calls"] = False
    if isinstance(choice, dict):
        fields["tool_choice"] = {"type": "function", "function": choice}
    elif choice is not None:
        fields["tool_choice"] = choice
    if isinstance(body.get("messages"), list):
        fields["messages"] = list(_messages(body["messages"]))
    return fields


def _messages(messages: Iterable[Any]) -> Iterable[Any]:
    """Calls and results have no ids: a result belongs to the call before it."""
    number = 0
    for message in messages:
        if not isinstance(message, dict):
            yield message
        elif isinstance(message.get(CALLED), dict):
            number += 1
            call = {"id": f"call_{number}", "type": "function", "function": message[CALLED]}
            yield {**{name: value for name, value in message.items() if name != CALLED}, "tool_calls": [call]}
        elif message.get("role") == "function":
            yield {"role": "tool", "tool_call_id": f"call_{number}", "content": message.get("content")}
        else:
            yield message


def write_function_reply(reply: ChatReply) -> bytes:
    written = msgspec.json.decode(write_reply(reply))
    for choice in written["choices"]:
        calls = choice["message"].pop("tool_calls", None)
        choice["message"].pop("thinking_blocks", None)
        if calls:
            choice["message"][CALLED] = calls[0]["function"]
        if choice["finish_reason"] == FinishReason.TOOL_CALLS.value:
            choice["finish_reason"] = CALLED
    return msgspec.json.encode(written)


class FunctionWriter(Writer):
    """Implements ``EventWriter``; of several calls, which these clients do not support, only the first is written."""

    def feed(self, event: ChatEvent) -> bytes:
        match event:
            case ToolCallStarted(index=0, name=name, choice=choice):
                return self._delta(choice, {CALLED: {"name": name, "arguments": ""}})
            case ToolCallDelta(index=0, arguments=arguments, choice=choice):
                return self._delta(choice, {CALLED: {"arguments": arguments}})
            case ToolCallStarted() | ToolCallDelta():
                return b""
        return super().feed(event)

    def _finish(self, reason: FinishReason) -> str:
        return CALLED if reason is FinishReason.TOOL_CALLS else reason.value
