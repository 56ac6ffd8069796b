"""Google's Gemini models, at its developers' API and in its cloud alike.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.gemini.encoding import write_request
from oneapi.adapters.dialects.gemini.reply import read_reply
from oneapi.adapters.dialects.gemini.stream import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import EventReader
    from oneapi.domain.chat import ChatRequest


class Gemini:
    """Implements ``UpstreamDialect``; of a channel's ``config`` it reads the threshold of the safety settings."""

    name = "gemini"
    end_marker = b""
    inlines_images = True
    read_reply = staticmethod(read_reply)

    def write_request(
        self, request: ChatRequest, model: str, config: Mapping[str, Any] = MappingProxyType({})
    ) -> dict[str, Any]:
        return write_request(request, model, config)

    def event_reader(self) -> EventReader:
        return Reader()
