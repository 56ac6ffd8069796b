"""What embeddings of all providers share: texts in, OpenAI's list out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from oneapi.adapters.dialects.vectors import BASE64, coded
from oneapi.adapters.providers.calls import Made
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature, UpstreamGarbage
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.adapters.providers.calls import Job


def texts_of(job: Job) -> list[str]:
    """The input as a list of texts. Raises UnsupportedFeature for token ids, which belong to one tokenizer."""
    given = job.fields.get("input")
    if isinstance(given, str):
        return [given]
    if not isinstance(given, list) or not given:
        raise InvalidParameter("input", "input must be a string or an array of strings", "invalid_type")
    if not all(isinstance(item, str) for item in given):
        raise UnsupportedFeature(feature="input as token ids")
    return given


def listed(job: Job, vectors: Sequence[Any], tokens: int) -> Made:
    """OpenAI's answer; ``tokens`` is what the provider counted, 0 if it did not. Raises UpstreamGarbage without one."""
    if not vectors or not all(isinstance(vector, list) and vector for vector in vectors):
        raise UpstreamGarbage("the answer lacks a vector")
    if job.fields.get("encoding_format") == BASE64:
        vectors = list(map(coded, vectors))
    data = [
        {"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)
    ]
    made = Made({"object": "list", "data": data, "model": job.request.model}, tells_usage=True)
    return told_usage(made, tokens)


def told_usage(made: Made, tokens: int) -> Made:
    """``made`` with so many tokens as its cost; 0: nobody knows."""
    usage = {"prompt_tokens": tokens, "completion_tokens": 0, "total_tokens": tokens}
    return evolve(
        made, fields={**made.fields, "usage": usage}, usage=Usage(prompt=tokens) if tokens else None
    )
