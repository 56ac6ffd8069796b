"""The expected outcome of a cell, and what became of a feature."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from oneapi.domain.errors import UnsupportedFeature
from tests.matrix.cells import World
from tests.matrix.rows import AS
from tests.matrix.surfaces import CALLED, PDF, PICTURE, STOP_AT, SYSTEM, TIME, WEATHER, Said

if TYPE_CHECKING:
    from tests.matrix.cells import Outcome
    from tests.matrix.rows import Row
    from tests.matrix.surfaces import Client, Fields

ANSWERED = "Hello there."
THOUGHT = "Let me think."
PAGE = "https://example.org/page"
#: Names of request members that make a model think.
THINKING_WORDS = ("think", "reasoning", "effort")
AS_IT_IS, CARRIED = "as it is", "carried"


async def whole_cell(row: Row, client: Client, feature: str) -> tuple[Outcome, Fields]:
    """The outcome of a request for a whole answer, and the cell in its stored form."""
    asked = client.asks(feature, row.model, stream=False)
    outcome = await World(row).ask(client, asked, row.whole(feature))
    if isinstance(outcome.error, UnsupportedFeature):
        return outcome, {"verdict": f"refused: {outcome.error.feature}"}
    assert outcome.error is None, outcome.error
    got = json.loads(outcome.got[0])
    return outcome, {
        "verdict": verdict(row, feature, asked, outcome, client.said(got)),
        "sent": outcome.body,
        "got": got,
        "billed": list(outcome.billed or ()),
    }


async def fault_cell(row: Row, client: Client, fault: str) -> tuple[Outcome, Fields]:
    """The same for a stream that fails, or that the client leaves."""
    asked = client.asks("text", row.model, stream=True)
    world = World(row)
    if fault == "error before":
        outcome = await world.ask(client, asked, row.refusal())
        return outcome, {"status": outcome.status, "got": json.loads(outcome.got[0])}
    if fault == "client gone":
        outcome = await world.ask(client, asked, row.stream("text"), leaves_after=1)
        return outcome, {"billed": list(outcome.billed or ())}
    outcome = await world.ask(client, asked, row.stream("text", fault))
    return outcome, {
        "got": client.joined(b"".join(outcome.got)),
        "billed": list(outcome.billed or ()),
    }


def verdict(row: Row, feature: str, asked: Fields, outcome: Outcome, said: Said) -> str:
    """What became of ``feature``: all of it arrived on both sides, or what did not."""
    answer = row.answer(feature).get("whole")
    if outcome.got[0] == json.dumps(answer).encode():
        return AS_IT_IS
    missing = _missing(
        feature, asked, outcome, said, has_answer=AS.get(feature, feature) in row.given["answers"]
    )
    return f"dropped: {', '.join(missing)}" if missing else CARRIED


def _missing(feature: str, asked: Fields, outcome: Outcome, said: Said, *, has_answer: bool) -> list[str]:
    sent = "".join((request.body or b"").decode() for request in outcome.requests)
    words = sent.lower()
    checks: dict[str, dict[str, bool]] = {
        "tools": {
            "the tools": WEATHER in sent,
            "their results": CALLED[0][2] in sent,
            "the calls": [call[2] for call in said.calls] == [{"city": "Rome"}],
        },
        "parallel tools": {
            "the tools": WEATHER in sent,
            "their results": all(result in sent for _, _, result in CALLED),
            "the calls": [call[2] for call in said.calls] == [{"city": "Rome"}, {"city": "Pisa"}],
        },
        "allowed tools": {
            "the tools": WEATHER in sent,
            "which of them may be called": TIME not in sent or "allowed" in words,
            "the call": [call[1] for call in said.calls] == [WEATHER],
        },
        "custom tool": {
            "the tool": WEATHER in sent,
            "its result": CALLED[0][2] in sent,
            "the call": [json.loads(call[2].get("input", "0")) for call in said.calls] == [{"city": "Rome"}],
        },
        "image": {"the image": PICTURE in sent},
        "document": {"the document": PDF in sent},
        "thinking": {
            "the wish to think": any(word in words for word in THINKING_WORDS),
            "the thoughts": not has_answer or said.thinking == THOUGHT,
        },
        "citations": {"the pages": said.pages == (PAGE,)},
        "picture": {"the picture": said.pictures == (PICTURE,)},
        "cache breakpoint": {"the breakpoint": "cache_control" in words or "cachepoint" in words},
        "stop reason": {
            "stop sequences": STOP_AT in sent or STOP_AT not in json.dumps(asked),
            "the limit as the reason": not has_answer or said.end == "length",
        },
    }
    arrived = checks.get(feature, {"the system prompt": SYSTEM in sent, "the text": said.text == ANSWERED})
    return [what for what, has_arrived in arrived.items() if not has_arrived]


def difference(before: Any, after: Any) -> Any:
    """The patch from ``before`` to ``after``: members that are new or differ, at any depth (RFC 7386)."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    changed = {
        name: difference(before.get(name), value)
        for name, value in after.items()
        if name not in before or before[name] != value
    }
    return {**changed, **{name: None for name in before if name not in after}}
