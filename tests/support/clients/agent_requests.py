"""Requests of real agents, recorded in ``tests/fixtures/agents``.

Names, order and form of headers and fields are as they were sent. Texts that belong to the agents are left out, with
their length in their place; ids are made up, and of many tools of one form two are kept.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

FOLDER = Path(__file__).parents[2] / "fixtures" / "agents"
LEFT_OUT = re.compile(r"<text of (\d+) characters>")
#: The placeholder for the token's key in headers.
KEY = re.compile(r"sk-TOKEN|<token of the sign-in>")
FILLER = "words of an agent "


@frozen
class AgentRequest:
    """One request of an agent; ``body`` is None if it has none."""

    agent: str
    case: str
    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: dict[str, Any] | None

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def is_conversation(self) -> bool:
        return self.body is not None and "count_tokens" not in self.path

    def with_key(self, key: str) -> AgentRequest:
        """The request with this token's key."""
        return evolve(self, headers=[(name, KEY.sub(key, value)) for name, value in self.headers])

    def with_model(self, model: str) -> AgentRequest:
        """The request as the agent sends it when configured for this model."""
        path = re.sub(r"(?<=/models/)[^/:]+", model, self.path)
        body = self.body if self.body is None or "model" not in self.body else {**self.body, "model": model}
        return evolve(self, path=path, body=body)

    @property
    def content(self) -> bytes | None:
        """The body as JavaScript writes it, with texts as long as the agent's."""
        if self.body is None:
            return None
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return LEFT_OUT.sub(lambda found: _filler(int(found[1])), text).encode()


def _filler(length: int) -> str:
    return (FILLER * (length // len(FILLER) + 1))[:length]


@cache
def agent_requests() -> tuple[AgentRequest, ...]:
    """All recorded requests."""
    recorded = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]
    return tuple(
        AgentRequest(**each | {"headers": [(name, value) for name, value in each["headers"]]})
        for group in recorded
        for each in group
    )


def agent_request(case: str) -> AgentRequest:
    return next(each for each in agent_requests() if each.case == case)
