"""The common part of all reranking formats: reading requests, results and usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from oneapi.adapters.dialects.narrow import fields_of, text
from oneapi.adapters.dialects.reading import Fields, wrong
from oneapi.domain.counting import Counted
from oneapi.domain.errors import InvalidParameter, UpstreamGarbage
from oneapi.domain.rerank import Ranked, RerankDocument, RerankRequest
from oneapi.domain.usage import Usage, count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.rerank import RerankReply

#: The most that any provider accepts: https://docs.cohere.com/reference/rerank.
MOST_DOCUMENTS = 10_000
#: The largest credible score on any provider's scale.
_LARGEST = 1e9
#: The field of a query or a document for an image, which has its URL or data.
_PICTURE = "image"
#: Names of the number of input tokens in answers; output costs nothing.
_TOKENS = ("total_tokens", "prompt_tokens", "input_tokens")


class Reranker(Protocol):
    """The provider's side of one format.

    ``limits`` names the limits on documents that requests can set.
    """

    name: str
    limits: tuple[str, ...] = ()

    def write_request(self, asked: RerankRequest, model: str) -> dict[str, Any]:
        """The request for the provider. Raises UnsupportedFeature if the format cannot express it."""

    def read_reply(self, body: bytes, asked: RerankRequest) -> RerankReply:
        """Read an answer. Raises UpstreamGarbage, or UpstreamRefusal for an error with a success status."""


def read_request(given: Mapping[str, Any]) -> RerankRequest:
    """Read a request in any of the clients' forms. Raises InvalidParameter for one that no provider could answer."""
    fields = Fields(given)
    return RerankRequest(
        query=_query(fields),
        documents=_documents(fields),
        top_n=_positive(fields, "top_n"),
        returns_documents=bool(fields.flag("return_documents")),
        max_tokens_per_doc=_positive(fields, "max_tokens_per_doc"),
        max_chunks_per_doc=_positive(fields, "max_chunks_per_doc"),
        rank_fields=fields.texts("rank_fields"),
    )


def _query(fields: Fields) -> str:
    """The text of the query; empty if it is not text."""
    query = fields.any("query")
    if query in (None, "", {}):
        raise InvalidParameter("query", "query is required", "missing_required_parameter")
    if not isinstance(query, str | dict):
        raise wrong("query", "a string")
    return query if isinstance(query, str) else text(query.get("text"))


def _documents(fields: Fields) -> tuple[RerankDocument, ...]:
    documents = fields.any("documents")
    if documents is None or documents == []:
        raise InvalidParameter("documents", "documents is required", "missing_required_parameter")
    if not isinstance(documents, list):
        raise wrong("documents", "an array")
    if len(documents) > MOST_DOCUMENTS:
        raise InvalidParameter("documents", f"documents has more than {MOST_DOCUMENTS} documents")
    return tuple(_document(document, number) for number, document in enumerate(documents))


def _document(document: Any, number: int) -> RerankDocument:
    if isinstance(document, str):
        return RerankDocument(document)
    if not isinstance(document, dict):
        raise wrong(f"documents.{number}", "a string or an object")
    return RerankDocument(text(document.get("text")), document)


def _positive(fields: Fields, name: str) -> int | None:
    value = fields.integer(name)
    if value is not None and value < 1:
        raise InvalidParameter(name, f"{name} must be at least 1")
    return value


def ranked(
    items: Any, asked: RerankRequest, *, index: str = "index", score: str = "relevance_score"
) -> tuple[Ranked, ...]:
    """The results in ``items``, best first, each for a different document, at most as many as requested.

    ``index`` and ``score`` are the names of the items' fields. Raises UpstreamGarbage.
    """
    if not isinstance(items, list):
        raise UpstreamGarbage("the answer has no results")
    found = {result.index: result for result in (_result(item, index, score) for item in items)}
    if not found or not all(0 <= index < len(asked.documents) for index in found):
        raise UpstreamGarbage("the results do not match the documents")
    in_order = sorted(found.values(), key=lambda result: -result.score)
    return tuple(in_order[: asked.top_n])


def _result(item: Any, index: str, score: str) -> Ranked:
    place, relevance = (fields_of(item).get(name) for name in (index, score))
    if type(place) is not int or isinstance(relevance, bool) or not isinstance(relevance, int | float):
        raise UpstreamGarbage("a result has no index or no score")
    return Ranked(place, min(max(relevance, -_LARGEST), _LARGEST))


def read_usage(answer: Mapping[str, Any]) -> Usage | None:
    """The searches, for providers that bill them, or else the tokens; None if the answer reports neither.

    https://docs.cohere.com/reference/rerank (``meta``), https://api.jina.ai/redoc (``usage``),
    https://docs.siliconflow.cn/cn/api-reference/rerank/create-rerank (``tokens``),
    https://openrouter.ai/docs/api/api-reference/rerank (``usage.search_units``)
    """
    meta = fields_of(answer.get("meta"))
    billed = fields_of(meta.get("billed_units"))
    usage = fields_of(answer.get("usage"))
    if searches := count(billed.get("search_units")) or count(usage.get("search_units")):
        return Usage(searches=searches)
    places = (usage, billed, fields_of(meta.get("tokens")), fields_of(answer.get("tokens")))
    counts = (count(place.get(name)) for place in places for name in _TOKENS)
    tokens = next(filter(None, counts), 0)
    return Usage(prompt=tokens) if tokens else None


def read_prompt(fields: Mapping[str, Any]) -> Counted:
    """The prompt, in which the query counts once per document; fields of unexpected types are ignored."""
    query, documents = fields.get("query"), fields.get("documents")
    documents = documents if isinstance(documents, list) else []
    asked = query if isinstance(query, str) else text(fields_of(query).get("text"))
    counted = Counted([_text_of(document) for document in documents], repeated=[(asked, len(documents))])
    pictures = (text(fields_of(each).get(_PICTURE)) for each in (query, *documents))
    counted.images = [(picture, "low") for picture in pictures if picture]
    return counted


def _text_of(document: Any) -> str:
    """All texts of a document."""
    if isinstance(document, dict):
        texts = (value for name, value in document.items() if name != _PICTURE and isinstance(value, str))
        return "\n".join(texts)
    return text(document)
