"""The sliding window: how many, how long, and how much memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oneapi.domain import limits
from oneapi.domain.limits import SlidingWindow


def test_no_more_than_the_limit_within_the_window() -> None:
    window = SlidingWindow(2, 10)
    assert [window.admit("a", now) for now in (0, 1, 2, 9.9, 10, 10.5, 11)] == [
        True,
        True,
        False,
        False,
        True,
        False,
        True,
    ]


def test_each_key_has_its_own_window() -> None:
    window = SlidingWindow(1, 10)
    assert window.admit("a", 0)
    assert window.admit("b", 0)
    assert not window.admit("a", 1)


def test_limit_of_zero_is_none() -> None:
    window = SlidingWindow(0, 10)
    assert all(window.admit("a", 0) for _ in range(1000))
    assert len(window) == 0


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 5))
def test_any_window_holds_at_most_the_limit(steps: list[float], limit: int) -> None:
    window, now, admitted = SlidingWindow(limit, 10), 0.0, []
    for step in steps:
        now += step
        if window.admit("a", now):
            admitted.append(now)
    assert all(later - first >= 10 for first, later in zip(admitted, admitted[limit:], strict=False))


def test_idle_keys_are_forgotten() -> None:
    window = SlidingWindow(3, 10)
    for number in range(100):
        window.admit(str(number), number)
    assert len(window) == 10


def test_crowd_of_keys_does_not_fill_the_memory() -> None:
    window = SlidingWindow(3, 10)
    for number in range(limits.MOST_KEYS + 10):
        window.admit(str(number), 0)
    assert len(window) == limits.MOST_KEYS
