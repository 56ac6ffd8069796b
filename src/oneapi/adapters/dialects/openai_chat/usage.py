"""Finds the usage in an answer in OpenAI's format: whole or streamed, passed on or translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from attrs import evolve

from oneapi.adapters.dialects.usage import read_usage
from oneapi.domain.usage import MOST_TOKENS, NOTHING, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oneapi.adapters.dialects.openai_chat.wire import Answer, Choice, Chunk, NumberedChoice

#: The most choices of an answer whose usage is tracked separately: OpenAI makes no more.
MOST_CHOICES = 128

_Count = Annotated[int, msgspec.Meta(ge=0, le=MOST_TOKENS)]


class _Details(msgspec.Struct):
    cached_tokens: _Count = 0
    reasoning_tokens: _Count = 0
    audio_tokens: _Count = 0
    image_tokens: _Count = 0
    cache_write_tokens: _Count = 0
    cached_tokens_details: None = None
    cache_creation: None = None
    cache_creation_tokens: None = None
    cache_creation_input_tokens: None = None
    cache_creation_token_details: None = None
    cached_creation_tokens: None = None


class UsualCounts(msgspec.Struct):
    """A usage object as OpenAI and most others write it; one with any other members does not decode."""

    prompt_tokens: Annotated[int, msgspec.Meta(gt=0, le=MOST_TOKENS)]
    completion_tokens: _Count = 0
    total_tokens: _Count = 0
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    input_tokens: None = None
    output_tokens: None = None
    cached_tokens: None = None
    prompt_cache_hit_tokens: None = None
    cache_read_input_tokens: None = None
    cache_creation_input_tokens: None = None
    cache_creation: None = None
    cache_creation_token_details: None = None
    input_tokens_details: None = None
    output_tokens_details: None = None
    prompt_audio_seconds: None = None
    seconds: None = None
    reasoning_tokens: None = None


_NO_DETAILS = _Details()


def usual_usage(counts: UsualCounts) -> Usage | None:
    """The complete usage in ``counts``; None if it needs a closer look (``read_usage``)."""
    prompt, completion = counts.prompt_tokens, counts.completion_tokens
    if counts.total_tokens > prompt + completion:
        return None
    given, made = counts.prompt_tokens_details, counts.completion_tokens_details
    if given is None and made is None:
        return Usage(prompt, completion)
    given, made = given or _NO_DETAILS, made or _NO_DETAILS
    if made.reasoning_tokens > completion:
        return None
    return Usage(
        prompt,
        completion,
        min(given.cached_tokens, prompt),
        made.reasoning_tokens,
        min(given.audio_tokens, prompt),
        min(made.audio_tokens, completion),
        min(given.image_tokens, prompt),
        min(made.image_tokens, completion),
        min(given.cache_write_tokens, prompt),
    )


def _read(reported: Any) -> Usage | None:
    try:
        usage = usual_usage(msgspec.convert(reported, UsualCounts))
    except msgspec.ValidationError:
        usage = None
    return usage or read_usage(reported)


class UsageReader:
    """The usage of one answer, which any of its chunks may report; the last report wins."""

    __slots__ = ("_by_choice", "usage")

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self._by_choice: dict[int, Usage] = {}

    def read(self, answer: Chunk | Answer) -> Usage | None:
        """Take the usage that ``answer``, whole or a chunk, reports; return the usage known so far."""
        usage = _read(answer.usage)
        if usage is None and isinstance(answer.x_groq, dict):
            # Groq reports it here in a stream that was not asked for usage:
            # https://console.groq.com/docs/api-reference#chat-create
            usage = read_usage(answer.x_groq.get("usage"))
        if (usage is None or usage == NOTHING) and answer.choices:
            usage = self._of_choices(answer.choices) or usage
        # Chunks may begin, or end, with zeros that mean nothing.
        if usage is not None and (usage != NOTHING or self.usage is None):
            self.usage = usage
        return self.usage

    def _of_choices(self, choices: Iterable[Choice | NumberedChoice]) -> Usage | None:
        """Read Moonshot's last chunk of each choice: https://platform.moonshot.ai/docs/guide/utilize-the-streaming-output-feature-of-kimi-api."""
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
        # Each choice counts the shared prompt.
        return evolve(
            usages[-1],
            completion=sum(usage.completion for usage in usages),
            reasoning=sum(usage.reasoning for usage in usages),
        )
