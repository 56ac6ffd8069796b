"""Thoughts on their way through a client, and back to the provider that signed them.

Providers sign what their models think, and want it back unchanged; any other provider refuses it. So the client is told
who signed, ``ORIGIN.SIGNATURE``, and a request holds only the thoughts of the provider that it goes to.
Signatures of Claude, which several clouds serve and clients know in their own form, carry no origin; they hold no dot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from oneapi.domain.chat import Role, Thinking, ThinkingDelta

if TYPE_CHECKING:
    from oneapi.domain.chat import Message, Part

Thought = TypeVar("Thought", Thinking, ThinkingDelta)

#: The formats in which clouds serve Claude.
CLAUDE = ("anthropic", "bedrock_claude", "vertex_claude")
CLAUDE_SIGNER = ""


def origin_of(dialect: str, row: str) -> str:
    """Who signs thoughts that come in ``dialect`` from a provider of ``row``; empty: Claude.

    Many providers speak OpenAI's format, and none of them reads another's signatures.
    """
    if dialect in CLAUDE:
        return CLAUDE_SIGNER
    return row if dialect == "openai_chat" else dialect


def is_foreign(signature: str, origin: str) -> bool:
    """Whether somebody else than ``origin`` signed."""
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
    """``messages`` with the thoughts that ``origin`` takes back, as it gave them; those that nobody signed stay."""
    if not any(isinstance(part, Thinking) for message in messages for part in message.parts):
        return messages
    kept = (
        evolve(
            message, parts=tuple(_own(part, origin) for part in message.parts if not _foreign(part, origin))
        )
        for message in messages
    )
    return tuple(message for message in kept if message.parts or message.role is not Role.ASSISTANT)


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
