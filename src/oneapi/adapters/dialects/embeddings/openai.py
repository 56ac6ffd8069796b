"""OpenAI's embeddings: https://platform.openai.com/docs/api-reference/embeddings/create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.embeddings.vectors import BASE64, as_numbers, coded
from oneapi.adapters.dialects.narrow import decoded, given, items_of
from oneapi.adapters.dialects.reading import wrong
from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.embeddings import EmbeddingInput, EmbeddingReply, EmbeddingRequest
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Mapping


class OpenAIEmbeddings:
    """Implements ``EmbeddingFormat`` and the provider's side."""

    def read_request(self, fields: Mapping[str, Any]) -> EmbeddingRequest:
        inputs = tuple(map(EmbeddingInput, _contents(fields.get("input"))))
        return EmbeddingRequest(inputs, fields.get("dimensions"))

    def write_request(self, asked: EmbeddingRequest, model: str) -> dict[str, Any]:
        """The request for a provider; tasks and titles are dropped, because the format has no fields for them."""
        return given({"model": model, "input": asked.texts, "dimensions": asked.dimensions})

    def read_reply(self, body: bytes) -> EmbeddingReply:
        """Read a provider's answer. Raises UpstreamGarbage unless every item has a vector."""
        answer = decoded(body)
        items = sorted(items_of(answer.get("data")), key=_index)
        vectors = [as_numbers(item.get("embedding")) for item in items]
        if not vectors:
            raise UpstreamGarbage("the answer has no embedding")
        usage = read_usage(answer.get("usage"))
        return EmbeddingReply(vectors, usage if usage and usage.total else None)

    def write_reply(self, reply: EmbeddingReply, fields: Mapping[str, Any], model: str) -> bytes:
        turned = coded if fields.get("encoding_format") == BASE64 else list
        data = [
            {"object": "embedding", "index": index, "embedding": turned(vector)}
            for index, vector in enumerate(reply.vectors)
        ]
        tokens = reply.usage.prompt if reply.usage else 0
        usage = {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}
        return msgspec.json.encode({"object": "list", "data": data, "model": model, "usage": usage})


def _contents(given: Any) -> list[str | tuple[int, ...]]:
    """A text, a list of texts, a list of token ids, or a list of such lists."""
    if isinstance(given, str):
        return [given]
    if isinstance(given, list) and given:
        if all(isinstance(item, str) for item in given):
            return given
        if _are_ids(given):
            return [tuple(given)]
        if all(isinstance(item, list) and _are_ids(item) for item in given):
            return [tuple(item) for item in given]
    raise wrong("input", "a string, an array of strings or an array of token ids")


def _are_ids(items: list[Any]) -> bool:
    return all(type(item) is int for item in items)


def _index(item: Mapping[str, Any]) -> int:
    index = item.get("index")
    return index if isinstance(index, int) else 0
