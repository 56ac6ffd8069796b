"""OpenAI's chat completions: the format that clients of this gateway speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.openai_chat.tap import Tap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.dialects.interface import StreamTranslator


class OpenAIChat:
    """Implements ``Dialect``."""

    name = "openai_chat"
    end_marker = b"data: [DONE]\n\n"

    def tap(self, *, include_usage: bool) -> StreamTranslator:
        return Tap(include_usage=include_usage)

    def render_error(self, error: Mapping[str, Any]) -> bytes:
        return b"data: %b\n\n" % msgspec.json.encode({"error": error})
