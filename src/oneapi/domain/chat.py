"""A conversation, its answer, and the events of an answer that is streamed: the hub between the wire formats.

Every format reads into these values and writes out of them, so that n client formats and m provider formats need n + m
translations. What only its own format understands travels as ``Native``; any other format has to refuse it.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.usage import Usage


class MessageRole(StrEnum):
    #: Also what OpenAI calls ``developer``.
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    #: Holds nothing but tool results; those that answer one turn stand in one message.
    TOOL = "tool"


# --- parts of a message ------------------------------------------------------------------------
# ``cache_control`` marks the end of a prefix that the provider is asked to cache; its value is the provider's own.


@frozen
class Text:
    text: str
    cache_control: Mapping[str, Any] | None = None


@frozen
class Image:
    """By ``url``, which is never fetched here, or as base64 ``data`` of ``media_type``."""

    url: str = ""
    data: str = field(default="", repr=False)
    media_type: str = ""
    #: OpenAI's resolution hint; empty: none.
    detail: str = ""
    cache_control: Mapping[str, Any] | None = None


@frozen
class Document:
    """By ``url``, as base64 ``data`` of ``media_type``, or as plain ``text``."""

    url: str = ""
    data: str = field(default="", repr=False)
    media_type: str = ""
    text: str = ""
    title: str = ""
    cache_control: Mapping[str, Any] | None = None


@frozen
class Audio:
    """Base64 ``data`` of ``format``, or the ``id`` of what the model has said before."""

    data: str = field(default="", repr=False)
    format: str = ""
    id: str = ""


@frozen
class Thinking:
    """What the model thought; with ``signature`` (or ``redacted``, instead of a text) its provider takes it back."""

    text: str = ""
    signature: str = ""
    redacted: str = ""


@frozen
class ModelRefusal:
    text: str


@frozen
class ToolCall:
    """``arguments`` is JSON as the model wrote it, which may be broken."""

    id: str
    name: str
    arguments: str
    cache_control: Mapping[str, Any] | None = None


@frozen
class ToolResult:
    call_id: str
    parts: tuple[Part, ...] = ()
    is_error: bool = False
    cache_control: Mapping[str, Any] | None = None


@frozen
class Native:
    """A part or a tool that only ``dialect`` can carry."""

    dialect: str
    fields: Mapping[str, Any]

    @property
    def feature(self) -> str:
        """What to call it in an error."""
        return str(self.fields.get("type") or "a part of unknown type")


@frozen
class Citation:
    """A page on the web that an answer rests on, from character ``start`` of its text to ``end``."""

    url: str
    title: str = ""
    start: int = 0
    end: int = 0


Part = Text | Image | Document | Audio | Thinking | ModelRefusal | ToolCall | ToolResult | Citation | Native


@frozen
class Message:
    role: MessageRole
    parts: tuple[Part, ...] = ()
    #: Of the participant; empty: none.
    name: str = ""


# --- the request -------------------------------------------------------------------------------


@frozen
class Tool:
    """A function that the model may call; ``parameters`` is a JSON schema, None: takes none."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] | None = None
    strict: bool | None = None
    cache_control: Mapping[str, Any] | None = None


class ToolMode(StrEnum):
    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    NAMED = "named"


@frozen
class ToolChoice:
    mode: ToolMode = ToolMode.AUTO
    #: Of the tool, where ``mode`` is NAMED.
    name: str = ""


@frozen
class Sampling:
    """None or empty: the client did not say."""

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


#: The effort of a model that is not to think at all.
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
    """A conversation and how it is to be continued.

    ``extra`` holds the fields that ``dialect``, the format it was read from, did not know: no other format may write
    them.
    """

    model: str
    messages: tuple[Message, ...]
    dialect: str = ""
    tools: tuple[Tool | Native, ...] = ()
    tool_choice: ToolChoice = ToolChoice()
    parallel_tool_calls: bool | None = None
    sampling: Sampling = Sampling()
    max_tokens: int | None = None
    response_format: ResponseFormat | None = None
    #: ``none``, ``low``, ``high``, ...; empty: the client did not say.
    reasoning_effort: str = ""
    thinking_budget: int | None = None
    #: Whether the client switched thinking on or off by a word of a provider's own; None: it did not.
    thinking: bool | None = None
    #: Kinds of output; empty: text only.
    modalities: tuple[str, ...] = ()
    stream: bool = False
    include_usage: bool = False
    user: str = ""
    #: What the client asked for that no other format has, and that an answer can do without.
    left_out: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(factory=dict)

    @property
    def thinks(self) -> bool | None:
        """Whether the model is to think, by whatever word the client said it; None: as the model does by itself."""
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
    """A token of the answer, the natural logarithm of its probability, and the ``others`` that were likely there.

    ``spelt`` are its bytes, which need not be whole characters; None: those of ``token``.
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
    #: The one that the model stopped at, where its provider tells.
    stop_sequence: str = ""
    #: Of the tokens of its text, where the client asked for them.
    logprobs: tuple[TokenLogprob, ...] = ()


@frozen
class ChatReply:
    """``created`` is 0 where the provider does not say."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    created: int = 0
    usage: Usage | None = None


