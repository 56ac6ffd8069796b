"""Alibaba's DashScope: https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import (
    decoded,
    fields_of,
    functions,
    given,
    items_of,
    refuse,
    text,
    text_only,
)
from oneapi.adapters.dialects.reading import as_json
from oneapi.adapters.dialects.usage import read_usage
from oneapi.data import traits_of
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Choice,
    Finished,
    FinishReason,
    FormatKind,
    Image,
    Message,
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest, Part, ResponseFormat
    from oneapi.domain.usage import Usage

#: Models whose name has this suffix search the web first.
SEARCHING = "-internet"
#: The API requires less than 1.
LARGEST_TOP_P = 0.9999
FINISH = {
    "stop": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "tool_calls": FinishReason.TOOL_CALLS,
}
#: Prefixes of error codes -> HTTP status: https://help.aliyun.com/zh/model-studio/error-code
STATUSES = (
    ("InvalidApiKey", 401),
    ("AccessDenied", 403),
    ("Arrearage", 403),
    ("Throttling", 429),
    ("InternalError", 500),
    ("ModelServingError", 503),
)


def is_multimodal(model: str) -> bool:
    """Whether a model is called at the endpoint where messages are lists of parts."""
    return traits_of(model).multimodal


def refusal(error: Mapping[str, Any], kind: str = "") -> UpstreamRefusal:
    """The refusal in an error object with code, message and request id."""
    code = text(error.get("code"))
    status = next((status for start, status in STATUSES if code.startswith(start)), 400)
    message = text(error.get("message")) or "the upstream reported an error"
    param = "" if kind else text(error.get("request_id"))
    return UpstreamRefusal(status, message, type=kind or code, param=param, code=code)


class Ali:
    """Implements ``UpstreamDialect``."""

    name = "ali"
    end_marker = b""
    inlines_images = False

    def write_request(
        self,
        request: ChatRequest,
        model: str,
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        refuse(request, tools=True, formats=True)
        in_parts = is_multimodal(model)
        said = (*_told_format(request.response_format), *request.messages)
        messages = [item for message in said for item in _messages(message, in_parts=in_parts)]
        return {
            "model": model.removesuffix(SEARCHING),
            "input": {"messages": messages},
            "parameters": _parameters(request, model),
        }

    def read_reply(self, body: bytes) -> ChatReply:
        answer = _answer(body)
        choices = []
        for index, item in enumerate(items_of(fields_of(answer.get("output")).get("choices"))):
            message = fields_of(item.get("message"))
            parts: list[Part] = []
            if thought := text(message.get("reasoning_content")):
                parts.append(Thinking(thought))
            if told := _told(message):
                parts.append(Text(told))
            parts += [
                ToolCall(text(call.get("id")), name, arguments) for call, name, arguments in _calls(message)
            ]
            finish = FINISH.get(text(item.get("finish_reason")), FinishReason.STOP)
            choices.append(Choice(tuple(parts), finish_of(finish, parts), index))
        return ChatReply(text(answer.get("request_id")), "", tuple(choices), usage=_usage(answer))

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``; the stream has no end marker, and says "null" until there is a finish reason."""

    def __init__(self) -> None:
        self._started = self._finished = False
        self._calls: set[int] = set()

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(_answer(event.data)))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._finished:
            raise UpstreamBroken("the stream ended without a finish reason")
        return ()

    def _events(self, answer: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if not self._started:
            self._started = True
            yield Started(text(answer.get("request_id")))
        if (usage := _usage(answer)) is not None:
            yield UsageReported(usage)
        for item in items_of(fields_of(answer.get("output")).get("choices"))[:1]:
            message = fields_of(item.get("message"))
            if thought := text(message.get("reasoning_content")):
                yield ThinkingDelta(thought)
            if told := _told(message):
                yield TextDelta(told)
            yield from self._called(message)
            finish = FINISH.get(text(item.get("finish_reason")))
            if finish is not None and not self._finished:
                self._finished = True
                yield Finished(FinishReason.TOOL_CALLS if self._calls else finish)

    def _called(self, message: Mapping[str, Any]) -> Iterator[ChatEvent]:
        for call, name, arguments in _calls(message):
            index = call.get("index")
            number = index if isinstance(index, int) else 0
            if number not in self._calls:
                self._calls.add(number)
                yield ToolCallStarted(number, text(call.get("id")), name)
            if arguments:
                yield ToolCallDelta(number, arguments)


def _answer(body: bytes) -> dict[str, Any]:
    answer = decoded(body)
    if answer.get("code"):
        raise refusal(answer)
    return answer


def _told(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    return "".join(text(item.get("text")) for item in items_of(content)) or text(content)


def _calls(message: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str, str]]:
    for call in items_of(message.get("tool_calls")):
        function = fields_of(call.get("function"))
        yield call, text(function.get("name")), text(function.get("arguments"))


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    """Read ``usage``: https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope."""
    return read_usage(answer.get("usage"))


# --- requests ----------------------------------------------------------------------------------


def _parameters(request: ChatRequest, model: str) -> dict[str, Any]:
    sampling = request.sampling
    fields = {
        "result_format": "message",
        "incremental_output": True if request.stream else None,
        "enable_search": True if model.endswith(SEARCHING) else None,
        "temperature": sampling.temperature,
        "top_p": None if sampling.top_p is None else min(sampling.top_p, LARGEST_TOP_P),
        "top_k": sampling.top_k,
        "seed": sampling.seed,
        "max_tokens": request.max_tokens,
        "stop": list(sampling.stop) or None,
        "presence_penalty": sampling.presence_penalty,
        "enable_thinking": request.thinks,
        "thinking_budget": request.thinking_budget,
        "response_format": _format(request.response_format),
        "tools": [_tool(tool) for tool in functions(request.tools)] or None,
        "tool_choice": _tool_choice(request),
        "parallel_tool_calls": request.parallel_tool_calls,
    }
    return given(fields)


def _format(wanted: ResponseFormat | None) -> dict[str, Any] | None:
    """The format of the answer, any JSON at most; ``_told_format`` puts a schema into words."""
    return None if wanted is None or wanted.kind is FormatKind.TEXT else {"type": "json_object"}


def _told_format(wanted: ResponseFormat | None) -> tuple[Message, ...]:
    if wanted is None or wanted.schema is None:
        return ()
    words = f"Answer with a single JSON object that conforms to this JSON schema: {as_json(wanted.schema)}"
    return (Message(MessageRole.SYSTEM, (Text(words),)),)


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description or None, "parameters": tool.parameters}
    return {"type": "function", "function": given(function)}


