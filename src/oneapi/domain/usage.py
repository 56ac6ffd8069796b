"""What an answer consumed, by class of token."""

from __future__ import annotations

from typing import Any

from attrs import evolve, fields

from oneapi.domain.records import record

#: No answer consumes more tokens of any class: the largest context window on sale has 10 million (Llama 4 Scout), the
#: largest batch of embeddings 2048 texts of 8191 tokens.
MOST_TOKENS = 20_000_000
#: Searches of one reranking: of each of ten thousand documents a hundred parts.
MOST_SEARCHES = 10_000
#: What stands in a ``Usage`` for every number beyond.
BEYOND = MOST_TOKENS + 1
#: The largest number below ``BEYOND`` whose bits are all ones.
_SURELY_WITHIN = (1 << (BEYOND.bit_length() - 1)) - 1


def count(value: Any) -> int:
    """``value`` if it could be a number of tokens, else 0; ``BEYOND`` for one that is too large to be true."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return min(value, BEYOND) if type(value) is int and value > 0 else 0


@record
class Usage:
    """What one answer consumed, as its provider counted it: each count from 0 to ``BEYOND``, whatever it says.

    Attributes:
        prompt: All tokens that went in.
        completion: All tokens that came out.
        cached: Tokens of the prompt that the provider had in its cache.
        reasoning: Tokens of the completion that the model thought with.
        audio_in: Tokens of the prompt that were sound and did not come from a cache.
        audio_out: Tokens of the completion that are sound.
        image_in: Tokens of the prompt that were pictures and did not come from a cache.
        image_out: Tokens of the completion that are pictures.
        cache_write: Tokens of the prompt that the provider wrote to its cache for some minutes.
        cache_write_1h: Tokens of the prompt that the provider wrote to its cache for an hour.
        unsplit: Tokens of which only the sum is known: those of the prompt, and perhaps some of the completion.
        seconds: How long the sound is that was heard, where the provider counts that instead of tokens.
        searches: How many searches a reranking is billed as, where the provider counts those instead of tokens.
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
            # Made for every answer, and for every chunk of some streams: one look at all bits tells that none is too
            # large or below zero.
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
        """Whether a bill can be made from this alone, without counting anything here."""
        return not self.unsplit and bool(self.prompt or self.completion or self.seconds or self.searches)

    def counting(self, total: int) -> Usage:
        """With ``total`` tokens in all: those that no part names are output, or open where no prompt is named."""
        rest = total - self.total
        if rest <= 0:
            return self
        if self.prompt:
            return evolve(self, completion=self.completion + rest)
        return evolve(self, unsplit=self.unsplit + rest)

    def split(self, prompt: int) -> Usage:
        """The same tokens with the parts known: ``prompt`` of them went in, the rest came out."""
        prompt = min(prompt, self.unsplit)
        return evolve(
            self,
            prompt=self.prompt + prompt,
            completion=self.completion + self.unsplit - prompt,
            unsplit=0,
        )


def believed(reported: Usage | None) -> Usage | None:
    """``reported``, or None if what it says of prompt or completion cannot be true: then tokens are counted here."""
    if reported is None or BEYOND in (reported.prompt, reported.completion, reported.unsplit):
        return None
    if reported.searches > MOST_SEARCHES:
        return None
    return reported


COUNTS = tuple(field.name for field in fields(Usage))
NOTHING = Usage()


def settled(reported: Usage | None, prompt: int, completion: int) -> Usage:
    """``reported``, with what it leaves open filled in from ``prompt`` and ``completion``, which were counted here.

    An empty answer that its provider counts as nothing costs nothing. Zeros for any other answer say nothing.
    """
    if reported is None or not reported.total:
        return NOTHING if reported == NOTHING and not completion else Usage(prompt, completion)
    return reported.split(prompt) if reported.unsplit else reported
