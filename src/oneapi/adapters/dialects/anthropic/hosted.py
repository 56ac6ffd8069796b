"""Anthropic's Messages API where another cloud serves it: the model stands in the URL, the version in the body."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.anthropic.encoding import write_request
from oneapi.adapters.dialects.anthropic.reply import read_reply
from oneapi.adapters.dialects.anthropic.stream import Reader, rendered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.domain.chat import ChatRequest


class HostedAnthropic:
    """Implements ``UpstreamDialect``; ``tells_stream``: whether the body says too that a stream is wanted."""

    end_marker = rendered("message_stop")
    inlines_images = True
    read_reply = staticmethod(read_reply)

    def __init__(self, name: str, version: str, *, tells_stream: bool) -> None:
        self.name = name
        self._version = version
        self._tells_stream = tells_stream

    def write_request(
        self,
        request: ChatRequest,
        model: str,
        config: Mapping[str, Any] = MappingProxyType({}),  # noqa: ARG002  # nothing of it stands in the body
    ) -> dict[str, Any]:
        body = {"anthropic_version": self._version, **write_request(request, model)}
        del body["model"]
        if not self._tells_stream:
            body.pop("stream", None)
        return body

    def event_reader(self) -> EventReader:
        return Reader()
