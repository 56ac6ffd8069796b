"""Where an answer in OpenAI's format has its usage: whole or streamed, passed on or translated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.usage import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oneapi.adapters.dialects.openai_chat.wire import Answer, Choice, Chunk, NumberedChoice
    from oneapi.domain.usage import Usage

#: Choices of one answer whose usage is told apart: OpenAI makes no more.
MOST_CHOICES = 128


class UsageReader:
    """The usage of one answer, of which chunk after chunk may bring a report; the last report wins."""

    __slots__ = ("_by_choice", "usage")

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self._by_choice: dict[int, Usage] = {}

    def read(self, answer: Chunk | Answer) -> Usage | None:
        """Take what ``answer``, whole or a chunk, reports; the usage that is known then."""
        usage = read_usage(answer.usage)
        if usage is None and isinstance(answer.x_groq, dict):
            # Groq, on a stream that was not asked for usage: https://console.groq.com/docs/api-reference#chat-create
            usage = read_usage(answer.x_groq.get("usage"))
        if (usage is None or usage == NOTHING) and answer.choices:
            usage = self._of_choices(answer.choices) or usage
        # Chunks may begin, or end, with zeros that stand for nothing.
        if usage is not None and (usage != NOTHING or self.usage is None):
            self.usage = usage
        return self.usage

    def _of_choices(self, choices: Iterable[Choice | NumberedChoice]) -> Usage | None:
        """Moonshot's last chunk of each choice: https://platform.moonshot.ai/docs/guide/utilize-the-streaming-output-feature-of-kimi-api."""
        found = False
        for number, choice in enumerate(choices):
            if (usage := read_usage(choice.usage)) is not None:
                found = True
                index = getattr(choice, "index", None)
                place = index if isinstance(index, int) and 0 <= index < MOST_CHOICES else number
                self._by_choice[place] = usage
        if not found:
            return None
        usages = list(self._by_choice.values())
        # Each choice counts the prompt that they share.
        return evolve(
            usages[-1],
            completion=sum(usage.completion for usage in usages),
            reasoning=sum(usage.reasoning for usage in usages),
        )
