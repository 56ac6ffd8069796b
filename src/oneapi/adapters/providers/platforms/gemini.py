"""Google's developers' API: where its models stand, and its embeddings.

https://ai.google.dev/api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.gemini.reply import checked
from oneapi.adapters.dialects.narrow import count, fields_of, given, items_of, text
from oneapi.adapters.providers.auth import key_of
from oneapi.adapters.providers.procedures.embeddings import listed, texts_of
from oneapi.adapters.providers.urls import segment
from oneapi.data import traits_of, upstream_names

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import Headers, Job, Procedure
    from oneapi.domain.requests import RelayRequest
    from oneapi.domain.routing.channels import Channel

HOST = "https://generativelanguage.googleapis.com"
#: https://ai.google.dev/api/embeddings#method:-models.batchembedcontents
MOST_TEXTS = 100
#: https://ai.google.dev/api/tokens
COUNT = "countTokens"


def goog_api_key(channel: Channel, _request: RelayRequest, _model: str) -> Headers:
    """The key in ``x-goog-api-key``, where it is in no log: https://ai.google.dev/gemini-api/docs/api-key."""
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
    """In the version of the API that the channel names, or else in the one that the model needs."""
    config = channel.config
    version = text(config.get("api_version")).strip()
    if not version:
        version = traits_of(model).api_version or text(config.get("GEMINI_VERSION")).strip() or "v1"
    return f"/{segment(version)}/models/{segment(model)}:{action}"


def embeddings(job: Job) -> Procedure:
    """Any number of texts, in as many requests as it takes."""
    texts, vectors, tokens = texts_of(job), [], 0
    for start in range(0, len(texts), MOST_TEXTS):
        requests = [_embedding(job, part) for part in texts[start : start + MOST_TEXTS]]
        path = model_path(job.channel, job.model, "batchEmbedContents")
        answer = checked((yield job.post(path, {"requests": requests})).json())
        vectors += [item.get("values") for item in items_of(answer.get("embeddings"))]
        tokens += count(fields_of(answer.get("usageMetadata")).get("promptTokenCount"))
    return listed(job, vectors, tokens)


def _embedding(job: Job, part: str) -> dict[str, Any]:
    fields = {
        "model": f"models/{job.model}",
        "content": {"parts": [{"text": part}]},
        "outputDimensionality": job.fields.get("dimensions"),
    }
    return given(fields)
