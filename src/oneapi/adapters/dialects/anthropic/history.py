"""A client's conversation in a form that Claude accepts: without other providers' thoughts and citations.

Thinking blocks are signed by their provider. Those that this gateway wrote for other providers carry no signature, or
another provider's, and Anthropic refuses both.
https://platform.claude.com/docs/en/build-with-claude/thinking
Citations written by the gateway do not refer to any search result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.adapters.dialects.narrow import items_of, text
from oneapi.adapters.dialects.patch import raw_messages
from oneapi.adapters.dialects.thoughts import CLAUDE_SIGNER, is_foreign
from oneapi.data import traits_of
from oneapi.domain.models.names import behind_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING: Mapping[str, Any] = {}


def own_history(body: bytes, fields: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    """The messages without foreign parts; all others keep their bytes, which caches and signatures depend on.

    Other vendors behind this API work without signatures, and may need their thoughts back.
    """
    if not traits_of(behind_arn(model, text(fields.get("model")))).signs:
        return _NOTHING
    messages = items_of(fields.get("messages"))
    foreign = [
        number
        for number, message in enumerate(messages)
        if message.get("role") == "assistant"
        and any(_is_foreign(block) or _is_cited(block) for block in items_of(message.get("content")))
    ]
    if not foreign:
        return _NOTHING
    kept: list[Any] = list(raw_messages(body))
    for number in reversed(foreign):
        content = [_own(block) for block in messages[number]["content"] if not _is_foreign(block)]
        if content:
            kept[number] = {**messages[number], "content": content}
        else:
            del kept[number]
    return {"messages": kept}


def _is_foreign(block: Mapping[str, Any]) -> bool:
    match block.get("type"):
        case "thinking":
            signature = text(block.get("signature"))
            return not signature or is_foreign(signature, CLAUDE_SIGNER)
        case "redacted_thinking":
            return is_foreign(text(block.get("data")), CLAUDE_SIGNER)
    return False


def _is_cited(block: Mapping[str, Any]) -> bool:
    """Whether ``reply.py`` wrote one of the block's citations."""
    return any(map(_is_made, items_of(block.get("citations"))))


def _is_made(location: Mapping[str, Any]) -> bool:
    return location.get("type") == "search_result_location" and location.get("end_block_index") == 0


def _own(block: Any) -> Any:
    """``block`` with Claude's own citations only."""
    if not isinstance(block, dict) or not _is_cited(block):
        return block
    kept = [location for location in items_of(block["citations"]) if not _is_made(location)]
    return {**block, "citations": kept or None}
