"""Reading a client's request of the Messages API.

https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.anthropic.wire import NAME
from oneapi.adapters.dialects.caching import read_breakpoint
from oneapi.adapters.dialects.media import PDF, media_type
from oneapi.adapters.dialects.narrow import items_of, text
from oneapi.adapters.dialects.reading import Fields, as_json
from oneapi.domain.chat import (
    ChatRequest,
    Document,
    FormatKind,
    Image,
    Message,
    MessageRole,
    Native,
    ResponseFormat,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolMode,
    ToolResult,
)
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from oneapi.domain.chat import CacheBreakpoint, Part

#: Types of ``thinking`` without a budget -> whether the model thinks.
SWITCHES = {"adaptive": True, "disabled": False, "between_tools": True}
MODES = {"auto": ToolMode.AUTO, "any": ToolMode.REQUIRED, "none": ToolMode.NONE, "tool": ToolMode.NAMED}


def read_request(body: Mapping[str, Any]) -> ChatRequest:
    fields = Fields(body)
    limit = fields.integer("max_tokens")
    if limit is not None and limit < 0:
        raise InvalidParameter("max_tokens", "max_tokens is invalid")
    if limit == 0:
        raise UnsupportedFeature(feature="max_tokens: 0, which asks to fill a cache and for no answer")
    _refuse_compaction(fields)
    choice = fields.object("tool_choice") or Fields({}, "tool_choice")
    metadata = fields.object("metadata")
    effort, layout, kept = _output(fields)
    budget, thinks, thinking = _thinking(fields)
    return ChatRequest(
        dialect=NAME,
        model=fields.text("model"),
        messages=_messages(fields),
        tools=tuple(_tool(item) for item in fields.objects("tools")),
        tool_choice=_tool_choice(choice),
        parallel_tool_calls=False if choice.flag("disable_parallel_tool_use") else None,
        sampling=Sampling(
            temperature=fields.number("temperature"),
            top_p=fields.number("top_p"),
            top_k=fields.integer("top_k"),
            stop=fields.texts("stop_sequences"),
        ),
        max_tokens=limit or None,
        response_format=layout,
        reasoning_effort=effort,
        thinking_budget=budget,
        thinking=thinks,
        stream=bool(fields.flag("stream")),
        include_usage=True,  # this format always reports it
        user=metadata.text("user_id") if metadata else "",
        extra={**fields.rest(), **kept, **thinking},
    )


def _output(fields: Fields) -> tuple[str, ResponseFormat | None, dict[str, Any]]:
    """Effort and format of the answer, and its other options."""
    given = fields.object("output_config") or Fields({}, "output_config")
    # the name of ``format`` in the beta of structured outputs
    effort, layout = given.text("effort"), given.object("format") or fields.object("output_format")
    schema = layout.mapping("schema") if layout else None
    rest = given.rest()
    return (
        effort,
        ResponseFormat(FormatKind.SCHEMA, schema=schema) if schema else None,
        ({"output_config": rest} if rest else {}),
    )


def _refuse_compaction(fields: Fields) -> None:
    """Edits that clear parts of the history may be left out; one that summarises it changes the client's result."""
    edits = fields.mapping("context_management") or {}
    for edit in items_of(edits.get("edits")):
        if text(edit.get("type")).startswith("compact"):
            raise UnsupportedFeature(feature=text(edit["type"]))


def _thinking(fields: Fields) -> tuple[int | None, bool | None, dict[str, Any]]:
    """The budget, whether to think, and further options that only Claude understands."""
    given = fields.object("thinking")
    if given is None:
        return None, None, {}
    kind = given.text("type")
    if kind == "enabled" and (budget := given.integer("budget_tokens")):
        rest = given.rest()
        return budget, True, {"thinking": rest} if rest else {}
    return None, SWITCHES.get(kind), {"thinking": given.whole()}


def _tool(item: Fields) -> Tool | Native:
    if item.text("type") not in {"", "custom"}:
        return Native(NAME, item.whole())
    return Tool(
        name=item.required_text("name"),
        description=item.text("description"),
        parameters=item.mapping("input_schema"),
        strict=item.flag("strict"),
        cache=read_breakpoint(item),
    )


