"""Cohere's embeddings: https://docs.cohere.com/reference/embed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import count, fields_of, given, text
from oneapi.adapters.providers.procedures.embeddings import asked_of, made
from oneapi.domain.embeddings import EmbeddingTask
from oneapi.domain.errors import UpstreamGarbage

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Job, Procedure

MOST_TEXTS = 96
#: The tasks that other providers have too. The usual one is for documents to be searched.
TASKS = {
    EmbeddingTask.DOCUMENT: "search_document",
    EmbeddingTask.QUERY: "search_query",
    EmbeddingTask.CLASSIFICATION: "classification",
    EmbeddingTask.CLUSTERING: "clustering",
}
USUAL = "search_document"


def embeddings(job: Job) -> Procedure:
    """Embed any number of texts, ``MOST_TEXTS`` per call.

    All are for one task: the client's ``input_type``, else the task that all inputs share, else ``USUAL``.
    """
    asked, vectors, tokens = asked_of(job), [], 0
    tasks = {each.task for each in asked.inputs}
    task = tasks.pop() if len(tasks) == 1 else None
    kind = text(job.fields.get("input_type")) or (TASKS.get(task, USUAL) if task else USUAL)
    for start in range(0, len(asked.texts), MOST_TEXTS):
        fields = {
            "model": job.model,
            "texts": asked.texts[start : start + MOST_TEXTS],
            "input_type": kind,
            "embedding_types": ["float"],
            "output_dimension": asked.dimensions,
        }
        answer = (yield job.post("/v2/embed", given(fields))).json()
        found: Any = fields_of(answer.get("embeddings")).get("float")
        if not isinstance(found, list):
            raise UpstreamGarbage("the answer has no embeddings")
        vectors += found
        billed = fields_of(fields_of(answer.get("meta")).get("billed_units"))
        tokens += count(billed.get("input_tokens"))
    return made(
        asked, vectors, tokens, is_told_all=task in TASKS and not any(each.title for each in asked.inputs)
    )
