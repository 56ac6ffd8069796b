"""What is known of a usage, and what is filled in where a provider leaves it open."""

from __future__ import annotations

import pytest

from oneapi.domain.usage import NOTHING, Usage, settled


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
def test_kind_a_what_no_part_names_is_output_or_open(usage: Usage, total: int, expected: Usage) -> None:
    assert usage.counting(total) == expected
    assert usage.counting(total).total == max(total, usage.total)


def test_triage_14_a_total_without_parts_is_split_by_the_prompt_that_was_counted_here() -> None:
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
def test_triage_15_only_an_empty_answer_is_free_when_zeros_are_reported(
    reported: Usage | None, completion: int, expected: Usage
) -> None:
    assert settled(reported, 7, completion) == expected


def test_a_bill_needs_parts() -> None:
    complete = (Usage(1), Usage(0, 1), Usage(seconds=1))
    assert all(usage.is_complete for usage in complete)
    assert not any(usage.is_complete for usage in (NOTHING, Usage(unsplit=9), Usage(0, 1, unsplit=9)))
