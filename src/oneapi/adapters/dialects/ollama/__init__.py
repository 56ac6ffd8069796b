"""Ollama's chat API: https://docs.ollama.com/api/chat."""

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
from oneapi.adapters.dialects.reading import as_json, parsed_object
from oneapi.data import traits_of
from oneapi.domain.chat import (
    NO_EFFORT,
    ChatEvent,
    ChatReply,
    Choice,
    Finished,
    FinishReason,
    FormatKind,
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
    ToolResult,
    UsageReported,
    finish_of,
    text_of,
)
from oneapi.domain.errors import UnsupportedFeature, UpstreamBroken, UpstreamRefusal
from oneapi.domain.models.traits import ThinkingForm
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest, Message, Part, ResponseFormat


class Ollama:
    """Implements ``UpstreamDialect``."""

    name = "ollama"
    end_marker = b""
    inlines_images = True

    def write_request(
        self,
        request: ChatRequest,
        model: str,
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # the request body uses none of it
    ) -> dict[str, Any]:
        refuse(request, tools=True, formats=True)
        names = {
            part.id: part.name
            for message in request.messages
            for part in message.parts
            if isinstance(part, ToolCall)
        }
        fields = {
            "model": model,
            "stream": request.stream,
            "messages": [item for message in request.messages for item in _messages(message, names)],
            "tools": [_tool(tool) for tool in functions(request.tools)] or None,
            "format": _format(request.response_format),
            "think": _think(request, model),
            "options": _options(request),
        }
        return given(fields)

    def read_reply(self, body: bytes) -> ChatReply:
        answer = _answer(body)
        message = fields_of(answer.get("message"))
        parts: list[Part] = []
        if thought := text(message.get("thinking")):
            parts.append(Thinking(thought))
        if content := text(message.get("content")):
            parts.append(Text(content))
        parts += _calls(message)
        finish = finish_of(_finish(answer) or FinishReason.STOP, parts)
        return ChatReply("", text(answer.get("model")), (Choice(tuple(parts), finish),), usage=_usage(answer))

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``; every line of the stream is an event."""

    def __init__(self) -> None:
        self._started = self._done = False
        self._calls = 0

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(_answer(event.data)))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._done:
            raise UpstreamBroken("the stream ended before its last line")
        return ()

    def _events(self, answer: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if not self._started:
            self._started = True
            yield Started("", text(answer.get("model")))
        message = fields_of(answer.get("message"))
        if thought := text(message.get("thinking")):
            yield ThinkingDelta(thought)
        if content := text(message.get("content")):
            yield TextDelta(content)
        for call in _calls(message):
            yield ToolCallStarted(self._calls, call.id, call.name)
            yield ToolCallDelta(self._calls, call.arguments)
            self._calls += 1
        if (finish := _finish(answer)) is not None and not self._done:
            self._done = True
            if (usage := _usage(answer)) is not None:
                yield UsageReported(usage)
            yield Finished(FinishReason.TOOL_CALLS if self._calls else finish)


def _answer(body: bytes) -> dict[str, Any]:
    answer = decoded(body)
    if error := answer.get("error"):
        raise UpstreamRefusal(502, text(error) or "the upstream reported an error", type="ollama_error")
    return answer


def _calls(message: Mapping[str, Any]) -> Iterator[ToolCall]:
    """A message's calls; servers before 0.12.10 give them no ids: https://github.com/ollama/ollama/releases."""
    for item in items_of(message.get("tool_calls")):
        function = fields_of(item.get("function"))
        arguments = as_json(function.get("arguments") or {})
        yield ToolCall(text(item.get("id")), text(function.get("name")), arguments)


def _finish(answer: Mapping[str, Any]) -> FinishReason | None:
    if answer.get("done") is not True:
        return None
    return FinishReason.LENGTH if answer.get("done_reason") == "length" else FinishReason.STOP


def _usage(answer: Mapping[str, Any]) -> Usage | None:
    prompt, completion = count(answer.get("prompt_eval_count")), count(answer.get("eval_count"))
    return usage_told(Usage(prompt, completion), 0, {})


# --- requests ----------------------------------------------------------------------------------


def _messages(message: Message, names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    if message.role is MessageRole.TOOL:
        for part in message.parts:
            if isinstance(part, ToolResult):
                name = names.get(part.call_id) or None
                yield given({"role": "tool", "content": text_only(part.parts), "tool_name": name})
        return
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    images = [part for part in message.parts if isinstance(part, Image)]
    if any(not image.data for image in images):
        raise UnsupportedFeature(feature="images by URL")
    others = [part for part in message.parts if not isinstance(part, ToolCall | Image)]
    text_only(others)  # refuses any other parts
    thoughts = "".join(part.text for part in others if isinstance(part, Thinking))
    yield given(
        {
            "role": message.role.value,
            "content": text_of(others),
            "thinking": thoughts or None,
            "images": [image.data for image in images] or None,
            "tool_calls": [
                {"function": {"name": call.name, "arguments": parsed_object(call.arguments)}}
                for call in calls
            ]
            or None,
        }
    )


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description or None, "parameters": tool.parameters}
    return {"type": "function", "function": given(function)}


def _format(wanted: ResponseFormat | None) -> str | Mapping[str, Any] | None:
    if wanted is None or wanted.kind is FormatKind.TEXT:
        return None
    return "json" if wanted.schema is None else wanted.schema


def _think(request: ChatRequest, model: str) -> bool | str | None:
    """Whether to think, or an effort for models that cannot stop thinking; None leaves it to the model.

    https://docs.ollama.com/capabilities/thinking
    """
    traits = traits_of(model)
    if traits.thinking is ThinkingForm.EFFORT and request.thinks is not None:
        effort = request.reasoning_effort or ("medium" if request.thinks else NO_EFFORT)
        known = traits.effort(effort)
        return known if known in traits.efforts else "medium"
    return request.thinks


def _options(request: ChatRequest) -> dict[str, Any]:
    sampling = request.sampling
    return given(
        {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "seed": sampling.seed,
            "num_predict": request.max_tokens,
            "frequency_penalty": sampling.frequency_penalty,
            "presence_penalty": sampling.presence_penalty,
            "stop": list(sampling.stop) or None,
        }
    )
