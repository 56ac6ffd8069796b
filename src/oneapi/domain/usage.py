"""Tokens that an answer consumed, by class."""

from __future__ import annotations

from typing import Any

from attrs import evolve, fields

from oneapi.domain.records import record

#: No answer consumes more tokens of any class: the largest context window is 10 million tokens (Llama 4 Scout), the
#: largest batch of embeddings 2048 texts of 8191 tokens.
MOST_TOKENS = 20_000_000
#: Searches of one reranking: of each of ten thousand documents a hundred parts.
MOST_SEARCHES = 10_000
#: Replaces every larger number in a ``Usage``.
BEYOND = MOST_TOKENS + 1
#: The largest number below ``BEYOND`` whose bits are all ones.
_SURELY_WITHIN = (1 << (BEYOND.bit_length() - 1)) - 1


def count(value: Any) -> int:
    """``value`` if it can be a number of tokens, ``BEYOND`` if it is implausibly large, else 0."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return min(value, BEYOND) if type(value) is int and value > 0 else 0


@record
class Usage:
    """Tokens that one answer consumed, as reported by its provider, each count clamped to 0 to ``BEYOND``.

    Attributes:
        prompt: All input tokens.
        completion: All output tokens.
        cached: Prompt tokens read from the provider's cache.
        reasoning: Completion tokens spent on thinking.
        audio_in: Prompt tokens of audio, not read from a cache.
        audio_out: Completion tokens of audio.
        image_in: Prompt tokens of images, not read from a cache.
        image_out: Completion tokens of images.
        cache_write: Prompt tokens written to the provider's cache for some minutes.
        cache_write_1h: Prompt tokens written to the provider's cache for an hour.
        unsplit: Tokens known only as a sum: those of the prompt, and perhaps some of the completion.
        seconds: Duration of the audio input, if the provider bills seconds instead of tokens.
        searches: Searches that a reranking is billed as, if the provider bills those instead of tokens.
    """

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0
    audio_in: int = 0
    audio_out: int = 0
    image_in: int = 0
    image_out: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    unsplit: int = 0
    seconds: int = 0
    searches: int = 0

    def __attrs_post_init__(self) -> None:
        try:
            # Made for every answer, and for every chunk of some streams: one test of all bits shows that no number is
            # too large or negative.
            bits = (
                self.prompt
                | self.completion
                | self.cached
                | self.reasoning
                | self.audio_in
                | self.audio_out
                | self.image_in
                | self.image_out
                | self.cache_write
                | self.cache_write_1h
                | self.unsplit
                | self.seconds
                | self.searches
            )
        except TypeError:  # a fraction, or no number at all
            bits = -1
        if not 0 <= bits <= _SURELY_WITHIN:
            for name in COUNTS:
                object.__setattr__(self, name, count(getattr(self, name)))

    @property
    def total(self) -> int:
        return self.prompt + self.completion + self.unsplit

    @property
    def is_complete(self) -> bool:
        """Whether a charge can be computed from this alone, without counting any tokens here."""
        return not self.unsplit and bool(self.prompt or self.completion or self.seconds or self.searches)

    def counting(self, total: int) -> Usage:
        """The usage with ``total`` tokens in all: unaccounted ones are output, or unsplit if the prompt is unknown."""
        rest = total - self.total
        if rest <= 0:
            return self
        if self.prompt:
            return evolve(self, completion=self.completion + rest)
        return evolve(self, unsplit=self.unsplit + rest)

    def split(self, prompt: int) -> Usage:
        """The same total, split: ``prompt`` input tokens, the rest output tokens."""
        prompt = min(prompt, self.unsplit)
        return evolve(
            self,
            prompt=self.prompt + prompt,
            completion=self.completion + self.unsplit - prompt,
            unsplit=0,
        )


def believed(reported: Usage | None) -> Usage | None:
    """``reported``, or None if its prompt, completion or searches are implausible, so that tokens are counted here."""
    if reported is None or BEYOND in (reported.prompt, reported.completion, reported.unsplit):
        return None
    return None if reported.searches > MOST_SEARCHES else reported


COUNTS = tuple(field.name for field in fields(Usage))
NOTHING = Usage()


def settled(reported: Usage | None, prompt: int, completion: int) -> Usage:
    """``reported`` with its gaps filled from ``prompt`` and ``completion``, which were counted here.

    An empty answer that its provider reports as zero tokens costs nothing. Zeros for any other answer are ignored.
    """
    if reported is None or not reported.total:
        return NOTHING if reported == NOTHING and not completion else Usage(prompt, completion)
    return reported.split(prompt) if reported.unsplit else reported
