"""A conversation, its answer, and the events of a streamed answer: the hub between the wire formats.

Every format reads into these values and writes out of them, so that n client formats and m provider formats need n + m
translations. What only its own format understands travels as ``Native``; any other format has to refuse it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.usage import Usage


class MessageRole(StrEnum):
    #: Also what OpenAI calls ``developer``.
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    #: Contains only tool results; the results for one turn are in one message.
    TOOL = "tool"


# --- parts of a message ------------------------------------------------------------------------


@frozen
class CacheBreakpoint:
    """The end of a prefix of the prompt that the provider should cache."""

    #: For how long; None leaves it to the provider.
    seconds: int | None = None


@frozen
class Text:
    text: str
    cache: CacheBreakpoint | None = None


@frozen
class Image:
    """An image by ``url``, which is never fetched here, or as base64 ``data`` of ``media_type``."""

    url: str = ""
    data: str = field(default="", repr=False)
    media_type: str = ""
    #: OpenAI's resolution hint; empty: none.
    detail: str = ""
    cache: CacheBreakpoint | None = None


@frozen
class Document:
    """A document by ``url``, as base64 ``data`` of ``media_type``, or as plain ``text``."""

    url: str = ""
    data: str = field(default="", repr=False)
    media_type: str = ""
    text: str = ""
    title: str = ""
    cache: CacheBreakpoint | None = None


@frozen
class Audio:
    """Audio as base64 ``data`` of ``format``, or the ``id`` of an earlier answer of the model.

    Audio from a model has a ``transcript``; its provider keeps it under ``id`` until ``expires`` (unix seconds).
    """

    data: str = field(default="", repr=False)
    format: str = ""
    id: str = ""
    transcript: str = ""
    expires: int = 0


@frozen
class Thinking:
    """A model's thought; its provider accepts it back with its ``signature``, or ``redacted`` in place of the text."""

    text: str = ""
    signature: str = ""
    redacted: str = ""


@frozen
class ModelRefusal:
    text: str


@frozen
class ToolCall:
    """A call of a tool; ``arguments`` is JSON as the model wrote it, possibly invalid, or a custom tool's text."""

    id: str
    name: str
    arguments: str
    cache: CacheBreakpoint | None = None
    is_custom: bool = False


@frozen
class ToolResult:
    call_id: str
    parts: tuple[Part, ...] = ()
    is_error: bool = False
    cache: CacheBreakpoint | None = None


@frozen
class Native:
    """A part or a tool that only ``dialect`` can express."""

    dialect: str
    fields: Mapping[str, Any]

    @property
    def feature(self) -> str:
        """Its name in an error message."""
        return str(self.fields.get("type") or "a part of unknown type")


@frozen
class Citation:
    """A web page cited by an answer, for the characters from ``start`` to ``end`` of its text."""

    url: str
    title: str = ""
    start: int = 0
    end: int = 0


Part = Text | Image | Document | Audio | Thinking | ModelRefusal | ToolCall | ToolResult | Citation | Native


@frozen
class Message:
    role: MessageRole
    parts: tuple[Part, ...] = ()
    #: The participant's name; empty: none.
    name: str = ""


# --- the request -------------------------------------------------------------------------------


@frozen
class Tool:
    """A function that the model may call; ``parameters`` is a JSON schema, or None if it takes none."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] | None = None
    strict: bool | None = None
    cache: CacheBreakpoint | None = None


@frozen
class CustomTool:
    """A tool whose input is one text instead of arguments.

    ``definition``, if given, restricts the text; ``syntax`` is its notation: ``lark`` or ``regex``.
    """

    name: str
    description: str = ""
    syntax: str = ""
    definition: str = ""

    @property
    def feature(self) -> str:
        """Its name in an error message."""
        return "custom tools"


class ToolMode(StrEnum):
    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    NAMED = "named"


@frozen
class ToolChoice:
    mode: ToolMode = ToolMode.AUTO
    #: The tool's name if ``mode`` is NAMED.
    name: str = ""
    #: The only tools that the model may call; empty means all.
    allowed: tuple[str, ...] = ()


@frozen
class Sampling:
    """Sampling parameters; None or empty: not set by the client."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: Mapping[str, Any] | None = None
    n: int | None = None
    stop: tuple[str, ...] = ()
    logprobs: bool | None = None
    top_logprobs: int | None = None


@frozen
class Speech:
    """The ``voice`` and the ``format`` of an answer in audio; empty means that the client did not say."""

    voice: str = ""
    format: str = ""


#: The effort that turns thinking off.
NO_EFFORT = "none"


class FormatKind(StrEnum):
    TEXT = "text"
    JSON = "json_object"
    SCHEMA = "json_schema"


@frozen
class ResponseFormat:
    kind: FormatKind
    name: str = ""
    schema: Mapping[str, Any] | None = None
    strict: bool | None = None
    description: str = ""


