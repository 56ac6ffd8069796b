"""Tencent's embeddings: https://cloud.tencent.com/document/api/1729/102832."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.narrow import count, fields_of, items_of
from oneapi.adapters.dialects.proprietary.tencent import checked
from oneapi.adapters.providers.procedures.embeddings import asked_of_fixed_length, made

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Job, Procedure


def embeddings(job: Job) -> Procedure:
    asked = asked_of_fixed_length(job)
    answer = checked((yield job.post("/", {"InputList": asked.texts})).json())
    found = sorted(items_of(answer.get("Data")), key=lambda item: count(item.get("Index")))
    tokens = count(fields_of(answer.get("Usage")).get("TotalTokens"))
    return made(asked, [item.get("Embedding") for item in found], tokens)
