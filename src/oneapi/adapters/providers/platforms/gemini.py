"""Google's Gemini Developer API: the paths of its models, and its embeddings.

https://ai.google.dev/api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from oneapi.adapters.dialects.embeddings.gemini import BATCH, NEEDED, PREDICT, SINGLE, task_name
from oneapi.adapters.dialects.gemini.reply import checked
from oneapi.adapters.dialects.gemini.wire import NAME
from oneapi.adapters.dialects.narrow import count, fields_of, given, items_of, text
from oneapi.adapters.dialects.patch import patch
from oneapi.adapters.providers.auth import key_of
from oneapi.adapters.providers.calls import PassedOn
from oneapi.adapters.providers.procedures.embeddings import asked_of, made
from oneapi.adapters.providers.urls import segment
from oneapi.data import traits_of, upstream_names
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.adapters.providers.calls import Headers, Job, Procedure
    from oneapi.domain.embeddings import EmbeddingInput
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

HOST = "https://generativelanguage.googleapis.com"
#: https://ai.google.dev/api/embeddings#method:-models.batchembedcontents
MOST_TEXTS = 100
#: https://ai.google.dev/api/tokens
COUNT = "countTokens"


def goog_api_key(channel: Channel, _request: RelayRequest, _model: str) -> Headers:
    """The key in ``x-goog-api-key``, where no log records it: https://ai.google.dev/gemini-api/docs/api-key."""
    return (("x-goog-api-key", key_of(channel)),)


def content_path(channel: Channel, request: RelayRequest, model: str) -> str:
    return model_path(channel, model, content_action(stream=request.stream))


def count_path(channel: Channel, _request: RelayRequest, model: str) -> str:
    return model_path(channel, model, COUNT)


def content_action(*, stream: bool) -> str:
    return "streamGenerateContent?alt=sse" if stream else "generateContent"


def palm_path(_channel: Channel, _request: RelayRequest, _model: str) -> str:
    return f"/v1beta2/models/{upstream_names('palm')['']}:generateMessage"


def model_path(channel: Channel, model: str, action: str) -> str:
    """The path in the API version that the channel configures, or otherwise the one that the model needs."""
    config = channel.config
    version = text(config.get("api_version")).strip()
    if not version:
        version = traits_of(model).api_version or text(config.get("GEMINI_VERSION")).strip() or "v1"
    return f"/{segment(version)}/models/{segment(model)}:{action}"


def embeddings(job: Job) -> Procedure:
    """Pass bytes through for clients of this API; for others, embed any number of texts in several requests."""
    if job.request.dialect == NAME and NEEDED[PREDICT] not in job.fields:
        return _passed(job)
    return _translated(job)


def _passed(job: Job) -> Procedure:
    action = BATCH if NEEDED[BATCH] in job.fields else SINGLE
    changes: dict[str, Any] = {"model": msgspec.UNSET}  # the path names it
    if action == BATCH:
        model = f"models/{job.model}"
        changes[NEEDED[BATCH]] = [{**each, "model": model} for each in items_of(job.fields[NEEDED[BATCH]])]
    body = patch(job.request.body, changes)
    heard = yield job.send(model_path(job.channel, job.model, action), body)
    tokens = _tokens(checked(heard.json()))
    return PassedOn(heard, Usage(prompt=tokens) if tokens else None)


def _translated(job: Job) -> Procedure:
    asked, vectors, tokens = asked_of(job), [], 0
    requests = [
        _request(each, text, job.model, asked.dimensions)
        for each, text in zip(asked.inputs, asked.texts, strict=True)
    ]
    path = model_path(job.channel, job.model, BATCH)
    for start in range(0, len(requests), MOST_TEXTS):
        fields = {NEEDED[BATCH]: requests[start : start + MOST_TEXTS]}
        answer = checked((yield job.post(path, fields)).json())
        vectors += [item.get("values") for item in items_of(answer.get("embeddings"))]
        tokens += _tokens(answer)
    return made(asked, vectors, tokens, is_told_all=True)


def _request(each: EmbeddingInput, text: str, model: str, dimensions: int | None) -> dict[str, Any]:
    fields = {
        "model": f"models/{model}",
        "content": {"parts": [{"text": text}]},
        "outputDimensionality": dimensions,
        "taskType": task_name(each.task),
        "title": each.title or None,
    }
    return given(fields)


def _tokens(answer: Mapping[str, Any]) -> int:
    return count(fields_of(answer.get("usageMetadata")).get("promptTokenCount"))
