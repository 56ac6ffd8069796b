"""What each version of Claude takes and refuses, by what its name says.

https://platform.claude.com/docs/en/about-claude/models/migration-guide, and the guides of single models below
https://platform.claude.com/docs/en/models; seen 2026-11-30. This file ages: add a version where one is released that
takes less than the newest before it.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

#: ``claude-3-7-sonnet``, ``claude-sonnet-4-5-20250929``, ``claude-opus-4@20250514``, ``claude-2.1``.
_VERSION = re.compile(r"claude-(?:instant-)?(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2})(?!\d))?")
_NEWEST = (99, 0)
_ALWAYS_THINKING = ("fable", "mythos")

#: The first that refuses ``temperature`` and ``top_p`` in one request.
ONE_SAMPLER: Final = (4, 1)
#: The first that refuses ``temperature`` other than 1, ``top_p`` and ``top_k``.
NO_SAMPLING: Final = (4, 7)
#: The first that thinks, by a budget of tokens, and the first that decides by itself and takes an effort instead.
BUDGET: Final = (3, 7)
ADAPTIVE: Final = (4, 6)
#: The first that thinks unless it is told not to, and the first of which some cannot be told.
THINKS_BY_ITSELF: Final = (5, 0)
THINKS_ALWAYS: Final = (5, 5)
#: The first that knows the effort ``xhigh``.
XHIGH: Final = (4, 7)
#: The first that can be bound to a schema: https://platform.claude.com/docs/en/build-with-claude/structured-outputs.
SCHEMAS: Final = (4, 5)
#: The first that refuses a conversation which ends with the assistant's words.
NO_PREFILL: Final = (4, 6)


@frozen
class Claude:
    """One model; ``version`` None: another vendor's, behind the same API, of which nothing is known."""

    version: tuple[int, int] | None
    name: str = ""

    @property
    def takes_both_samplers(self) -> bool:
        return self.version is None or self.version < ONE_SAMPLER

    @property
    def takes_sampling(self) -> bool:
        return self.version is None or self.version < NO_SAMPLING

    @property
    def thinks_by_budget(self) -> bool:
        return self.version is None or BUDGET <= self.version < ADAPTIVE

    @property
    def takes_effort(self) -> bool:
        return self.version is not None and self.version >= ADAPTIVE

    @property
    def takes_schemas(self) -> bool:
        return self.version is None or self.version >= SCHEMAS

    @property
    def takes_prefill(self) -> bool:
        return self.version is None or self.version < NO_PREFILL

    @property
    def takes_forced_tools(self) -> bool:
        """https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5#forced-tool-use-is-not-supported."""
        if self.version is None or "haiku" in self.name:
            return True
        return self.version < ((5, 1) if self._is_always_thinking else THINKS_ALWAYS)

    def effort(self, asked: str) -> str:
        """The nearest effort that the model knows."""
        if asked == "minimal":
            return "low"
        return "high" if asked == "xhigh" and self.version is not None and self.version < XHIGH else asked

    @property
    def unthinking(self) -> dict[str, object]:
        """The fields that come closest to switching thinking off; none where the model does not think by itself."""
        if self.version is None or self.version < THINKS_BY_ITSELF:
            return {}
        if self._is_always_thinking or (self.version >= THINKS_ALWAYS and "opus" in self.name):
            return {"output_config": {"effort": "low"}}
        if self.version >= THINKS_ALWAYS and "sonnet" in self.name:
            return {"thinking": {"type": "between_tools"}}
        return {"thinking": {"type": "disabled"}}

    @property
    def _is_always_thinking(self) -> bool:
        return any(family in self.name for family in _ALWAYS_THINKING)


def claude_of(model: str, asked: str = "") -> Claude:
    """The model of that name; where it is an ARN, which may not say what it stands for, the one ``asked`` for."""
    name = asked if "claude" not in model and model.startswith("arn:") else model
    if "claude" not in name:
        return Claude(None)
    found = _VERSION.search(name)
    return Claude((int(found[1]), int(found[2] or 0)) if found else _NEWEST, name)