@frozen
class ChatRequest:
    """A conversation to be continued, with its parameters.

    ``extra`` holds the fields unknown to ``dialect``, the format it was read from; no other format may write them.
    """

    model: str
    messages: tuple[Message, ...]
    dialect: str = ""
    tools: tuple[Tool | CustomTool | Native, ...] = ()
    tool_choice: ToolChoice = ToolChoice()
    parallel_tool_calls: bool | None = None
    sampling: Sampling = Sampling()
    max_tokens: int | None = None
    response_format: ResponseFormat | None = None
    #: ``none``, ``low``, ``high``, ...; empty: not set by the client.
    reasoning_effort: str = ""
    thinking_budget: int | None = None
    #: Whether the client turned thinking on or off in a provider's own parameter; None: neither.
    thinking: bool | None = None
    #: Kinds of output; empty: text only.
    modalities: tuple[str, ...] = ()
    speech: Speech | None = None
    stream: bool = False
    include_usage: bool = False
    user: str = ""
    #: Parameters of the client that no other format has, and whose loss is harmless.
    left_out: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(factory=dict)

    @property
    def thinks(self) -> bool | None:
        """Whether the model should think, by any of the client's parameters; None: the model's default."""
        if self.reasoning_effort:
            return self.reasoning_effort != NO_EFFORT
        return True if self.thinking is None and self.thinking_budget else self.thinking


# --- the answer --------------------------------------------------------------------------------


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"


@frozen
class TokenLogprob:
    """A token of the answer, the natural logarithm of its probability, and ``others`` that were likely in its place.

    ``spelt`` holds its bytes, which need not be whole characters; None: those of ``token``.
    """

    token: str
    logprob: float
    spelt: bytes | None = None
    others: tuple[TokenLogprob, ...] = ()


@frozen
class Choice:
    parts: tuple[Part, ...] = ()
    finish: FinishReason | None = None
    index: int = 0
    #: The sequence at which the model stopped, if its provider reports it.
    stop_sequence: str = ""
    #: Log probabilities of the text's tokens, if the client asked for them.
    logprobs: tuple[TokenLogprob, ...] = ()


@frozen
class ChatReply:
    """A whole answer. ``created`` is in unix seconds, 0 if the provider does not report it."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    created: int = 0
    usage: Usage | None = None


# --- the events of a streamed answer -----------------------------------------------------------
# ``choice`` counts the alternatives of an answer (``n``); ``index`` the tool calls of one alternative, from 0.


@frozen
class Started:
    """The start of an answer. ``usage`` is what is known before the first token; charges are not based on it."""

    id: str = ""
    model: str = ""
    usage: Usage | None = None


@frozen
class TextDelta:
    text: str
    choice: int = 0
    #: Log probabilities of the tokens of ``text``, if the client asked for them.
    logprobs: tuple[TokenLogprob, ...] = ()


@frozen
class ThinkingDelta:
    """Text of the current thought, or the ``signature`` that ends it; ``redacted`` is a separate, complete thought."""

    text: str = ""
    signature: str = ""
    redacted: str = ""
    choice: int = 0


@frozen
class RefusalDelta:
    text: str
    choice: int = 0


@frozen
class ToolCallStarted:
    index: int
    id: str
    name: str
    choice: int = 0
    is_custom: bool = False


@frozen
class ToolCallDelta:
    """A piece of the call's arguments: of their JSON, or of a custom tool's text."""

    index: int
    arguments: str
    choice: int = 0


@frozen
class Cited:
    """A citation; follows the text that it belongs to."""

    citation: Citation
    choice: int = 0


@frozen
class ImageMade:
    """A picture by the model; pictures come whole."""

    image: Image
    choice: int = 0


@frozen
class AudioDelta:
    """A piece of an answer in audio: data that can be decoded by itself, or a part of the transcript."""

    audio: Audio
    choice: int = 0


@frozen
class Finished:
    """The end of a choice; follows all its deltas."""

    reason: FinishReason
    choice: int = 0
    stop_sequence: str = ""


@frozen
class UsageReported:
    """Usage so far; the last report counts."""

    usage: Usage


ChatEvent = (
    Started
    | TextDelta
    | ThinkingDelta
    | RefusalDelta
    | ToolCallStarted
    | ToolCallDelta
    | Cited
    | ImageMade
    | AudioDelta
    | Finished
    | UsageReported
)


def is_blank(text: str) -> bool:
    """Whether ``text`` is empty or only whitespace; stops at the first other character."""
    return not text or text.isspace()


def text_of(parts: Sequence[Part]) -> str:
    """All text among ``parts``, joined without a separator."""
    return "".join(part.text for part in parts if isinstance(part, Text))


def finish_of(reason: FinishReason, parts: Sequence[Part]) -> FinishReason:
    """``reason``, corrected for providers that report a plain stop although the model waits for tool results."""
    if reason is FinishReason.STOP and any(isinstance(part, ToolCall) for part in parts):
        return FinishReason.TOOL_CALLS
    return reason
