"""Embeddings, whatever API asks for them and whichever provider makes them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import UnsupportedFeature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.usage import Usage


class EmbeddingTask(StrEnum):
    """What the vectors are for; some models make other vectors for other tasks."""

    SIMILARITY = "similarity"
    CLASSIFICATION = "classification"
    CLUSTERING = "clustering"
    DOCUMENT = "document"
    QUERY = "query"
    QUESTION = "question"
    FACT = "fact"
    CODE_QUERY = "code query"


@frozen
class EmbeddingInput:
    """One vector's input: a text, or the ids of its tokens. ``title`` is that of a document."""

    content: str | tuple[int, ...]
    task: EmbeddingTask | None = None
    title: str = ""


@frozen
class EmbeddingRequest:
    """``dimensions`` is the length of the vectors; None: the model's own."""

    inputs: tuple[EmbeddingInput, ...]
    dimensions: int | None = None

    @property
    def particulars(self) -> tuple[str, ...]:
        """What the inputs say of themselves that many providers have no place for."""
        named = {
            "task": any(each.task for each in self.inputs),
            "title": any(each.title for each in self.inputs),
        }
        return tuple(name for name, is_said in named.items() if is_said)

    @property
    def texts(self) -> list[str]:
        """Raises UnsupportedFeature for token ids, which belong to one tokenizer."""
        texts = [each.content for each in self.inputs if isinstance(each.content, str)]
        if len(texts) < len(self.inputs):
            raise UnsupportedFeature(feature="input as token ids")
        return texts


@frozen
class EmbeddingReply:
    """One vector for each input, in their order.

    ``usage`` is what the provider says that they cost, ``left_out`` what it was not told.
    """

    vectors: Sequence[Sequence[float]]
    usage: Usage | None = None
    left_out: tuple[str, ...] = ()
