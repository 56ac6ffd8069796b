"""iFlytek's Spark over a WebSocket: https://www.xfyun.cn/doc/spark/Web.html."""

from __future__ import annotations

import re
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
from oneapi.adapters.dialects.usage import read_usage
from oneapi.data import upstream_names
from oneapi.domain.chat import (
    ChatEvent,
    ChatReply,
    Finished,
    FinishReason,
    Started,
    TextDelta,
    ThinkingDelta,
    Tool,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from oneapi.domain.errors import UpstreamBroken, UpstreamGarbage, UpstreamRefusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.adapters.framing.events import ServerSentEvent
    from oneapi.domain.chat import ChatRequest

DEFAULT_VERSION = "v1.1"
#: Version of the API -> URL path and domain (the API's name for the model).
VERSIONS = {
    "v1.1": ("/v1.1/chat", "lite"),
    "v2.1": ("/v2.1/chat", "generalv2"),
    "v3.1": ("/v3.1/chat", "generalv3"),
    "v3.1-128K": ("/chat/pro-128k", "pro-128k"),
    "v3.5": ("/v3.5/chat", "generalv3.5"),
    "v3.5-32K": ("/chat/max-32k", "max-32k"),
    "v4.0": ("/v4.0/chat", "4.0Ultra"),
}
_VERSION = re.compile(r"v[0-9][0-9A-Za-z.-]*")
#: Error codes -> HTTP status: https://www.xfyun.cn/doc/spark/%E6%8E%A5%E5%8F%A3%E8%AF%B4%E6%98%8E.html
STATUSES = {11200: 401, 11201: 429, 11202: 429, 11203: 429, 10110: 503}
INTERNAL = range(10000, 10007)


def address(model: str, config: Mapping[str, Any]) -> tuple[str, str]:
    """Path and domain of ``model``, from its name, the version in it, or the channel's configuration."""
    _, _, ending = model.partition("-")
    version = upstream_names("spark").get(model) or ending or text(config.get("api_version")).strip()
    if version in VERSIONS:
        return VERSIONS[version]
    if not _VERSION.fullmatch(version):
        return VERSIONS[DEFAULT_VERSION]
    return f"/{version}/chat", f"general{version}"


class Xunfei:
    """Implements ``UpstreamDialect``; answers arrive in frames."""

    name = "xunfei"
    end_marker = b""
    inlines_images = False

    def write_request(
        self, request: ChatRequest, model: str, config: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        """The request without the application's id, which is part of the key. ``n`` is ignored: there is one answer."""
        refuse(request, n=True, tools=True)
        sampling = request.sampling
        _, domain = address(model, config)
        chat = {
            "domain": domain,
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "max_tokens": request.max_tokens,
        }
        messages = [
            {"role": message.role.value, "content": text_only(message.parts)} for message in request.messages
        ]
        payload: dict[str, Any] = {"message": {"text": messages}}
        if request.tools:
            payload["functions"] = {"text": [_function(tool) for tool in functions(request.tools)]}
        return {"parameter": {"chat": given(chat)}, "payload": payload}

    def read_reply(self, body: bytes) -> ChatReply:
        raise UpstreamGarbage(f"{len(body)} bytes arrived instead of frames")

    def event_reader(self) -> EventReader:
        return Reader()


class Reader:
    """Implements ``EventReader``."""

    def __init__(self) -> None:
        self._started = self._done = False
        self._calls = 0

    def feed(self, event: ServerSentEvent) -> tuple[ChatEvent, ...]:
        return tuple(self._events(decoded(event.data)))

    def finish(self) -> tuple[ChatEvent, ...]:
        if not self._done:
            raise UpstreamBroken("the connection ended before the last frame")
        return ()

    def _events(self, frame: Mapping[str, Any]) -> Iterator[ChatEvent]:
        header, payload = fields_of(frame.get("header")), fields_of(frame.get("payload"))
        if code := header.get("code"):
            raise _refusal(header, code)
        if not self._started:
            self._started = True
            yield Started(text(header.get("sid")))
        choices = fields_of(payload.get("choices"))
        for item in items_of(choices.get("text")):
            if thought := text(item.get("reasoning_content")):
                yield ThinkingDelta(thought)
            if piece := text(item.get("content")):
                yield TextDelta(piece)
            yield from self._called(fields_of(item.get("function_call")))
        reported = fields_of(fields_of(payload.get("usage")).get("text"))
        if (usage := read_usage(reported)) is not None:
            yield UsageReported(usage)
        if choices.get("status") == 2 and not self._done:  # noqa: PLR2004  # the last frame, as documented
            self._done = True
            yield Finished(FinishReason.TOOL_CALLS if self._calls else FinishReason.STOP)

    def _called(self, call: Mapping[str, Any]) -> Iterator[ChatEvent]:
        if name := text(call.get("name")):
            yield ToolCallStarted(self._calls, "", name)
            yield ToolCallDelta(self._calls, text(call.get("arguments")))
            self._calls += 1


def _function(tool: Tool) -> dict[str, Any]:
    fields = {"name": tool.name, "description": tool.description or None, "parameters": tool.parameters}
    return given(fields)


def _refusal(header: Mapping[str, Any], code: Any) -> UpstreamRefusal:
    status = 400
    if isinstance(code, int):
        status = 500 if code in INTERNAL else STATUSES.get(code, 400)
    message = text(header.get("message")) or "the upstream reported an error"
    return UpstreamRefusal(status, message, type="xunfei_error", code=code)
