"""The fields that we read from OpenAI's answers; all others pass unread.

Types are as loose as providers are: values of an unexpected shape count as absent.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

NAME = "openai_chat"
#: The id of audio that no provider stores, for clients that expect one.
UNKEPT = "audio_unkept"


class Function(msgspec.Struct):
    name: Any = None
    arguments: Any = None


class Custom(msgspec.Struct):
    input: Any = None
    name: Any = None


class ToolCall(msgspec.Struct):
    function: Function | None = None
    custom: Custom | None = None


class Delta(msgspec.Struct):
    """The addition of a stream chunk to a choice, or the message of a whole answer."""

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
    usage: Any = None
    error: Any = None


class Chunk(msgspec.Struct):
    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None
    x_groq: Any = None


class TextDelta(msgspec.Struct):
    content: str
    reasoning_content: None = None
    reasoning: None = None
    refusal: None = None
    tool_calls: None = None
    function_call: None = None
    audio: None = None


class TextChoice(msgspec.Struct):
    delta: TextDelta
    message: None = None
    text: None = None
    finish_reason: None = None
    usage: None = None
    error: None = None


class TextChunk(msgspec.Struct):
    """A chunk that adds text and does nothing else that we read, as most do. No other chunk decodes."""

    choices: Annotated[list[TextChoice], msgspec.Meta(min_length=1)]
    usage: None = None
    error: None = None
    x_groq: None = None


class NumberedCall(ToolCall):
    index: Any = None
    id: Any = None


class NumberedDelta(Delta):
    reasoning_details: Any = None
    annotations: Any = None
    images: Any = None
    tool_calls: list[NumberedCall] | None = None  # type: ignore[assignment]  # read only: a list of more is a list of less


class NumberedChoice(msgspec.Struct):
    """A choice of a translated answer, with the numbers that distinguish its parts."""

    index: Any = None
    delta: NumberedDelta | None = None
    message: NumberedDelta | None = None
    finish_reason: Any = None
    logprobs: Any = None
    usage: Any = None
    error: Any = None


class Answer(msgspec.Struct):
    """A chunk or a whole answer that is being translated."""

    id: Any = None
    model: Any = None
    created: Any = None
    choices: list[NumberedChoice] | None = None
    citations: Any = None
    usage: Any = None
    error: Any = None
    x_groq: Any = None


def texts_of(choice: Choice) -> list[str]:
    """All texts in ``choice`` that cost tokens."""
    found: list[Any] = [choice.text]
    for part in (choice.delta, choice.message):
        if part is not None:
            found += [part.content, part.reasoning_content, part.reasoning, part.refusal]
            for call in part.tool_calls or ():
                if call.function is not None:
                    found += [call.function.name, call.function.arguments]
                if call.custom is not None:
                    found += [call.custom.name, call.custom.input]
            if part.function_call is not None:
                found += [part.function_call.name, part.function_call.arguments]
    return [text for text in found if isinstance(text, str) and text]
