"""The fields of OpenAI's answers that we read; all others pass unseen.

Each is typed as loosely as providers are: what is not of the expected shape counts as absent.
"""

from __future__ import annotations

from typing import Any

import msgspec

from oneapi.domain.usage import Usage, count


class Function(msgspec.Struct):
    name: Any = None
    arguments: Any = None


class ToolCall(msgspec.Struct):
    function: Function | None = None


class Delta(msgspec.Struct):
    """Of a stream's chunk, and the message of a whole answer."""

    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: Any = None
    tool_calls: list[ToolCall] | None = None
    function_call: Function | None = None
    audio: Any = None


class Choice(msgspec.Struct):
    delta: Delta | None = None
    message: Delta | None = None
    text: Any = None
    finish_reason: Any = None


class Chunk(msgspec.Struct):
    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None


class NumberedCall(ToolCall):
    index: Any = None
    id: Any = None


class NumberedDelta(Delta):
    tool_calls: list[NumberedCall] | None = None  # type: ignore[assignment]  # read only: a list of more is a list of less


class NumberedChoice(msgspec.Struct):
    """Of an answer that is translated: with what tells its parts from one another."""

    index: Any = None
    delta: NumberedDelta | None = None
    message: NumberedDelta | None = None
    finish_reason: Any = None
    logprobs: Any = None


class Answer(msgspec.Struct):
    """A chunk or a whole answer that is translated."""

    id: Any = None
    model: Any = None
    created: Any = None
    choices: list[NumberedChoice] | None = None
    usage: Any = None
    error: Any = None


def read_usage(reported: Any) -> Usage | None:
    """OpenAI's usage object; None for what is none, or is all zeros.

    Where only a total was given the prompt is what is left of it: none of it is known to be completion.
    """
    if not isinstance(reported, dict):
        return None
    prompt, completion = count(reported.get("prompt_tokens")), count(reported.get("completion_tokens"))
    total = count(reported.get("total_tokens"))
    if not prompt and total > completion:
        prompt = total - completion
    if not prompt and not completion:
        return None
    details_in, details_out = _details(reported, "prompt"), _details(reported, "completion")
    return Usage(
        prompt=prompt,
        completion=completion,
        cached=count(details_in.get("cached_tokens")),
        audio_in=count(details_in.get("audio_tokens")),
        reasoning=count(details_out.get("reasoning_tokens")),
        audio_out=count(details_out.get("audio_tokens")),
    )


def texts_of(choice: Choice) -> list[str]:
    """Everything in ``choice`` that costs tokens."""
    found: list[Any] = [choice.text]
    for part in (choice.delta, choice.message):
        if part is not None:
            found += [part.content, part.reasoning_content, part.reasoning, part.refusal]
            for call in part.tool_calls or ():
                if call.function is not None:
                    found += [call.function.name, call.function.arguments]
            if part.function_call is not None:
                found += [part.function_call.name, part.function_call.arguments]
    return [text for text in found if isinstance(text, str) and text]


def _details(reported: dict[str, Any], side: str) -> dict[str, Any]:
    details = reported.get(f"{side}_tokens_details")
    return details if isinstance(details, dict) else {}
