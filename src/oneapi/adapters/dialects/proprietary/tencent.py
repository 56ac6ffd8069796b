"""Tencent's Hunyuan: https://cloud.tencent.com/document/api/1729/105701."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import (
    count,
    decoded,
    fields_of,
    functions,
    given,
    items_of,
    refuse,
    text,
    text_only,
    usage_told,
)
from oneapi.adapters.dialects.reading import as_json
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Choice,
    Finished,
    FinishReason,
    Image,
    MessageRole,
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
    finish_of,
)
from oneapi.domain.errors import UnsupportedFeature, UpstreamBroken, UpstreamRefusal
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest, Message, Part

FINISH = {
    "stop": FinishReason.STOP,
    "tool_calls": FinishReason.TOOL_CALLS,
    "sensitive": FinishReason.CONTENT_FILTER,
    "length": FinishReason.LENGTH,
}
#: Prefixes of error codes -> HTTP status: https://cloud.tencent.com/document/api/1729/101843
STATUSES = (
    ("AuthFailure", 401),
    ("UnauthorizedOperation", 403),
    ("LimitExceeded", 429),
    ("RequestLimitExceeded", 429),
    ("InternalError", 500),
    ("ResourceUnavailable", 403),
)


def checked(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The content of ``Response``, a wrapper that streams omit. Raises UpstreamRefusal for an error."""
    inside = fields_of(answer.get("Response")) or dict(answer)
    told, broken = fields_of(inside.get("Error")), fields_of(inside.get("ErrorMsg"))
    error = told or broken
    if not error:
        return inside
    code = error.get("Code")
    status = next((status for start, status in STATUSES if text(code).startswith(start)), 400)
    message = text(error.get("Message")) or text(error.get("Msg")) or "the upstream reported an error"
    raise UpstreamRefusal(status, message, type="" if told else "tencent_error", code=code)


class Tencent:
    """Implements ``UpstreamDialect``."""

    name = "tencent"
    end_marker = b"data: [DONE]\n\n"
    inlines_images = False

    def write_request(
        self,
        request: ChatRequest,
        model: str,
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        """The API has no token limit and no penalties. They are ignored, as clients of the original expect."""
        refuse(request, tools=True)
        sampling = request.sampling
        fields = {
            "Model": model,
            "Messages": [item for message in request.messages for item in _messages(message)],
            "Stream": request.stream,
            "TopP": sampling.top_p,
            "Temperature": sampling.temperature,
            "Seed": sampling.seed,
            "Stop": list(sampling.stop) or None,
            "Tools": [_tool(tool) for tool in functions(request.tools)] or None,
            "EnableThinking": request.thinks,
            **(_tool_choice(request) if request.tools else {}),
        }
        return given(fields)

    def read_reply(self, body: bytes) -> ChatReply:
        answer = checked(decoded(body))
        choices = []
        for index, item in enumerate(items_of(answer.get("Choices"))):
            message = fields_of(item.get("Message"))
            parts: list[Part] = []
            if thought := text(message.get("ReasoningContent")):
                parts.append(Thinking(thought))
            if told := text(message.get("Content")):
                parts.append(Text(told))
            parts += [
                ToolCall(text(call.get("Id")), name, arguments) for call, name, arguments in _calls(message)
            ]
            finish = FINISH.get(text(item.get("FinishReason")), FinishReason.STOP)
            choices.append(Choice(tuple(parts), finish_of(finish, parts), index))
        return ChatReply(text(answer.get("RequestId")), "", tuple(choices), usage=_usage(answer))

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``."""

    def __init__(self) -> None:
        self._started = self._finished = False
        self._calls: set[int] = set()

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        if event.data == b"[DONE]":
            return ()
        return tuple(self._events(checked(decoded(event.data))))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._finished:
            raise UpstreamBroken("the stream ended without a finish reason")
        return ()

    def _events(self, answer: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if not self._started:
            self._started = True
            yield Started(text(answer.get("Id")))
        if (usage := _usage(answer)) is not None:
            yield UsageReported(usage)
        for item in items_of(answer.get("Choices"))[:1]:
            delta = fields_of(item.get("Delta"))
            if thought := text(delta.get("ReasoningContent")):
                yield ThinkingDelta(thought)
            if told := text(delta.get("Content")):
                yield TextDelta(told)
            for call, name, arguments in _calls(delta):
                index = count(call.get("Index"))
                if index not in self._calls:
                    self._calls.add(index)
                    yield ToolCallStarted(index, text(call.get("Id")), name)
                if arguments:
                    yield ToolCallDelta(index, arguments)
            finish = FINISH.get(text(item.get("FinishReason")))
            if finish is not None and not self._finished:
                self._finished = True
                yield Finished(FinishReason.TOOL_CALLS if self._calls else finish)


def _calls(message: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    for call in items_of(message.get("ToolCalls")):
        function = fields_of(call.get("Function"))
        yield call, text(function.get("Name")), text(function.get("Arguments"))


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    reported = fields_of(answer.get("Usage"))
    prompt, completion = count(reported.get("PromptTokens")), count(reported.get("CompletionTokens"))
    cached = count(fields_of(reported.get("PromptTokensDetails")).get("CachedTokens"))
    usage = Usage(prompt, completion, cached=min(cached, prompt))
    return usage_told(usage, count(reported.get("TotalTokens")), reported)


# --- requests ----------------------------------------------------------------------------------


def _messages(message: Message) -> Iterable[dict[str, Any]]:
    if message.role is MessageRole.TOOL:
        for part in message.parts:
            if isinstance(part, ToolResult):
                yield {"Role": "tool", "Content": text_only(part.parts), "ToolCallId": part.call_id}
        return
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    others = [part for part in message.parts if not isinstance(part, ToolCall)]
    fields: dict[str, Any] = {"Role": message.role.value}
    if any(isinstance(part, Image) for part in others):
        fields["Contents"] = _contents(others)
    else:
        fields["Content"] = text_only(others)
    if calls:
        fields["ToolCalls"] = [
            {"Id": call.id, "Type": "function", "Function": {"Name": call.name, "Arguments": call.arguments}}
            for call in calls
        ]
    yield fields


def _contents(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [
        {
            "Type": "image_url",
            "ImageUrl": {"Url": part.url or f"data:{part.media_type};base64,{part.data}"},
        }
        if isinstance(part, Image)
        else {"Type": "text", "Text": text_only((part,))}
        for part in parts
    ]


def _tool(tool: Tool) -> dict[str, Any]:
    function = {
        "Name": tool.name,
        "Description": tool.description or None,
        "Parameters": as_json(tool.parameters or {"type": "object", "properties": {}}),
    }
    return {"Type": "function", "Function": given(function)}


def _tool_choice(request: ChatRequest) -> dict[str, Any]:
    choice, tools = request.tool_choice, functions(request.tools)
    match choice.mode:
        case ToolMode.AUTO:
            return {"ToolChoice": "auto"}
        case ToolMode.NONE:
            return {"ToolChoice": "none"}
        case ToolMode.NAMED:
            return _custom(choice.name)
        case _ if len(tools) == 1:  # the same as naming the only tool
            return _custom(tools[0].name)
        case _:
            raise UnsupportedFeature(feature="tool_choice required")


def _custom(name: str) -> dict[str, Any]:
    return {"ToolChoice": "custom", "CustomTool": {"Type": "function", "Function": {"Name": name}}}
