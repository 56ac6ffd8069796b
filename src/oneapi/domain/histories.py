"""Changes to a conversation before it goes to a provider, independent of its wire format."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.domain.chat import Document, Image, Message, MessageRole, Native, Text, Tool, ToolCall, ToolResult
from oneapi.domain.errors import InvalidParameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.chat import ChatRequest, CustomTool, Part


MARKABLE = (Text, Image, Document, ToolCall, ToolResult, Tool)


def tools_called(messages: Sequence[Message]) -> tuple[Tool, ...]:
    """A declaration for each tool that the history calls, for providers that require one wherever there are calls."""
    calls = (part for message in messages for part in message.parts if isinstance(part, ToolCall))
    names = dict.fromkeys(call.name for call in calls)
    return tuple(Tool(name) for name in names)


def with_distinct_calls(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """``messages`` with a distinct id for every call; a result gets the new id of the nearest preceding call.

    Some providers number the calls of each answer from 0, so that ids repeat within a conversation. If calls of one
    message share an id, their results are matched in order.
    """
    ids = [part.id for message in messages for part in message.parts if isinstance(part, ToolCall)]
    if len(ids) == len(set(ids)):
        return messages
    taken = set(ids)
    seen: set[str] = set()
    #: Old id -> the new ids of the calls in the latest message that used it.
    open_calls: dict[str, list[str]] = {}
    renamed = []
    for message in messages:
        parts: list[Part] = []
        fresh: dict[str, list[str]] = {}
        for part in message.parts:
            if isinstance(part, ToolCall):
                new = part.id if part.id not in seen else _unused(part.id, taken)
                seen.add(new)
                taken.add(new)
                fresh.setdefault(part.id, []).append(new)
                parts.append(evolve(part, id=new))
            elif isinstance(part, ToolResult) and (waiting := open_calls.get(part.call_id)):
                parts.append(evolve(part, call_id=waiting.pop(0) if len(waiting) > 1 else waiting[0]))
            else:
                parts.append(part)
        open_calls |= fresh
        renamed.append(evolve(message, parts=tuple(parts)))
    return tuple(renamed)


def _unused(call_id: str, taken: set[str]) -> str:
    return next(name for number in count(2) if (name := f"{call_id}_{number}") not in taken)


def without_breakpoints(request: ChatRequest) -> ChatRequest:
    """``request`` without any breakpoint, for providers that cannot be asked to cache prompts."""
    messages = tuple(
        evolve(message, parts=tuple(map(_unmarked, message.parts)))
        if any(map(_is_marked, message.parts))
        else message
        for message in request.messages
    )
    tools = tuple(evolve(tool, cache=None) if isinstance(tool, Tool) else tool for tool in request.tools)
    return evolve(request, messages=messages, tools=tools)


def has_breakpoints(request: ChatRequest) -> bool:
    """Whether the client asked to cache any part of its prompt."""
    parts = (part for message in request.messages for part in message.parts)
    return any(map(_is_marked, parts)) or any(map(_is_marked, request.tools))


def _is_marked(item: Part | Tool | CustomTool | Native) -> bool:
    if isinstance(item, ToolResult) and any(map(_is_marked, item.parts)):
        return True
    return isinstance(item, MARKABLE) and item.cache is not None


def _unmarked(part: Part) -> Part:
    if isinstance(part, ToolResult):
        return evolve(part, parts=tuple(map(_unmarked, part.parts)), cache=None)
    if isinstance(part, Text | Image | Document | ToolCall) and part.cache is not None:
        return evolve(part, cache=None)
    return part


def narrowed(request: ChatRequest) -> ChatRequest:
    """``request`` with only those tools that the model may call. Raises InvalidParameter if there are none."""
    choice = request.tool_choice
    kept = tuple(tool for tool in request.tools if isinstance(tool, Native) or tool.name in choice.allowed)
    if not kept:
        raise InvalidParameter("tool_choice", "tool_choice allows none of the tools that the request offers")
    return evolve(request, tools=kept, tool_choice=evolve(choice, allowed=()))


def with_pictures_shown(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """``messages`` with the model's pictures moved into the user's next message.

    For providers that accept pictures only from users.
    """
    if not any(message.role is MessageRole.ASSISTANT and _pictures(message) for message in messages):
        return messages
    shown: list[Message] = []
    waiting: tuple[Part, ...] = ()
    for message in messages:
        if message.role is MessageRole.ASSISTANT and (pictures := _pictures(message)):
            waiting += pictures
            left = tuple(part for part in message.parts if not isinstance(part, Image))
            if left:
                shown.append(evolve(message, parts=left))
        elif message.role is MessageRole.USER and waiting:
            shown.append(evolve(message, parts=(*waiting, *message.parts)))
            waiting = ()
        else:
            shown.append(message)
    return (*shown, Message(MessageRole.USER, waiting)) if waiting else tuple(shown)


def _pictures(message: Message) -> tuple[Part, ...]:
    return tuple(part for part in message.parts if isinstance(part, Image))