def _tool_choice(choice: Fields) -> ToolChoice:
    kind = choice.text("type") or "auto"
    if kind not in MODES:
        raise InvalidParameter("tool_choice", f"tool_choice {kind!r} is unknown")
    mode = MODES[kind]
    return ToolChoice(mode, choice.required_text("name") if mode is ToolMode.NAMED else "")


# --- messages ----------------------------------------------------------------------------------


def _messages(fields: Fields) -> tuple[Message, ...]:
    messages = []
    if system := _content(fields, "system"):
        messages.append(Message(MessageRole.SYSTEM, system))
    given = fields.objects("messages")
    if not given:
        raise InvalidParameter(
            "messages", "messages: at least one message is required", "missing_required_parameter"
        )
    for item in given:
        messages += _message(item)
    return tuple(messages)


def _message(item: Fields) -> Iterable[Message]:
    parts = _content(item, "content")
    match item.text("role"):
        case "assistant":
            yield Message(MessageRole.ASSISTANT, parts)
        case "system":
            yield Message(MessageRole.SYSTEM, parts)
        case "user":
            # In this format tool results are parts of user messages, beside the user's own words.
            for is_result, run in groupby(parts, lambda part: isinstance(part, ToolResult)):
                yield Message(MessageRole.TOOL if is_result else MessageRole.USER, tuple(run))
        case role:
            raise InvalidParameter(item.named("role"), f"{item.named('role')} {role!r} is not supported")


def _content(item: Fields, name: str) -> tuple[Part, ...]:
    content = item.any(name)
    if content is None or isinstance(content, str):
        return (Text(content),) if content else ()
    blocks = (_block(block) for block in item.objects(name))
    return tuple(part for part in blocks if part != Text(""))


def _block(block: Fields) -> Part:  # noqa: PLR0911  # one case a kind of block
    cache = read_breakpoint(block)
    match block.text("type"):
        case "text":
            return Text(block.text("text"), cache)
        case "image":
            return _image(block, cache)
        case "document":
            return _document(block, cache)
        case "tool_use":
            given = block.mapping("input") or {}
            return ToolCall(block.required_text("id"), block.required_text("name"), as_json(given), cache)
        case "tool_result":
            return ToolResult(
                block.required_text("tool_use_id"),
                _content(block, "content"),
                is_error=bool(block.flag("is_error")),
                cache=cache,
            )
        case "search_result" if not _cites(block):
            return Text(_found(block), cache)
        case "thinking":
            return Thinking(block.text("thinking"), signature=block.text("signature"))
        case "redacted_thinking":
            return Thinking(redacted=block.text("data"))
        case "":
            raise InvalidParameter(block.named("type"), f"{block.named('type')} is required")
        case _:
            return Native(NAME, block.whole())


def _cites(block: Fields) -> bool:
    """Whether the answer should cite this block."""
    citations = block.mapping("citations")
    return bool(citations and citations.get("enabled"))


def _found(block: Fields) -> str:
    """A search result as text."""
    told = "\n".join(text(part.get("text")) for part in items_of(block.any("content")))
    return f"{block.text('title')} ({block.text('source')}):\n{told}"


def _image(block: Fields, cache: CacheBreakpoint | None) -> Image | Native:
    source = block.object("source") or Fields({}, block.named("source"))
    match source.text("type"):
        case "url":
            return Image(url=source.required_text("url"), cache=cache)
        case "base64":
            data = source.required_text("data")
            kind = media_type(source.required_text("media_type"), data)
            return Image(data=data, media_type=kind, cache=cache)
        case _:
            return Native(NAME, block.whole())


def _document(block: Fields, cache: CacheBreakpoint | None) -> Document | Native:
    source = block.object("source") or Fields({}, block.named("source"))
    title = block.text("title")
    if _cites(block) or block.any("context"):
        return Native(NAME, block.whole())
    match source.text("type"):
        case "url":
            return Document(url=source.required_text("url"), title=title, cache=cache)
        case "base64":
            data = source.required_text("data")
            kind = media_type(source.text("media_type"), data) or PDF
            return Document(data=data, media_type=kind, title=title, cache=cache)
        case "text":
            return Document(text=source.required_text("data"), title=title, cache=cache)
        case _:
            return Native(NAME, block.whole())
