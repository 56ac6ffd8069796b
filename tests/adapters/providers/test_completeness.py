"""Every channel type: a row, recorded exchanges whole, streamed and refused, and a line in the documentation.

``test_gateway_exchanges`` replays the exchanges against the dialects, ``tests/e2e/channels/test_providers.py`` through
a server.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from oneapi.adapters.providers.registry import SPECS
from scripts.providers import EXCHANGES, capabilities, speaks_openai

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "providers.md"
#: The proxy passes any request on, and has no chat format.
PROXY = 43
TYPES = sorted(SPECS)


def cases() -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for path in EXCHANGES.glob("*.json"):
        recorded = json.loads(path.read_text(encoding="utf-8"))
        found[recorded["channel"]["type"]] += recorded["cases"]
    return found


@pytest.mark.parametrize("number", TYPES)
def test_exchanges_are_recorded_whole_and_streamed(number: int) -> None:
    if number == PROXY:
        assert cases()[number]
    else:
        assert {"chat", "streamed"} <= capabilities()[number]


@pytest.mark.parametrize("number", [number for number in TYPES if not speaks_openai(SPECS[number])])
def test_a_refusal_is_recorded(number: int) -> None:
    """Providers of OpenAI's format refuse as OpenAI does; see ``test_errors``."""
    assert any(case["client_response"]["status"] >= 400 for case in cases()[number])


@pytest.mark.parametrize("number", TYPES)
def test_it_is_documented(number: int) -> None:
    assert f"\n| {number} | [{SPECS[number].label.en}]({SPECS[number].docs}) |" in REFERENCE.read_text()
