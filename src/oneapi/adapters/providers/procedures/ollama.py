"""Ollama's embeddings: https://docs.ollama.com/api/embed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.narrow import count, given
from oneapi.adapters.providers.procedures.embeddings import asked_of, made

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Job, Procedure


def embeddings(job: Job) -> Procedure:
    asked = asked_of(job)
    length = given({"dimensions": asked.dimensions})
    fields = {"model": job.model, "input": asked.texts, "options": {}, **length}
    answer = (yield job.post("/api/embed", fields)).json()
    return made(asked, answer.get("embeddings") or [], count(answer.get("prompt_eval_count")))
