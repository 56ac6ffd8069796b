"""Counts of tokens are whole, within bounds, and believed only where they could be true."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.domain.usage import BEYOND, MOST_TOKENS, Usage, believed, count

CLASSES = ("prompt", "completion", "cached", "reasoning", "audio_in", "audio_out")
anything = st.one_of(
    st.integers(), st.floats(), st.text(), st.booleans(), st.none(), st.lists(st.integers(), max_size=2)
)


@given(value=anything)
def test_a_count_is_a_whole_number_within_its_bounds(value: Any) -> None:
    assert type(count(value)) is int
    assert 0 <= count(value) <= BEYOND


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        (7, 7),
        (7.0, 7),
        (MOST_TOKENS, MOST_TOKENS),
        (MOST_TOKENS + 1, BEYOND),
        (2**63, BEYOND),
        (1e30, BEYOND),
        (1.5, 0),
        (-3, 0),
        (float("nan"), 0),
        (float("inf"), 0),
        (True, 0),
        ("7", 0),
        (None, 0),
    ],
)
def test_what_counts(value: Any, counted: int) -> None:
    assert count(value) == counted


@given(numbers=st.lists(st.integers(), min_size=6, max_size=6))
def test_a6_no_usage_holds_a_number_beyond_its_bounds(numbers: list[int]) -> None:
    usage = Usage(*numbers)
    assert all(0 <= getattr(usage, name) <= BEYOND for name in CLASSES)
    assert (believed(usage) is None) == (max(numbers[:2]) > MOST_TOKENS)


def test_no_report_is_not_believed() -> None:
    assert believed(None) is None
