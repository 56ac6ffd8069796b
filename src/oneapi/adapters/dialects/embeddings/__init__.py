"""Requests for embeddings, and their answers, in each format that clients speak."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from oneapi.adapters.dialects.embeddings.gemini import GeminiEmbeddings
from oneapi.adapters.dialects.embeddings.openai import OpenAIEmbeddings
from oneapi.adapters.dialects.gemini.wire import NAME as GEMINI
from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI_CHAT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.embeddings import EmbeddingReply, EmbeddingRequest


class EmbeddingFormat(Protocol):
    """The client's side of one format."""

    def read_request(self, fields: Mapping[str, Any]) -> EmbeddingRequest:
        """Read a client's request.

        Raises InvalidParameter if the format does not allow it, UnsupportedFeature for parameters that other formats
        cannot express.
        """

    def write_reply(self, reply: EmbeddingReply, fields: Mapping[str, Any], model: str) -> bytes:
        """The answer to the request with these ``fields``, which named ``model``."""


OPENAI_EMBEDDINGS = OpenAIEmbeddings()
#: Formats by the name of the client's dialect.
EMBEDDINGS: Mapping[str, EmbeddingFormat] = MappingProxyType(
    {OPENAI_CHAT: OPENAI_EMBEDDINGS, GEMINI: GeminiEmbeddings()}
)
