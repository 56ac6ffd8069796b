"""Reranking formats of single providers and servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.narrow import count, decoded, fields_of, given, text
from oneapi.adapters.dialects.proprietary.ali import refusal
from oneapi.adapters.dialects.reranking.wire import MOST_DOCUMENTS, Reranker, ranked
from oneapi.domain.errors import UpstreamGarbage
from oneapi.domain.rerank import RerankReply, searches
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.rerank import RerankRequest


class Voyage(Reranker):
    """Voyage AI: https://docs.voyageai.com/reference/reranker-api."""

    name = "voyage_rerank"

    def write_request(self, asked: RerankRequest, model: str) -> dict[str, Any]:
        return given({"model": model, "query": asked.query, "documents": asked.texts, "top_k": asked.top_n})

    def read_reply(self, body: bytes, asked: RerankRequest) -> RerankReply:
        answer = decoded(body)
        return RerankReply(ranked(answer.get("data"), asked), _tokens(answer))


class TextEmbeddingsInference(Reranker):
    """Hugging Face's server, which runs a single model: https://huggingface.github.io/text-embeddings-inference."""

    name = "tei_rerank"

    def write_request(self, asked: RerankRequest, model: str) -> dict[str, Any]:  # noqa: ARG002  # the server has only one
        return {"query": asked.query, "texts": asked.texts, "truncate": True}

    def read_reply(self, body: bytes, asked: RerankRequest) -> RerankReply:
        """Read the answer, which is a bare list without usage."""
        try:
            results = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise UpstreamGarbage("the answer is not valid JSON") from None
        return RerankReply(ranked(results, asked, score="score"))


class DashScope(Reranker):
    """Alibaba: https://help.aliyun.com/zh/model-studio/text-rerank-api."""

    name = "dashscope_rerank"

    def write_request(self, asked: RerankRequest, model: str) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "model": model,
            "input": {"query": asked.query, "documents": asked.texts},
        }
        if asked.top_n is not None:
            fields["parameters"] = {"top_n": asked.top_n}
        return fields

    def read_reply(self, body: bytes, asked: RerankRequest) -> RerankReply:
        answer = decoded(body)
        if answer.get("code"):
            raise refusal(answer)
        results = ranked(fields_of(answer.get("output")).get("results"), asked)
        return RerankReply(results, _tokens(answer))


class GoogleRanking(Reranker):
    """Google, which bills searches without counting them.

    https://cloud.google.com/generative-ai-app-builder/docs/ranking
    """

    name = "google_ranking"

    def write_request(self, asked: RerankRequest, model: str) -> dict[str, Any]:
        records = [{"id": str(index), "content": each} for index, each in enumerate(asked.texts)]
        fields = {
            "model": model,
            "query": asked.query,
            "records": records,
            "topN": asked.top_n,
            "ignoreRecordDetailsInResponse": True,
        }
        return given(fields)

    def read_reply(self, body: bytes, asked: RerankRequest) -> RerankReply:
        records = decoded(body).get("records")
        if not isinstance(records, list):
            raise UpstreamGarbage("the answer has no records")
        numbered = [{**fields_of(record), "index": _number(fields_of(record))} for record in records]
        return RerankReply(
            ranked(numbered, asked, score="score"), Usage(searches=searches(len(asked.documents)))
        )


class Bedrock(Reranker):
    """Cohere's and Amazon's models on Bedrock, which bills searches without counting them.

    https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-supported.html
    """

    name = "bedrock_rerank"

    def write_request(self, asked: RerankRequest, model: str) -> dict[str, Any]:
        # Required by Cohere's models: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-rerank.html
        version = 2 if "cohere." in model else None
        fields = {
            "query": asked.query,
            "documents": asked.texts,
            "top_n": asked.top_n,
            "api_version": version,
        }
        return given(fields)

    def read_reply(self, body: bytes, asked: RerankRequest) -> RerankReply:
        results = ranked(decoded(body).get("results"), asked)
        return RerankReply(results, Usage(searches=searches(len(asked.documents))))


class WorkersAI(Reranker):
    """Cloudflare: https://developers.cloudflare.com/workers-ai/models/bge-reranker-base."""

    name = "workers_ai_rerank"

    def write_request(self, asked: RerankRequest, model: str) -> dict[str, Any]:  # noqa: ARG002  # the path contains it
        contexts = [{"text": each} for each in asked.texts]
        return given({"query": asked.query, "contexts": contexts, "top_k": asked.top_n})

    def read_reply(self, body: bytes, asked: RerankRequest) -> RerankReply:
        result = fields_of(decoded(body).get("result"))
        return RerankReply(ranked(result.get("response"), asked, index="id", score="score"), _tokens(result))


PROVIDERS = (Voyage, TextEmbeddingsInference, DashScope, GoogleRanking, Bedrock, WorkersAI)


def _tokens(answer: Mapping[str, Any]) -> Usage | None:
    """The total tokens of an answer; None leaves the counting to us."""
    tokens = count(fields_of(answer.get("usage")).get("total_tokens"))
    return Usage(prompt=tokens) if tokens else None


def _number(record: Mapping[str, Any]) -> int:
    """The index of a record's document; -1 for a record that was not sent."""
    name = text(record.get("id"))
    return int(name) if name.isascii() and name.isdigit() and len(name) <= len(str(MOST_DOCUMENTS)) else -1
