"""Converts tools of Responses to functions, which is all that other formats know, and calls back to the client's tools.

A custom tool takes plain text: it becomes a function of one string. Tools within a namespace get a joined name. Tools
that run at OpenAI are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from oneapi.adapters.dialects.custom_tools import as_arguments, as_function, input_of
from oneapi.adapters.dialects.narrow import fields_of, items_of, text
from oneapi.adapters.dialects.reading import Fields
from oneapi.domain.chat import CustomTool, Tool, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

#: Separates a namespace and a name, as clients of MCP join them.
JOINT = "__"
FUNCTION = "function"
#: Items of tools that are not functions, or that add tools.
OTHER_TOOLS = frozenset({"custom_tool_call", "custom_tool_call_output", "additional_tools"})


@frozen
class Known:
    """A tool as the client knows it; ``namespace`` is empty if it has none."""

    name: str
    namespace: str = ""
    is_custom: bool = False

    def call_fields(self, call_id: str, arguments: str) -> dict[str, Any]:
        """The item of a call, without its id and status."""
        fields: dict[str, Any] = {"call_id": call_id, "name": self.name}
        if self.namespace:
            fields["namespace"] = self.namespace
        if self.is_custom:
            return {"type": "custom_tool_call", **fields, "input": input_of(arguments)}
        return {"type": "function_call", **fields, "arguments": arguments}


class Toolbox:
    """The tools of one request: those in ``tools``, and those that its items add."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        #: Tools by the name sent to other formats.
        self._known: dict[str, Known] = {}
        #: Those names, by namespace and name.
        self._sent: dict[tuple[str, str], str] = {}
        self.tools: list[Tool] = []
        #: Kinds of tools that only OpenAI runs.
        self.left_out: list[str] = []
        for given in _lists_of_tools(request):
            for tool in given:
                self._add(tool)

    def called(self, name: str) -> Known:
        """The client's tool that a model calls ``name``."""
        return self._known.get(name) or Known(name)

    def sent_name(self, name: str, namespace: str) -> str:
        """The function name for the tool that a call in the history names."""
        if sent := self._sent.get((namespace, name)):
            return sent
        return f"{namespace}{JOINT}{name}" if namespace else name

    def _add(self, tool: Fields, namespace: str = "") -> None:
        kind = tool.text("type") or "function"
        if kind == "namespace":
            for inner in tool.objects("tools"):
                self._add(inner, tool.required_text("name"))
            return
        if kind not in ("function", "custom"):
            self.left_out.append(kind)
            return
        known = Known(tool.required_text("name"), namespace, kind == "custom")
        sent = f"{namespace}{JOINT}{known.name}" if namespace else known.name
        while sent in self._known:
            if self._known[sent] == known:
                return  # items may repeat the contents of ``tools``
            sent += "_"
        self._known[sent] = known
        self._sent[namespace, known.name] = sent
        self._sent.setdefault(("", known.name), sent)  # clients may omit the namespace
        self.tools.append(_custom(tool, sent) if known.is_custom else _function(tool, sent))


def _lists_of_tools(request: Mapping[str, Any]) -> Iterator[list[Fields]]:
    yield Fields(request).objects("tools")
    for number, item in enumerate(items_of(request.get("input"))):
        if item.get("type") == "additional_tools":
            yield Fields(item, f"input.{number}").objects("tools")


def _function(tool: Fields, name: str) -> Tool:
    return Tool(name, tool.text("description"), tool.mapping("parameters"), tool.flag("strict"))


def _custom(tool: Fields, name: str) -> Tool:
    layout = fields_of(tool.mapping("format"))
    syntax, definition = text(layout.get("syntax")), text(layout.get("definition"))
    return as_function(CustomTool(name, tool.text("description"), syntax, definition))


def takes_tools(*kinds: str) -> Callable[[Mapping[str, Any]], bool]:
    """Returns a check that a request has only tools of ``kinds``, and no calls of others."""

    def takes(request: Mapping[str, Any]) -> bool:
        items = items_of(request.get("input"))
        return all(
            (tool.get("type") or FUNCTION) in kinds for tool in items_of(request.get("tools"))
        ) and not any(item.get("type") in OTHER_TOOLS or "namespace" in item for item in items)

    return takes


def custom_call(call_id: str, name: str, given: str) -> ToolCall:
    """A custom tool call as a function call."""
    return ToolCall(call_id, name, as_arguments(given))
