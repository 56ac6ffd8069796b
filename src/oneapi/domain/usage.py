"""What an answer consumed, by class."""

from __future__ import annotations

from typing import Any

from attrs import field

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


def _bounded(value: int) -> int:
    return value if type(value) is int and 0 <= value <= BEYOND else count(value)


@record
class Usage:
    """Token counts of one answer, each from 0 to ``BEYOND``, whatever a provider says.

    ``prompt`` includes ``cached`` and ``audio_in``; ``completion`` includes ``reasoning`` and ``audio_out``.
    """

    prompt: int = field(default=0, converter=_bounded)
    completion: int = field(default=0, converter=_bounded)
    cached: int = field(default=0, converter=_bounded)
    reasoning: int = field(default=0, converter=_bounded)
    audio_in: int = field(default=0, converter=_bounded)
    audio_out: int = field(default=0, converter=_bounded)

    @property
    def total(self) -> int:
        return self.prompt + self.completion


def believed(reported: Usage | None) -> Usage | None:
    """``reported``, or None if its prompt or completion cannot be true: then tokens are counted here."""
    if reported is None or reported.prompt > MOST_TOKENS or reported.completion > MOST_TOKENS:
        return None
    return reported


NOTHING = Usage()
