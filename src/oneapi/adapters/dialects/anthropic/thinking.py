"""How much Claude should think, derived from the client's request.

https://platform.claude.com/docs/en/build-with-claude/thinking
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.domain.chat import MessageRole, Thinking, ToolCall, ToolMode
from oneapi.domain.models.traits import ThinkingForm, Unthinking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oneapi.domain.chat import ChatRequest, Message
    from oneapi.domain.models.traits import ModelTraits

LEAST_BUDGET = 1024
#: Tokens by effort; added to the answer's own if the client set no limit, else at most the given share of the limit.
BUDGETS = {"minimal": 2048, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32000, "max": 32000}
LARGEST_PART = 0.8
#: For clients that ask for thoughts without an amount.
USUAL_EFFORT = "medium"
UNTHINKING: Mapping[Unthinking, Mapping[str, Any]] = {
    Unthinking.NOTHING: {},
    Unthinking.DISABLED: {"thinking": {"type": "disabled"}},
    Unthinking.BETWEEN_TOOLS: {"thinking": {"type": "between_tools"}},
    Unthinking.LEAST_EFFORT: {"output_config": {"effort": "low"}},
}


def thinking_fields(request: ChatRequest, traits: ModelTraits) -> dict[str, Any]:
    """The fields that make the model think as requested; none if it cannot: an effort is only a hint.

    Models of other vendors behind this API take a budget.
    """
    if request.thinks is None:
        return {}
    if request.thinks is False:
        return dict(UNTHINKING[traits.unthinking])
    # Refused in combination: https://platform.claude.com/docs/en/build-with-claude/extended-thinking#feature-compatibility
    forced = request.tool_choice.mode in {ToolMode.REQUIRED, ToolMode.NAMED} and bool(request.tools)
    effort = request.reasoning_effort if request.reasoning_effort in BUDGETS else ""
    if traits.thinking not in (ThinkingForm.NONE, ThinkingForm.ADAPTIVE):
        budget = _budget(request, effort or ("" if request.reasoning_effort else USUAL_EFFORT))
        if not budget or forced or _lacks_thoughts(request.messages):
            return {}
        return {"thinking": {"type": "enabled", "budget_tokens": budget}}
    if traits.thinking is not ThinkingForm.ADAPTIVE or (request.reasoning_effort and not effort):
        return {}
    fields: dict[str, Any] = {"output_config": {"effort": traits.effort(effort)}} if effort else {}
    refused = forced and traits.forced_tools
    return fields if refused else {**fields, "thinking": {"type": "adaptive"}}


def _budget(request: ChatRequest, effort: str) -> int:
    """Tokens for thinking, which count towards the client's limit; 0 if the limit leaves less than the minimum."""
    limit, own = request.max_tokens, request.thinking_budget
    budget = max(own, LEAST_BUDGET) if own else BUDGETS.get(effort, 0)
    if limit is not None and budget > (limit - 1 if own else limit * LARGEST_PART):
        budget = int(limit * LARGEST_PART)
    return budget if budget >= LEAST_BUDGET else 0


def _lacks_thoughts(messages: Sequence[Message]) -> bool:
    """Whether the model would have to continue after a tool call whose thought the client did not send back.

    "When thinking is enabled, a final assistant message must start with a thinking block": refused otherwise.
    """
    turn = next((message for message in reversed(messages) if message.role is MessageRole.ASSISTANT), None)
    if turn is None or not any(isinstance(part, ToolCall) for part in turn.parts):
        return False
    return not any(isinstance(part, Thinking) and (part.signature or part.redacted) for part in turn.parts)
