"""The two formats that clients ask for rerankings in: Cohere's second version, and what grew out of its first.

Jina, vLLM, SiliconFlow and many others took over Cohere's first version, each with some words of its own; clients read
the answers of all of them.
https://docs.cohere.com/reference/rerank, https://docs.cohere.com/v1/reference/rerank, https://api.jina.ai/redoc,
https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html#re-rank-api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from attrs import frozen

from oneapi.adapters.dialects.narrow import decoded, given, text
from oneapi.adapters.dialects.reranking import wire
from oneapi.domain.rerank import RerankReply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.counting import Counted
    from oneapi.domain.rerank import RerankRequest
    from oneapi.domain.work import Work

RERANK_V1, RERANK_V2 = "rerank_v1", "rerank_v2"


@frozen
class ClientFormat(wire.Reranker):
    """Both sides of a format; implements ``Reranker`` and ``RequestFormat``.

    Attributes:
        version: What ``meta.api_version`` says.
        limits: The limits on documents that requests can set.
        repeats_documents: Answers can repeat the documents.
    """

    name: str
    version: str
    limits: tuple[str, ...] = ()
    repeats_documents: bool = False

    #: Requests are never estimated by their length: the query counts with each of the documents.
    image_mark = b""

    def check_content(self, fields: Mapping[str, Any]) -> None:
        """Nothing is left to be checked."""

    def read_prompt(self, _work: Work, fields: Mapping[str, Any]) -> Counted:
        return wire.read_prompt(fields)

    def read_limits(self, _fields: Mapping[str, Any]) -> tuple[int, int]:
        return 0, 1

    def read_request(self, fields: Mapping[str, Any]) -> RerankRequest:
        return wire.read_request(fields)

    def write_request(self, asked: RerankRequest, model: str) -> dict[str, Any]:
        fields = {
            "model": model,
            "query": asked.query,
            "documents": asked.texts,
            "top_n": asked.top_n,
            **{name: getattr(asked, name) for name in self.limits},
            # They stand in the request: those who repeat them unasked are asked not to.
            "return_documents": False if self.repeats_documents else None,
        }
        return given(fields)

    def read_reply(self, body: bytes, asked: RerankRequest) -> RerankReply:
        answer = decoded(body)
        results = wire.ranked(answer.get("results"), asked)
        return RerankReply(results, wire.read_usage(answer), id=text(answer.get("id")))

    def write_reply(self, reply: RerankReply, fields: Mapping[str, Any], model: str) -> bytes:
        """The answer to the request of these ``fields``, which named the ``model``."""
        asked, usage = self.read_request(fields), reply.usage
        tokens = usage.prompt if usage else 0
        billed = {"search_units": usage.searches} if usage and usage.searches else {"input_tokens": tokens}
        meta: dict[str, Any] = {"api_version": {"version": self.version}, "billed_units": billed}
        results = [{"index": each.index, "relevance_score": each.score} for each in reply.results]
        answer: dict[str, Any] = {"id": reply.id} if reply.id else {}
        answer |= {"results": results, "meta": meta}
        if self.repeats_documents:
            meta["tokens"] = {"input_tokens": tokens}
            answer |= {
                "object": "list",
                "model": model,
                "results": [self._with_document(result, asked) for result in results],
                "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            }
        return msgspec.json.encode(answer)

    @staticmethod
    def _with_document(result: dict[str, Any], asked: RerankRequest) -> dict[str, Any]:
        if not asked.returns_documents:
            return result
        document = asked.documents[result["index"]]
        return {**result, "document": document.given or {"text": document.text}}


FORMATS = (
    ClientFormat(RERANK_V1, "1", repeats_documents=True),
    ClientFormat(RERANK_V2, "2", limits=("max_tokens_per_doc",)),
)
