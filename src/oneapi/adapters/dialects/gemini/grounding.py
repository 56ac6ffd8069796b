"""The pages that an answer cites: https://ai.google.dev/gemini-api/docs/google-search#grounded-response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import count, fields_of, items_of, text
from oneapi.domain.chat import Citation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Length:
    """The length of an answer's text so far."""

    __slots__ = ("characters", "is_plain")

    def __init__(self) -> None:
        self.characters = 0
        #: Whether every character is one byte.
        self.is_plain = True

    def add(self, piece: str) -> None:
        self.characters += len(piece)
        self.is_plain = self.is_plain and piece.isascii()


def citations_of(candidate: Mapping[str, Any], length: Length) -> Iterator[Citation]:
    """The pages, each with the part of the text that cites it, or the whole text if the part is unknown.

    Parts are given in bytes, which equal characters only if every character of the text is one byte.
    """
    metadata = fields_of(candidate.get("groundingMetadata"))
    if not metadata:
        return
    pages = [fields_of(chunk.get("web")) for chunk in items_of(metadata.get("groundingChunks"))]
    cited = set()
    for support in items_of(metadata.get("groundingSupports")) if length.is_plain else ():
        segment, places = fields_of(support.get("segment")), support.get("groundingChunkIndices")
        for place in places if isinstance(places, list) else ():
            if isinstance(place, int) and 0 <= place < len(pages):
                cited.add(place)
                yield from _citation(
                    pages[place], count(segment.get("startIndex")), count(segment.get("endIndex"))
                )
    for place, page in enumerate(pages):
        if place not in cited:
            yield from _citation(page, 0, length.characters)


def _citation(page: Mapping[str, Any], start: int, end: int) -> Iterator[Citation]:
    if url := text(page.get("uri")):
        yield Citation(url, text(page.get("title")), start, end)
