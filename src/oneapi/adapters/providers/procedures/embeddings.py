"""Embeddings of all providers: reads a request in any client's format, and makes a reply from vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.embeddings import EMBEDDINGS
from oneapi.adapters.dialects.embeddings.vectors import as_numbers
from oneapi.domain.embeddings import EmbeddingReply
from oneapi.domain.errors import UnsupportedFeature, UpstreamGarbage
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.adapters.providers.calls import Job
    from oneapi.domain.embeddings import EmbeddingRequest


def asked_of(job: Job) -> EmbeddingRequest:
    """The client's request. Raises InvalidParameter, UnsupportedFeature."""
    return EMBEDDINGS[job.request.dialect].read_request(job.request.fields)


def asked_of_fixed_length(job: Job) -> EmbeddingRequest:
    """The request, for a provider with vectors of fixed length. Raises UnsupportedFeature if it asks for another."""
    asked = asked_of(job)
    if asked.dimensions is not None:
        raise UnsupportedFeature(feature="dimensions")
    return asked


def made(
    asked: EmbeddingRequest, vectors: Sequence[Any], tokens: int, *, is_told_all: bool = False
) -> EmbeddingReply:
    """The reply to ``asked``; ``tokens`` is the provider's count, 0 if it did not report one.

    ``is_told_all``: the provider was told the tasks and titles. Raises UpstreamGarbage without a vector for each input.
    """
    if len(vectors) != len(asked.inputs):
        raise UpstreamGarbage(f"the answer has {len(vectors)} vectors for {len(asked.inputs)} inputs")
    usage = Usage(prompt=tokens) if tokens else None
    return EmbeddingReply(list(map(as_numbers, vectors)), usage, () if is_told_all else asked.particulars)
