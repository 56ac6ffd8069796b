"""What a model thought, in ``encrypted_content``, where only its provider reads it again."""

from __future__ import annotations

from oneapi.domain.chat import Thinking

#: Stand before what other providers sign or hide their thoughts with; what OpenAI itself encrypts has neither.
SIGNED, HIDDEN = "signed.", "hidden."


def encrypted(thought: Thinking) -> str:
    """Empty for a thought that its provider does not ask to have back."""
    if thought.redacted:
        return HIDDEN + thought.redacted
    return SIGNED + thought.signature if thought.signature else ""


def thought_of(text: str, content: str) -> Thinking | None:
    """A thought as this gateway gave it out; None where nothing is left of it for another provider than OpenAI."""
    if content.startswith(HIDDEN):
        return Thinking(redacted=content.removeprefix(HIDDEN))
    signature = content.removeprefix(SIGNED) if content.startswith(SIGNED) else ""
    return Thinking(text, signature=signature) if text or signature else None
