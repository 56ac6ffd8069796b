"""What an answer consumed, by class."""

from __future__ import annotations

from typing import Any

from oneapi.domain.records import record

#: No answer consumes more tokens of any class: the largest context window on sale has 10 million (Llama 4 Scout), the
#: largest batch of embeddings 2048 texts of 8191 tokens.
MOST_TOKENS = 20_000_000
#: What stands in a ``Usage`` for every number beyond.
BEYOND = MOST_TOKENS + 1


def count(value: Any) -> int:
    """``value`` if it could be a number of tokens, else 0; ``BEYOND`` for one that is too large to be true."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return min(value, BEYOND) if type(value) is int and value > 0 else 0


@record
class Usage:
    """Token counts of one answer, each from 0 to ``BEYOND``, whatever a provider says.

    ``prompt`` includes ``cached`` and ``audio_in``; ``completion`` includes ``reasoning`` and ``audio_out``.
    """

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0
    audio_in: int = 0
    audio_out: int = 0

    def __attrs_post_init__(self) -> None:
        if not (  # in one piece: made for every answer, and for every chunk of some streams
            0 <= self.prompt <= BEYOND
            and 0 <= self.completion <= BEYOND
            and 0 <= self.cached <= BEYOND
            and 0 <= self.reasoning <= BEYOND
            and 0 <= self.audio_in <= BEYOND
            and 0 <= self.audio_out <= BEYOND
        ):
            for name in ("prompt", "completion", "cached", "reasoning", "audio_in", "audio_out"):
                object.__setattr__(self, name, count(getattr(self, name)))

    @property
    def total(self) -> int:
        return self.prompt + self.completion


def believed(reported: Usage | None) -> Usage | None:
    """``reported``, or None if its prompt or completion cannot be true: then tokens are counted here."""
    if reported is None or reported.prompt > MOST_TOKENS or reported.completion > MOST_TOKENS:
        return None
    return reported


NOTHING = Usage()
