"""Google's embeddings as clients request them: a batch, a single content, or instances as in Google's cloud.

https://ai.google.dev/api/embeddings,
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.gemini.wire import ProtoFields, either, encode
from oneapi.adapters.dialects.narrow import fields_of, items_of, text
from oneapi.domain.embeddings import EmbeddingInput, EmbeddingReply, EmbeddingRequest, EmbeddingTask
from oneapi.domain.errors import InvalidParameter, UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The methods of a model, and the field that a request to each requires.
BATCH, SINGLE, PREDICT = "batchEmbedContents", "embedContent", "predict"
NEEDED = MappingProxyType({BATCH: "requests", SINGLE: "content", PREDICT: "instances"})
#: https://ai.google.dev/api/embeddings#tasktype
TASKS: Mapping[str, EmbeddingTask | None] = MappingProxyType(
    {
        "TASK_TYPE_UNSPECIFIED": None,
        "SEMANTIC_SIMILARITY": EmbeddingTask.SIMILARITY,
        "CLASSIFICATION": EmbeddingTask.CLASSIFICATION,
        "CLUSTERING": EmbeddingTask.CLUSTERING,
        "RETRIEVAL_DOCUMENT": EmbeddingTask.DOCUMENT,
        "RETRIEVAL_QUERY": EmbeddingTask.QUERY,
        "QUESTION_ANSWERING": EmbeddingTask.QUESTION,
        "FACT_VERIFICATION": EmbeddingTask.FACT,
        "CODE_RETRIEVAL_QUERY": EmbeddingTask.CODE_QUERY,
    }
)
_NAMES = {task: name for name, task in TASKS.items()}
#: The field in which clients of Google's cloud put all parameters but the content.
CONFIG = "embedContentConfig"


class GeminiEmbeddings:
    """Implements ``EmbeddingFormat``."""

    def read_request(self, fields: Mapping[str, Any]) -> EmbeddingRequest:
        values = ProtoFields(fields)
        if instances := values.objects(NEEDED[PREDICT]):
            parameters = values.object("parameters") or ProtoFields({})
            return EmbeddingRequest(tuple(map(_instance, instances)), _dimensions(parameters))
        requests = values.objects(NEEDED[BATCH]) or [values]
        lengths = {_dimensions(_config(each)) for each in requests}
        if len(lengths) > 1:
            raise InvalidParameter(
                "outputDimensionality", "outputDimensionality must be the same in all requests of a batch"
            )
        return EmbeddingRequest(tuple(map(_content, requests)), lengths.pop())

    def write_reply(self, reply: EmbeddingReply, fields: Mapping[str, Any], _model: str) -> bytes:
        if NEEDED[PREDICT] in fields:
            return encode({"predictions": [{"embeddings": {"values": vector}} for vector in reply.vectors]})
        vectors = [{"values": vector} for vector in reply.vectors]
        answer: dict[str, Any] = (
            {"embeddings": vectors} if NEEDED[BATCH] in fields else {"embedding": vectors[0]}
        )
        if reply.usage is not None:
            count = reply.usage.prompt
            answer["usageMetadata"] = {"promptTokenCount": count, "totalTokenCount": count}
        return encode(answer)


def task_name(task: EmbeddingTask | None) -> str | None:
    """Google's name for ``task``."""
    return _NAMES[task] if task else None


def texts_in(fields: Mapping[str, Any]) -> list[str]:
    """All texts to be embedded; fields of unexpected types are ignored."""
    requests = items_of(fields.get(NEEDED[BATCH])) or [dict(fields)]
    contents = [fields_of(each.get(NEEDED[SINGLE])) for each in requests]
    found = [part.get("text") for content in contents for part in items_of(content.get("parts"))]
    found += [each.get("content") for each in items_of(fields.get(NEEDED[PREDICT]))]
    return list(filter(None, map(text, found)))


def _config(values: ProtoFields) -> ProtoFields:
    return values.object(CONFIG) or values


def _dimensions(values: ProtoFields) -> int | None:
    length = values.integer("outputDimensionality")
    if length is not None and length < 1:
        raise InvalidParameter("outputDimensionality", "outputDimensionality must be at least 1")
    return length


def _instance(values: ProtoFields) -> EmbeddingInput:
    return EmbeddingInput(values.required_text("content"), _task(values), values.text("title"))


def _content(values: ProtoFields) -> EmbeddingInput:
    """Read one content. Raises UnsupportedFeature for anything but a single text."""
    content = values.object("content") or ProtoFields({}, values.named("content"))
    parts = content.objects("parts")
    if len(parts) > 1:
        raise UnsupportedFeature(feature="several parts of one content")
    if not parts or any(either(parts[0].whole(), name) for name in ("inlineData", "fileData")):
        raise UnsupportedFeature(feature="embeddings of anything but text")
    config = _config(values)
    return EmbeddingInput(parts[0].required_text("text"), _task(config), config.text("title"))


def _task(values: ProtoFields) -> EmbeddingTask | None:
    name = values.text("taskType")
    if name and name not in TASKS:
        raise InvalidParameter(
            values.named("taskType"), f"taskType {name[:64]!r} is unknown", "invalid_value"
        )
    return TASKS[name] if name else None
