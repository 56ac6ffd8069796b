"""What an answer consumed, by class."""

from __future__ import annotations

from oneapi.domain.records import record


@record
class Usage:
    """Token counts of one answer.

    ``prompt`` includes ``cached`` and ``audio_in``; ``completion`` includes ``reasoning`` and ``audio_out``.
    """

    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0
    audio_in: int = 0
    audio_out: int = 0

    @property
    def total(self) -> int:
        return self.prompt + self.completion


NOTHING = Usage()