def _tool_choice(request: ChatRequest) -> str | dict[str, Any] | None:
    choice, tools = request.tool_choice, functions(request.tools)
    match choice.mode:
        case ToolMode.AUTO:
            return None
        case ToolMode.NONE:
            return "none"
        case ToolMode.NAMED:
            return {"type": "function", "function": {"name": choice.name}}
        case _ if len(tools) == 1:  # the same as naming the only tool
            return {"type": "function", "function": {"name": tools[0].name}}
        case _:
            raise UnsupportedFeature(feature="tool_choice required")


def _messages(message: Message, *, in_parts: bool) -> Iterable[dict[str, Any]]:
    if message.role is MessageRole.TOOL:
        for part in message.parts:
            if isinstance(part, ToolResult):
                yield {"role": "tool", "content": text_only(part.parts), "tool_call_id": part.call_id}
        return
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    others = [part for part in message.parts if not isinstance(part, ToolCall)]
    fields = {
        "role": message.role.value,
        "content": _parts(others) if in_parts else text_only(others),
        "tool_calls": [_call(call) for call in calls] or None,
    }
    yield given(fields)


def _parts(parts: Sequence[Part]) -> list[dict[str, str]]:
    return [
        {"image": part.url or f"data:{part.media_type};base64,{part.data}"}
        if isinstance(part, Image)
        else {"text": text_only((part,))}
        for part in parts
        if not isinstance(part, Thinking)
    ]


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}
