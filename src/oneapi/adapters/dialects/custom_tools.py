"""Custom tools, which take plain text, for providers that only know functions: each becomes one of a single string."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.adapters.dialects.reading import as_json, parsed_object
from oneapi.domain.chat import CustomTool, Finished, Tool, ToolCall, ToolCallDelta, ToolCallStarted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from oneapi.domain.chat import ChatEvent, ChatRequest, Part

#: The only argument of the function.
INPUT = "input"


def as_function(tool: CustomTool) -> Tool:
    about = "The whole input of the tool, as plain text."
    if tool.definition:  # no other provider can enforce it
        about = f"{about} It must match this {tool.syntax or 'lark'} grammar:\n{tool.definition}"
    schema = {
        "type": "object",
        "properties": {INPUT: {"type": "string", "description": about}},
        "required": [INPUT],
        "additionalProperties": False,
    }
    return Tool(tool.name, tool.description, schema)


def as_arguments(given: str) -> str:
    return as_json({INPUT: given})


def input_of(arguments: str) -> str:
    """The text passed to a custom tool; models may omit the JSON object around it."""
    given = parsed_object(arguments).get(INPUT)
    return given if isinstance(given, str) else arguments


def with_functions(request: ChatRequest) -> ChatRequest:
    """``request`` with its custom tools, and the calls of them, replaced by functions."""
    tools = tuple(as_function(tool) if isinstance(tool, CustomTool) else tool for tool in request.tools)
    messages = tuple(
        evolve(message, parts=tuple(map(_called, message.parts)))
        if any(isinstance(part, ToolCall) and part.is_custom for part in message.parts)
        else message
        for message in request.messages
    )
    return evolve(request, tools=tools, messages=messages)


def _called(part: Part) -> Part:
    if not isinstance(part, ToolCall) or not part.is_custom:
        return part
    return evolve(part, arguments=as_arguments(part.arguments), is_custom=False)


def custom_call(call: ToolCall) -> ToolCall:
    """The custom tool call that a call of its function represents."""
    return evolve(call, arguments=input_of(call.arguments), is_custom=True)


class CustomCalls:
    """Stream of calls of the custom tools ``names``: their text is known once the JSON around it is complete."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        #: The fragments of each call's JSON, by choice and index.
        self._pieces: dict[tuple[int, int], list[str]] = {}

    def told(self, events: Iterable[ChatEvent]) -> Iterator[ChatEvent]:
        for event in events:
            match event:
                case ToolCallStarted(index=index, name=name, choice=choice) if name in self._names:
                    self._pieces[choice, index] = []
                    yield evolve(event, is_custom=True)
                case ToolCallDelta(index=index, arguments=piece, choice=choice) if (
                    choice,
                    index,
                ) in self._pieces:
                    self._pieces[choice, index].append(piece)
                case Finished(choice=choice):
                    yield from self._ended(choice)
                    yield event
                case _:
                    yield event

    def _ended(self, choice: int) -> Iterator[ToolCallDelta]:
        for key in [key for key in self._pieces if key[0] == choice]:
            yield ToolCallDelta(key[1], input_of("".join(self._pieces.pop(key))), choice)
