"""Reranking: which of some documents answer a query best, whatever API asks for it and whichever provider does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from oneapi.domain.errors import UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.usage import Usage

#: The most documents of one billed search: https://docs.cohere.com/docs/rerank-overview,
#: https://aws.amazon.com/bedrock/pricing, https://cloud.google.com/generative-ai-app-builder/pricing.
DOCUMENTS_OF_A_SEARCH = 100


@frozen
class RerankDocument:
    """A document. ``given`` is the client's own object, if it is not only a text; ``text`` may then be empty."""

    text: str
    given: Mapping[str, Any] | None = None


@frozen
class RerankRequest:
    """A query and the documents to be ranked.

    Attributes:
        top_n: The number of best documents to return; None: all.
        returns_documents: Whether the answer repeats the documents.
        max_tokens_per_doc: The most tokens read of each document; None: the provider's default.
        max_chunks_per_doc: The same in chunks, into which providers cut long documents.
        rank_fields: The fields of the documents that are read; empty: their text.
    """

    query: str
    documents: tuple[RerankDocument, ...]
    top_n: int | None = None
    returns_documents: bool = False
    max_tokens_per_doc: int | None = None
    max_chunks_per_doc: int | None = None
    rank_fields: tuple[str, ...] = ()

    @property
    def limits(self) -> tuple[str, ...]:
        """The names of the limits that are set."""
        return tuple(name for name in ("max_tokens_per_doc", "max_chunks_per_doc") if getattr(self, name))

    @property
    def texts(self) -> list[str]:
        """The documents for a provider that reads texts. Raises UnsupportedFeature for anything else among them."""
        if self.rank_fields:
            raise UnsupportedFeature(feature="rank_fields")
        if not self.query or any(document.given and not document.text for document in self.documents):
            raise UnsupportedFeature(feature="anything but texts to rank")
        return [document.text for document in self.documents]


@frozen
class Ranked:
    """A document's index in the request, and its relevance; higher is better."""

    index: int
    score: float


@frozen
class RerankReply:
    """A ranking, best first. ``usage`` is the provider's report; ``left_out`` names parameters that were not sent."""

    results: tuple[Ranked, ...]
    usage: Usage | None = None
    left_out: tuple[str, ...] = ()
    id: str = ""


def searches(documents: int) -> int:
    """The number of searches billed for this many documents, unless they are long."""
    return -(-documents // DOCUMENTS_OF_A_SEARCH)
