"""Usage objects of providers that follow OpenAI's format more or less closely.

Resellers pass on answers of all providers, so every variant is read from every upstream.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from oneapi.domain.usage import NOTHING, Usage, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The names in chat completions, then those in Responses, images and transcriptions, which other formats share.
_PROMPT = ("prompt_tokens", "input_tokens")
_COMPLETION = ("completion_tokens", "output_tokens")
_PROMPT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_COMPLETION_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")
#: Tokens read from a cache:
#: https://api-docs.deepseek.com/guides/kv_cache, https://platform.moonshot.ai/docs/api/chat,
#: https://docs.claude.com/en/docs/build-with-claude/prompt-caching as LiteLLM and others pass it on.
_HITS = ("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens")
#: Tokens written to a cache: https://openrouter.ai/docs/use-cases/usage-accounting,
#: https://help.aliyun.com/zh/model-studio/context-cache, https://docs.litellm.ai/docs/completion/prompt_caching
_WRITES = (
    "cache_write_tokens",
    "cache_creation_tokens",
    "cached_creation_tokens",
    "cache_creation_input_tokens",
)
_WRITES_BY_TIME = ("cache_creation", "cache_creation_token_details")


def read_usage(reported: Any) -> Usage | None:
    """Read a usage object; None if it says nothing about tokens, ``NOTHING`` if it reports zero.

    xAI, and Google's OpenAI format, count reasoning outside the completion but in the total:
    https://docs.x.ai/docs/guides/reasoning, https://ai.google.dev/gemini-api/docs/openai.
    """
    if not isinstance(reported, dict):
        return None
    prompt, completion = _first(reported, _PROMPT), _first(reported, _COMPLETION)
    total, seconds = count(reported.get("total_tokens")), _seconds(reported.get("seconds"))
    if not (prompt or completion or total or seconds):
        said = [reported[name] for name in (*_PROMPT, *_COMPLETION) if name in reported]
        return NOTHING if said and all(value == 0 for value in said) else None
    given, made = _object(reported, _PROMPT_DETAILS), _object(reported, _COMPLETION_DETAILS)
    cached = max(_first(given, _HITS), _first(reported, _HITS))
    written, written_1h = _writes(reported, given)
    prompt += _beside(reported, prompt, cached, written + written_1h)
    heard, seen = _not_cached(given, "audio_tokens"), _not_cached(given, "image_tokens")
    reasoning = count(made.get("reasoning_tokens")) or count(reported.get("reasoning_tokens"))
    if prompt and _seconds(reported.get("prompt_audio_seconds")):
        # Mistral counts audio in the total only: https://docs.mistral.ai/capabilities/audio_transcription
        sound = max(0, total - prompt - completion)
        prompt, heard = prompt + sound, heard + sound
    if reasoning > completion and total <= prompt + completion:  # then it cannot be part of the completion
        completion += reasoning
    usage = Usage(prompt, completion).counting(total)
    prompt, completion = usage.prompt, usage.completion
    return Usage(
        prompt=prompt,
        completion=completion,
        cached=min(cached, prompt),
        reasoning=min(reasoning, completion),
        audio_in=min(heard, prompt),
        audio_out=min(count(made.get("audio_tokens")), completion),
        image_in=min(seen, prompt),
        image_out=min(count(made.get("image_tokens")), completion),
        cache_write=min(written, prompt),
        cache_write_1h=min(written_1h, prompt),
        unsplit=usage.unsplit,
        seconds=seconds,
    )


def _beside(reported: Mapping[str, Any], prompt: int, cached: int, written: int) -> int:
    """Cache tokens that the prompt count excludes: under Anthropic's names they are counted separately."""
    if "cache_read_input_tokens" not in reported and "cache_creation_input_tokens" not in reported:
        return 0
    apart = "prompt_tokens" not in reported or cached + written > prompt
    return cached + written if apart else 0


def _writes(reported: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens written to the cache for minutes, and those for an hour."""
    written = max(_first(given, _WRITES), _first(reported, _WRITES))
    by_time = _object(reported, _WRITES_BY_TIME) or _object(given, _WRITES_BY_TIME)
    for_an_hour = count(by_time.get("ephemeral_1h_input_tokens"))
    written = max(written, count(by_time.get("ephemeral_5m_input_tokens")) + for_an_hour)
    return written - for_an_hour, for_an_hour


def _not_cached(given: Mapping[str, Any], name: str) -> int:
    hits = given.get("cached_tokens_details")
    return max(0, count(given.get(name)) - (count(hits.get(name)) if isinstance(hits, dict) else 0))


def _first(fields: Mapping[str, Any], names: Iterable[str]) -> int:
    return next((found for name in names if (found := count(fields.get(name)))), 0)


def _object(fields: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return next((value for name in names if isinstance(value := fields.get(name), dict)), {})


def _seconds(value: Any) -> int:
    return ceil(value) if isinstance(value, int | float) and 0 < value < float("inf") else 0
