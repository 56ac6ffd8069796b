"""What Google's models can do, by the generation that stands in their names, and how much they are to think."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from oneapi.domain.chat import NO_EFFORT

if TYPE_CHECKING:
    from oneapi.domain.chat import ChatRequest

_VERSION = re.compile(r"gemini-(\d+)(?:\.(\d+))?")
_FIRST = ("gemini-pro", "gemini-pro-vision", "gemini-ultra")

#: The first that take system instructions; those before, and Gemma, refuse them.
#: https://ai.google.dev/gemma/docs/core/prompt-structure
SYSTEM_SINCE = (1, 5)
#: The first that think by a budget of tokens, and those that think by a level instead and sign their tool calls.
#: https://ai.google.dev/gemini-api/docs/thinking
BUDGET_SINCE = (2, 5)
LEVEL_SINCE = (3, 0)

#: https://ai.google.dev/gemini-api/docs/openai#thinking: what Google itself makes of each effort.
BUDGETS = {"minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
EFFORTS = {"none": "none", "xhigh": "high", "max": "high"} | {name: name for name in BUDGETS}
#: More than this not every model takes; the least that one which cannot stop thinking takes.
LARGEST_BUDGET = 24576
LEAST_BUDGET = 128


def version_of(model: str) -> tuple[int, int]:
    """Of a model, the newest thinkable where a Gemini's name has none (``gemini-flash-latest``)."""
    if found := _VERSION.search(model):
        return int(found[1]), int(found[2] or 0)
    return (99, 0) if "gemini-" in model and model not in _FIRST else (1, 0)


def thinking_config(request: ChatRequest, model: str) -> dict[str, Any] | None:
    """None where the client did not say, and for models that do not think: an effort is a hint and no more."""
    effort, budget = EFFORTS.get(request.reasoning_effort, ""), request.thinking_budget
    if request.thinks is False:
        effort, budget = NO_EFFORT, None
    version = version_of(model)
    if version < BUDGET_SINCE or not (effort or budget):
        return None
    if version < LEVEL_SINCE:
        tokens = budget or (BUDGETS[effort] if effort in BUDGETS else _least(model))
        return {"thinkingBudget": min(tokens, LARGEST_BUDGET), "includeThoughts": tokens > LEAST_BUDGET}
    level = _level(effort or _effort_of(budget or 0), model)
    return {"thinkingLevel": level, "includeThoughts": effort != "none"}


def _least(model: str) -> int:
    return 0 if "flash" in model else LEAST_BUDGET


def _effort_of(budget: int) -> str:
    return next((effort for effort in ("low", "medium") if budget <= BUDGETS[effort]), "high")


def _level(effort: str, model: str) -> str:
    """https://ai.google.dev/gemini-api/docs/thinking#levels-budgets: only Flash knows the least of them."""
    if effort in {"none", "minimal"}:
        return "minimal" if "flash" in model else "low"
    # The first of the third generation knew two levels.
    return "high" if effort == "medium" and model.startswith("gemini-3-pro") else effort
