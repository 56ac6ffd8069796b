"""What embeddings of all providers share: a request in whatever format the client speaks, vectors out."""

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
    """Raises InvalidParameter, UnsupportedFeature."""
    return EMBEDDINGS[job.request.dialect].read_request(job.request.fields)


def asked_of_fixed_length(job: Job) -> EmbeddingRequest:
    """For a provider whose vectors have one length only. Raises UnsupportedFeature for a request of another."""
    asked = asked_of(job)
    if asked.dimensions is not None:
        raise UnsupportedFeature(feature="dimensions")
    return asked


def made(
    asked: EmbeddingRequest, vectors: Sequence[Any], tokens: int, *, is_told_all: bool = False
) -> EmbeddingReply:
    """The answer to ``asked``; ``tokens`` is what the provider counted, 0 if it did not.

    ``is_told_all``: the provider was told the tasks and titles. Raises UpstreamGarbage without a vector for each input.
    """
    if len(vectors) != len(asked.inputs):
        raise UpstreamGarbage(f"the answer has {len(vectors)} vectors for {len(asked.inputs)} inputs")
    usage = Usage(prompt=tokens) if tokens else None
    return EmbeddingReply(list(map(as_numbers, vectors)), usage, () if is_told_all else asked.particulars)
