"""Test requests for a model in this format, by what the model is for, and the reading of their answers.

Rerankings have a format of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from attrs import frozen

from oneapi.adapters.dialects.openai_chat.wire import NAME
from oneapi.adapters.dialects.reranking.clients import RERANK_V1
from oneapi.data import traits_of
from oneapi.domain.models.traits import ModelKind
from oneapi.domain.requests import RelayRequest
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

DATA = b"data:"
#: How many numbers of an embedding are shown.
SHOWN_NUMBERS = 3
#: Where the text of a message may be, if not in its content.
OTHER_TEXTS = ("reasoning_content", "reasoning", "refusal")
#: Members that make a message without any text a valid answer.
WORDLESS = ("tool_calls", "function_call", "audio", "images")


@frozen
class Question:
    """Implements ``ProbeQuestion``.

    Attributes:
        fields: Of the request's body, beside the model, by the prompt.
        read: Finds the answer in the fields of a body or an event; returns None if they hold no answer.
        dialect: The format.
    """

    work: Work
    fields: Callable[[str], Mapping[str, Any]]
    read: Callable[[Mapping[str, Any]], str | None]
    streams: bool = False
    dialect: str = NAME

    def request(self, model: str, prompt: str, *, stream: bool) -> RelayRequest:
        fields = {"model": model, **self.fields(prompt)}
        if stream:
            fields["stream"] = True
        return RelayRequest(
            self.work,
            self.dialect,
            model,
            msgspec.json.encode(fields),
            fields=fields,
            stream=stream,
            headers={"content-type": "application/json"},
        )

    def answer(self, body: bytes, *, streamed: bool) -> str | None:
        lines = body.splitlines() if streamed else ()
        pieces = [line[len(DATA) :] for line in lines if line.startswith(DATA)] if streamed else [body]
        found = (self.read(answer) for answer in map(_object, pieces) if answer is not None)
        texts = [text for text in found if text is not None]
        return "".join(texts) if texts else None


def question_for(model: str, upstream_model: str) -> Question | None:
    """The question for a model, by either of its names that reveals its purpose; None if any test would cost money."""
    return QUESTIONS.get(traits_of(model).kind or traits_of(upstream_model).kind)


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _chat(answer: Mapping[str, Any]) -> str | None:
    """Every form that clients accept: a text, parts, reasoning or tool calls only, or just a finish reason."""
    return _first(_said(choice) for choice in _objects(answer.get("choices")))


def _said(choice: Mapping[str, Any]) -> str | None:
    message = choice.get("message") or choice.get("delta")
    message = message if isinstance(message, dict) else {}
    content = message.get("content")
    if isinstance(content, str) and content:
        return content
    if isinstance(content, list):
        return "".join(_text_of(part) for part in _objects(content))
    texts = (message.get(name) for name in OTHER_TEXTS)
    text = next((text for text in texts if isinstance(text, str) and text), None)
    if text is not None:
        return text
    wordless = any(message.get(name) for name in WORDLESS) or isinstance(choice.get("finish_reason"), str)
    return "" if wordless or content == "" else None


def _text_of(part: Mapping[str, Any]) -> str:
    text = part.get("text")
    return text if isinstance(text, str) else ""


def _completion(answer: Mapping[str, Any]) -> str | None:
    texts = (choice.get("text") for choice in _objects(answer.get("choices")))
    return _first(text if isinstance(text, str) else None for text in texts)


def _embedding(answer: Mapping[str, Any]) -> str | None:
    vectors = (each.get("embedding") for each in _objects(answer.get("data")))
    vector = next((vector for vector in vectors if vector), None)
    if isinstance(vector, list):
        more = ", …" if len(vector) > SHOWN_NUMBERS else ""
        return f"[{', '.join(map(str, vector[:SHOWN_NUMBERS]))}{more}] ({len(vector)})"
    return "" if isinstance(vector, str) else None


def _moderation(answer: Mapping[str, Any]) -> str | None:
    results = _objects(answer.get("results"))
    return msgspec.json.encode({"flagged": results[0].get("flagged")}).decode() if results else None


def _reranking(answer: Mapping[str, Any]) -> str | None:
    results = _objects(answer.get("results"))
    return str(results[0].get("relevance_score")) if results else None


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text is not None), None)


#: By the kind of the model; None: chat. The kinds left out cannot be tested without paying for an answer.
QUESTIONS: Mapping[ModelKind | None, Question] = {
    None: Question(
        Work.CONVERSE, lambda prompt: {"messages": [{"role": "user", "content": prompt}]}, _chat, streams=True
    ),
    ModelKind.COMPLETION: Question(
        Work.COMPLETE, lambda prompt: {"prompt": prompt, "max_tokens": 16}, _completion, streams=True
    ),
    ModelKind.EMBEDDING: Question(Work.EMBED, lambda prompt: {"input": prompt}, _embedding),
    ModelKind.MODERATION: Question(Work.MODERATE, lambda prompt: {"input": prompt}, _moderation),
    ModelKind.RERANK: Question(
        Work.RERANK,
        lambda prompt: {"query": prompt, "documents": [prompt]},
        _reranking,
        dialect=RERANK_V1,
    ),
}
