"""Token counts are integers within bounds; plausible reports are believed, and missing counts are filled in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.domain.usage import (
    BEYOND,
    COUNTS,
    MOST_SEARCHES,
    MOST_TOKENS,
    NOTHING,
    Usage,
    believed,
    count,
    settled,
)

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


@given(numbers=st.lists(st.integers(), min_size=len(COUNTS), max_size=len(COUNTS)))
def test_no_usage_holds_a_number_beyond_its_bounds(numbers: list[int]) -> None:
    usage = Usage(*numbers)
    assert all(0 <= getattr(usage, name) <= BEYOND for name in COUNTS)
    tokens = max(usage.prompt, usage.completion, usage.unsplit)
    assert (believed(usage) is None) == (tokens > MOST_TOKENS or usage.searches > MOST_SEARCHES)


def test_no_report_is_not_believed() -> None:
    assert believed(None) is None


# --- counts that a provider does not report ----------------------------------------------------


@pytest.mark.parametrize(
    ("usage", "total", "expected"),
    [
        (Usage(10, 5), 15, Usage(10, 5)),
        (Usage(10, 5), 0, Usage(10, 5)),
        (Usage(10, 5), 100, Usage(10, 90)),
        (Usage(), 100, Usage(unsplit=100)),
        (Usage(0, 20), 100, Usage(0, 20, unsplit=80)),
    ],
)
def test_what_no_part_names_is_output_or_open(usage: Usage, total: int, expected: Usage) -> None:
    assert usage.counting(total) == expected
    assert usage.counting(total).total == max(total, usage.total)


def test_a_total_without_parts_is_split_by_the_prompt_that_was_counted_here() -> None:
    assert settled(Usage(unsplit=100), 45, 7) == Usage(45, 55)
    assert settled(Usage(0, 20, unsplit=80), 45, 7) == Usage(45, 55)
    assert settled(Usage(unsplit=30), 45, 7) == Usage(30, 0), "never more than the provider counted"


@pytest.mark.parametrize(
    ("reported", "completion", "expected"),
    [
        (NOTHING, 0, NOTHING),
        (NOTHING, 5, Usage(7, 5)),
        (None, 0, Usage(7, 0)),
        (None, 5, Usage(7, 5)),
        (Usage(3, 4), 5, Usage(3, 4)),
    ],
)
def test_only_an_empty_answer_is_free_when_zeros_are_reported(
    reported: Usage | None, completion: int, expected: Usage
) -> None:
    assert settled(reported, 7, completion) == expected


def test_a_bill_needs_parts() -> None:
    complete = (Usage(1), Usage(0, 1), Usage(seconds=1), Usage(searches=1))
    assert all(usage.is_complete for usage in complete)
    assert not any(usage.is_complete for usage in (NOTHING, Usage(unsplit=9), Usage(0, 1, unsplit=9)))
