"""Reading a client's request of Responses for a provider of another format.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.media import media_type
from oneapi.adapters.dialects.reading import Fields, wrong
from oneapi.adapters.dialects.responses.content import content_of, result_of
from oneapi.adapters.dialects.responses.reasoning import thought_of
from oneapi.adapters.dialects.responses.tools import custom_call
from oneapi.adapters.dialects.responses.turns import Turns
from oneapi.adapters.dialects.responses.wire import LOGPROBS, NAME
from oneapi.domain.chat import (
    ChatRequest,
    FormatKind,
    Image,
    MessageRole,
    ResponseFormat,
    Sampling,
    Text,
    ToolCall,
    ToolChoice,
    ToolMode,
)
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.responses.tools import Toolbox

MODES = {"auto": ToolMode.AUTO, "none": ToolMode.NONE, "required": ToolMode.REQUIRED}
ROLES = {
    "user": MessageRole.USER,
    "assistant": MessageRole.ASSISTANT,
    "system": MessageRole.SYSTEM,
    "developer": MessageRole.SYSTEM,
}
#: Fields that change no answer of another provider: the client's own bookkeeping, the padding of the stream, and
#: options of tools that are left out. ``previous_response_id`` was resolved before a request is read here.
IDLE = (
    "previous_response_id",
    "client_metadata",
    "stream_options",
    "image",
    "max_tool_calls",
    "background",
)
#: Left out, and reported: without them an answer is the same, or the conversation is too long.
LEFT_OUT = ("truncation", "context_management")
#: Fields that ask for a different kind of answer, or refer to objects in the provider's account.
REFUSED = ("conversation", "prompt", "moderation")
#: Items that tools run by OpenAI leave in a conversation: the text after them reports their results.
TRACES = frozenset(
    {
        "image_generation_call",  # those without an image
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "mcp_list_tools",
        "mcp_call",
        "tool_search_call",
        "tool_search_output",
    }
)


def read_request(body: Mapping[str, Any], toolbox: Toolbox) -> ChatRequest:
    fields = Fields(body)
    for name in REFUSED:
        if fields.any(name):
            raise UnsupportedFeature(feature=name)
    for name in IDLE:
        fields.any(name)
    left_out = [*toolbox.left_out, *(name for name in LEFT_OUT if fields.any(name) not in (None, "disabled"))]
    fields.any("tools")
    turns = Turns()
    if instructions := fields.text("instructions"):
        turns.say(MessageRole.SYSTEM, (Text(instructions),))
    _read_input(fields, turns, toolbox, left_out)
    choice, allowed = _tool_choice(fields, toolbox)
    reasoning = fields.object("reasoning") or Fields({}, "reasoning")
    if reasoning.text("mode") not in ("", "standard"):
        raise UnsupportedFeature(feature=f"reasoning.mode: {reasoning.text('mode')}")
    layout = fields.object("text")
    verbosity = layout.text("verbosity") if layout else ""
    return ChatRequest(
        dialect=NAME,
        model=fields.text("model"),
        messages=turns.closed(),
        tools=tuple(tool for tool in toolbox.tools if allowed is None or tool.name in allowed),
        tool_choice=choice,
        parallel_tool_calls=fields.flag("parallel_tool_calls"),
        sampling=_sampling(fields),
        max_tokens=_limit(fields),
        response_format=_response_format(layout.object("format") if layout else None),
        reasoning_effort=reasoning.text("effort"),
        stream=bool(fields.flag("stream")),
        include_usage=True,  # this format always reports it
        user=fields.text("user") or fields.text("safety_identifier"),
        left_out=tuple(dict.fromkeys(left_out)),
        extra=fields.rest() | ({"verbosity": verbosity} if verbosity else {}),
    )


def _limit(fields: Fields) -> int | None:
    limit = fields.integer("max_output_tokens")
    if limit is not None and limit < 1:
        raise InvalidParameter("max_output_tokens", "max_output_tokens is invalid")
    return limit


def _sampling(fields: Fields) -> Sampling:
    asked = LOGPROBS in fields.texts("include")
    most = fields.integer("top_logprobs")
    return Sampling(
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        logprobs=True if asked else None,
        top_logprobs=most if asked else None,
    )


def _response_format(given: Fields | None) -> ResponseFormat | None:
    if given is None:
        return None
    kind = given.text("type") or FormatKind.TEXT
    if kind not in list(FormatKind):
        raise InvalidParameter(given.named("type"), f"text.format type {kind!r} is unknown")
    return ResponseFormat(
        FormatKind(kind),
        name=given.text("name"),
        schema=given.mapping("schema"),
        strict=given.flag("strict"),
        description=given.text("description"),
    )


def _tool_choice(fields: Fields, toolbox: Toolbox) -> tuple[ToolChoice, frozenset[str] | None]:
    """The choice, and the names of the only tools that may be called; None if all may."""
    given = fields.any("tool_choice")
    if given is None:
        return ToolChoice(), None
    if isinstance(given, str):
        if given not in MODES:
            raise InvalidParameter("tool_choice", f"tool_choice {given!r} is unknown")
        return ToolChoice(MODES[given]), None
    choice = Fields(given, "tool_choice")
    match choice.text("type"):
        case "function" | "custom":
            return ToolChoice(ToolMode.NAMED, _named(choice, toolbox)), None
        case "allowed_tools":
            mode = choice.text("mode") or "auto"
            if mode not in MODES:
                raise wrong("tool_choice.mode", "auto or required")
            allowed = (
                tool for tool in choice.objects("tools") if tool.text("type") in ("function", "custom")
            )
            return ToolChoice(MODES[mode]), frozenset(_named(tool, toolbox) for tool in allowed)
        case kind:
            raise UnsupportedFeature(feature=f"tool_choice: {kind}")


def _named(choice: Fields, toolbox: Toolbox) -> str:
    return toolbox.sent_name(choice.required_text("name"), choice.text("namespace"))


# --- items -------------------------------------------------------------------------------------


def _read_input(fields: Fields, turns: Turns, toolbox: Toolbox, left_out: list[str]) -> None:
    given = fields.any("input")
    if isinstance(given, str):
        turns.say(MessageRole.USER, (Text(given),))
        return
    for item in fields.objects("input"):
        _read_item(item, turns, toolbox, left_out)


def _read_item(item: Fields, turns: Turns, toolbox: Toolbox, left_out: list[str]) -> None:  # noqa: C901  # one case a kind
    match item.text("type") or ("message" if item.any("role") else "item_reference"):
        case "message":
            _read_message(item, turns)
        case "reasoning":
            if thought := thought_of(_told(item), item.text("encrypted_content")):
                turns.assistant(thought)
        case "function_call":
            name = toolbox.sent_name(item.required_text("name"), item.text("namespace"))
            turns.assistant(ToolCall(item.required_text("call_id"), name, item.text("arguments") or "{}"))
        case "custom_tool_call":
            name = toolbox.sent_name(item.required_text("name"), item.text("namespace"))
            turns.assistant(custom_call(item.required_text("call_id"), name, item.text("input")))
        case "function_call_output" | "custom_tool_call_output":
            turns.answer(result_of(item), item.named("call_id"))
        case "image_generation_call" if item.text("result"):
            data, kind = item.text("result"), item.text("output_format") or "png"
            turns.assistant(Image(data=data, media_type=media_type(f"image/{kind}", data)))
        case "additional_tools":
            pass  # in the toolbox
        case "item_reference":
            missing = item.text("id")
            raise InvalidParameter(item.named("id"), f"Item with id {missing!r} not found.", "item_not_found")
        case kind if kind in TRACES:
            left_out.append(kind)
        case kind:
            raise UnsupportedFeature(feature=kind)


def _read_message(item: Fields, turns: Turns) -> None:
    role = ROLES.get(item.text("role"))
    if role is None:
        given = item.text("role")
        raise InvalidParameter(item.named("role"), f"{item.named('role')} {given!r} is not supported")
    parts = content_of(item, "content")
    if role is MessageRole.ASSISTANT:
        turns.assistant(*parts)
    else:
        turns.say(role, parts)


def _told(item: Fields) -> str:
    """The text of a reasoning item: its summary, else the thought itself."""
    for name in ("summary", "content"):
        if texts := [part.text("text") for part in item.objects(name)]:
            return "\n\n".join(texts)
    return ""
