"""Thoughts in ``encrypted_content``, where only their provider can read them again."""

from __future__ import annotations

from oneapi.domain.chat import Thinking

#: Prefixes of signatures and hidden thoughts of other providers; content encrypted by OpenAI has neither.
SIGNED, HIDDEN = "signed.", "hidden."


def encrypted(thought: Thinking) -> str:
    """``thought`` as encrypted content; empty if its provider does not need it back."""
    if thought.redacted:
        return HIDDEN + thought.redacted
    return SIGNED + thought.signature if thought.signature else ""


def thought_of(text: str, content: str) -> Thinking | None:
    """The thought in content that this gateway wrote; None if it holds nothing for a provider other than OpenAI."""
    if content.startswith(HIDDEN):
        return Thinking(redacted=content.removeprefix(HIDDEN))
    signature = content.removeprefix(SIGNED) if content.startswith(SIGNED) else ""
    return Thinking(text, signature=signature) if text or signature else None
