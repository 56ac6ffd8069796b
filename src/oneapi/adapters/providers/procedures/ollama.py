"""Ollama's embeddings: https://docs.ollama.com/api/embed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.narrow import count
from oneapi.adapters.providers.procedures.embeddings import listed, texts_of

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Job, Procedure


def embeddings(job: Job) -> Procedure:
    fields = {"model": job.model, "input": texts_of(job), "options": {}}
    if dimensions := job.fields.get("dimensions"):
        fields["dimensions"] = dimensions
    answer = (yield job.post("/api/embed", fields)).json()
    return listed(job, answer.get("embeddings") or [], count(answer.get("prompt_eval_count")))
