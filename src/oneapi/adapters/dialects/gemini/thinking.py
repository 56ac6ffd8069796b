"""How much Google's models should think, derived from the client's request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.data import traits_of
from oneapi.domain.chat import NO_EFFORT
from oneapi.domain.models.traits import ThinkingForm

if TYPE_CHECKING:
    from oneapi.domain.chat import ChatRequest

#: https://ai.google.dev/gemini-api/docs/openai#thinking: Google's own budgets for each effort, in tokens.
BUDGETS = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
EFFORTS = {"none": "none", "xhigh": "high", "max": "high"} | {name: name for name in BUDGETS}
#: The largest budget that every model accepts. With the least one, a model hardly thinks.
LARGEST_BUDGET = 24576
LEAST_BUDGET = 128


def thinking_config(request: ChatRequest, model: str) -> dict[str, Any] | None:
    """The thinking options; None if the client set none or the model cannot think: an effort is only a hint."""
    effort, budget = EFFORTS.get(request.reasoning_effort, ""), request.thinking_budget
    if request.thinks is False:
        effort, budget = NO_EFFORT, None
    traits = traits_of(model)
    if not (effort or budget):
        return None
    if traits.thinking is ThinkingForm.BUDGET:
        tokens = budget or BUDGETS.get(effort, traits.least_budget)
        return {"thinkingBudget": min(tokens, LARGEST_BUDGET), "includeThoughts": tokens > LEAST_BUDGET}
    if traits.thinking is ThinkingForm.LEVEL:
        level = traits.effort(effort or _effort_of(budget or 0))
        return {"thinkingLevel": level, "includeThoughts": effort != NO_EFFORT}
    return None


def _effort_of(budget: int) -> str:
    return next((effort for effort in ("low", "medium") if budget <= BUDGETS[effort]), "high")
