"""How much Claude is to think, out of what a client asked for.

https://platform.claude.com/docs/en/build-with-claude/thinking: models from 3.7 to 4.5 take a budget of
tokens, later ones decide by themselves and take an effort, earlier ones do not think and refuse both fields.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from oneapi.domain.chat import Role, Thinking, ToolCall, ToolMode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oneapi.domain.chat import ChatRequest, Message

LEAST_BUDGET = 1024
#: Of each effort; beyond the answer's own tokens where the client set no limit, else at most the given part of it.
BUDGETS = {"low": 2048, "medium": 8192, "high": 16384, "xhigh": 32000, "max": 32000}
LARGEST_PART = 0.8
EFFORTS = {"minimal": "low"} | {name: name for name in BUDGETS}

#: ``claude-3-7-sonnet``, ``claude-sonnet-4-5-20250929``, ``claude-opus-4@20250514``, ``claude-2.1``.
_VERSION = re.compile(r"claude-(?:instant-)?(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?")


def thinking_fields(request: ChatRequest, model: str, max_tokens: int | None) -> dict[str, Any]:
    """The fields that make ``model`` think as asked; none where it cannot: an effort is a hint, no part of the meaning.

    ``max_tokens`` is the client's limit, which the thoughts count towards.
    """
    effort = EFFORTS.get(request.reasoning_effort, "")
    # Refused together: https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility
    forced = request.tool_choice.mode in {ToolMode.REQUIRED, ToolMode.NAMED} and bool(request.tools)
    version = version_of(model)
    if version is None or (3, 7) <= version < (4, 6):
        budget = request.thinking_budget or _budget(effort, max_tokens)
        if not budget or forced or _lacks_thoughts(request.messages):
            return {}
        return {"thinking": {"type": "enabled", "budget_tokens": budget}}
    if version < (3, 7) or not (effort or request.thinking_budget):
        return {}
    fields: dict[str, Any] = {"output_config": {"effort": effort}} if effort else {}
    return fields if forced else {**fields, "thinking": {"type": "adaptive"}}


def version_of(model: str) -> tuple[int, int] | None:
    """Of a Claude model, the newest thinkable if its name has none; None for models of others behind the same API."""
    if "claude" not in model:
        return None
    found = _VERSION.search(model)
    return (int(found[1]), int(found[2] or 0)) if found else (99, 0)


def _budget(effort: str, max_tokens: int | None) -> int:
    budget = BUDGETS.get(effort, 0)
    if max_tokens is not None:
        budget = min(budget, int(max_tokens * LARGEST_PART))
    return budget if budget >= LEAST_BUDGET else 0


def _lacks_thoughts(messages: Sequence[Message]) -> bool:
    """Whether the model would have to go on behind a tool call whose thought the client did not give back.

    "When thinking is enabled, a final assistant message must start with a thinking block": refused otherwise.
    """
    turn = next((message for message in reversed(messages) if message.role is Role.ASSISTANT), None)
    if turn is None or not any(isinstance(part, ToolCall) for part in turn.parts):
        return False
    return not any(isinstance(part, Thinking) and (part.signature or part.redacted) for part in turn.parts)
