"""Thoughts, passed through a client and back to the provider that signed them.

Providers sign their models' thoughts and expect them back unchanged; other providers refuse them. Clients therefore
receive the signer with each signature, as ``ORIGIN.SIGNATURE``, and a request keeps only the thoughts of the provider
that it goes to. Claude's signatures, which several clouds serve and clients know in their original form, carry no
origin; they contain no dot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI
from oneapi.domain.chat import MessageRole, Thinking, ThinkingDelta, ToolCall, ToolCallDelta, ToolCallStarted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.chat import ChatEvent, Message, Part

Thought = TypeVar("Thought", Thinking, ThinkingDelta)

#: The formats in which clouds serve Claude.
CLAUDE = ("anthropic", "bedrock_claude", "vertex_claude")
CLAUDE_SIGNER = ""
#: The format in which thoughts are encrypted for one account.
BY_ACCOUNT = "responses"


def origin_of(dialect: str, row: str, account_mark: str) -> str:
    """The signer of thoughts that come in ``dialect`` from a provider of ``row``; empty for Claude.

    Many providers speak OpenAI's format, and none of them accepts another's signatures. Thoughts encrypted in Responses
    are readable only by the same account, which ``account_mark`` identifies.
    """
    if dialect in CLAUDE:
        return CLAUDE_SIGNER
    if dialect == BY_ACCOUNT:
        return f"{dialect}-{account_mark}"
    return row if dialect == OPENAI else dialect


class Turn:
    """The thoughts of an answer and its first call, both of its first choice."""

    __slots__ = ("_arguments", "_call", "thoughts")

    def __init__(self) -> None:
        self.thoughts: list[Thinking] = []
        #: Without its arguments, which arrive in fragments.
        self._call: ToolCall | None = None
        self._arguments: list[str] = []

    @property
    def call(self) -> ToolCall | None:
        """The first call; None if the answer makes none."""
        return self._call and evolve(self._call, arguments="".join(self._arguments))

    @property
    def is_signed(self) -> bool:
        return any(thought.signature or thought.redacted for thought in self.thoughts)

    def take(self, event: ChatEvent) -> None:
        """Collect the thoughts and the call from one event of the answer."""
        match event:
            case ThinkingDelta(text=text, signature=signature, redacted=redacted, choice=0):
                last = self.thoughts[-1] if self.thoughts else None
                if last is None or redacted or last.redacted or last.signature:
                    self.thoughts.append(Thinking(text, signature, redacted))
                else:
                    self.thoughts[-1] = Thinking(last.text + text, signature)
            case ToolCallStarted(index=0, id=call_id, name=name, choice=0):
                self._call = ToolCall(call_id, name, "")
            case ToolCallDelta(index=0, arguments=arguments, choice=0):
                self._arguments.append(arguments)

    def take_all(self, parts: Sequence[Part]) -> None:
        """Collect the thoughts and the call from a whole answer."""
        self.thoughts += (part for part in parts if isinstance(part, Thinking))
        self._call = next((part for part in parts if isinstance(part, ToolCall)), None)
        self._arguments = [self._call.arguments] if self._call else []


def is_foreign(signature: str, origin: str) -> bool:
    """Whether the signer is not ``origin``."""
    signer, dot, _ = signature.partition(".")
    return (signer if dot else "") != origin


def marked(thought: Thought, origin: str) -> Thought:
    """``thought`` with its origin, for the client."""
    if not origin or not (thought.signature or thought.redacted):
        return thought
    return evolve(
        thought,
        signature=thought.signature and f"{origin}.{thought.signature}",
        redacted=thought.redacted and f"{origin}.{thought.redacted}",
    )


def with_own_thoughts(messages: tuple[Message, ...], origin: str) -> tuple[Message, ...]:
    """``messages`` with only the thoughts that ``origin`` accepts back, as it sent them, and the unsigned ones."""
    if not any(isinstance(part, Thinking) for message in messages for part in message.parts):
        return messages
    kept = (
        evolve(
            message, parts=tuple(_own(part, origin) for part in message.parts if not _foreign(part, origin))
        )
        for message in messages
    )
    return tuple(message for message in kept if message.parts or message.role is not MessageRole.ASSISTANT)


def _foreign(part: Part, origin: str) -> bool:
    signature = (part.signature or part.redacted) if isinstance(part, Thinking) else ""
    return bool(signature) and is_foreign(signature, origin)


def _own(part: Part, origin: str) -> Part:
    if not origin or not isinstance(part, Thinking) or not (part.signature or part.redacted):
        return part
    given = f"{origin}."
    return evolve(
        part, signature=part.signature.removeprefix(given), redacted=part.redacted.removeprefix(given)
    )