# --- the events of a streamed answer -----------------------------------------------------------
# ``choice`` counts the alternatives of an answer (``n``); ``index`` the tool calls of one alternative, from 0.


@frozen
class Started:
    """``usage`` is what is known before the first token; it is no report to bill by."""

    id: str = ""
    model: str = ""
    usage: Usage | None = None


@frozen
class TextDelta:
    text: str
    choice: int = 0
    #: Of the tokens of ``text``, where the client asked for them.
    logprobs: tuple[TokenLogprob, ...] = ()


@frozen
class ThinkingDelta:
    """Text of the current thought, or the ``signature`` that ends it; ``redacted`` is a whole thought of its own."""

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


@frozen
class ToolCallDelta:
    """A piece of the JSON of the call's arguments."""

    index: int
    arguments: str
    choice: int = 0


@frozen
class Cited:
    """Comes behind the text that rests on it."""

    citation: Citation
    choice: int = 0


@frozen
class Finished:
    """Comes once a choice, behind all its deltas."""

    reason: FinishReason
    choice: int = 0
    stop_sequence: str = ""


@frozen
class UsageReported:
    """The last one counts."""

    usage: Usage


ChatEvent = (
    Started
    | TextDelta
    | ThinkingDelta
    | RefusalDelta
    | ToolCallStarted
    | ToolCallDelta
    | Cited
    | Finished
    | UsageReported
)


def tools_called(messages: Sequence[Message]) -> tuple[Tool, ...]:
    """A tool for each name that the history calls, for providers that want tools declared wherever calls are."""
    calls = (part for message in messages for part in message.parts if isinstance(part, ToolCall))
    names = dict.fromkeys(call.name for call in calls)
    return tuple(Tool(name) for name in names)


def with_distinct_calls(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """``messages`` with an id of its own for every call; each result has the id of the nearest such call before it.

    Some providers number the calls of each answer from 0, so that a conversation repeats its ids. Of calls that share
    an id within one message, results belong to them in their order.
    """
    ids = [part.id for message in messages for part in message.parts if isinstance(part, ToolCall)]
    if len(ids) == len(set(ids)):
        return messages
    taken = set(ids)
    seen: set[str] = set()
    #: The calls of the nearest message that used an id, under their new ids.
    open_calls: dict[str, list[str]] = {}
    renamed = []
    for message in messages:
        parts: list[Part] = []
        fresh: dict[str, list[str]] = {}
        for part in message.parts:
            if isinstance(part, ToolCall):
                new = part.id if part.id not in seen else _unused(part.id, taken)
                seen.add(new)
                taken.add(new)
                fresh.setdefault(part.id, []).append(new)
                parts.append(evolve(part, id=new))
            elif isinstance(part, ToolResult) and (waiting := open_calls.get(part.call_id)):
                parts.append(evolve(part, call_id=waiting.pop(0) if len(waiting) > 1 else waiting[0]))
            else:
                parts.append(part)
        open_calls |= fresh
        renamed.append(evolve(message, parts=tuple(parts)))
    return tuple(renamed)


def _unused(call_id: str, taken: set[str]) -> str:
    return next(name for number in count(2) if (name := f"{call_id}_{number}") not in taken)


def is_blank(text: str) -> bool:
    """Whether ``text`` says nothing; looks no further than its first letter."""
    return not text or text.isspace()


def text_of(parts: Sequence[Part]) -> str:
    """All text among ``parts``, joined without a separator."""
    return "".join(part.text for part in parts if isinstance(part, Text))


def finish_of(reason: FinishReason, parts: Sequence[Part]) -> FinishReason:
    """``reason``, corrected for providers that call it a plain stop when the model waits for its tools."""
    if reason is FinishReason.STOP and any(isinstance(part, ToolCall) for part in parts):
        return FinishReason.TOOL_CALLS
    return reason
