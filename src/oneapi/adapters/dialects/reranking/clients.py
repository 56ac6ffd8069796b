"""The two reranking formats that clients speak: Cohere's second version, and the descendants of its first.

Jina, vLLM, SiliconFlow and many others adopted Cohere's first version and added fields; our answers suit the clients
of all of them.
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
        version: The value of ``meta.api_version`` in answers.
        limits: Names of the limits on documents that requests can set.
        repeats_documents: Whether answers can repeat the documents.
    """

    name: str
    version: str
    limits: tuple[str, ...] = ()
    repeats_documents: bool = False

    #: Occurs in every body, so that none is estimated by its length: the query counts once for each document.
    image_mark = b""

    def check_content(self, fields: Mapping[str, Any]) -> None:
        """Do nothing: ``read_request`` checks everything."""

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
            # Some providers repeat documents by default, but the client's request has them already.
            "return_documents": False if self.repeats_documents else None,
        }
        return given(fields)

    def read_reply(self, body: bytes, asked: RerankRequest) -> RerankReply:
        answer = decoded(body)
        results = wire.ranked(answer.get("results"), asked)
        return RerankReply(results, wire.read_usage(answer), id=text(answer.get("id")))

    def write_reply(self, reply: RerankReply, fields: Mapping[str, Any], model: str) -> bytes:
        """The answer to the request with these ``fields``, which named ``model``."""
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
