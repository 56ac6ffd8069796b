"""The sliding window: number of calls, waiting time, and memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oneapi.domain import limits
from oneapi.domain.limits import Rate, SlidingWindow, counted_as

TWO = Rate("two", 2, 10)


def test_no_more_than_the_limit_within_the_window() -> None:
    window = SlidingWindow()
    assert [window.admit(TWO, "a", now) is None for now in (0, 1, 2, 9.9, 10, 10.5, 11)] == [
        True,
        True,
        False,
        False,
        True,
        False,
        True,
    ]


def test_refused_caller_is_told_how_long_to_wait() -> None:
    window = SlidingWindow()
    window.admit(TWO, "a", 0)
    window.admit(TWO, "a", 4)
    assert window.admit(TWO, "a", 7) == 3
    assert window.admit(TWO, "a", 10) is None
    assert window.admit(TWO, "a", 11) == 3


def test_looking_does_not_count() -> None:
    window = SlidingWindow()
    for now in (0, 4):
        assert [window.wait(TWO, "a", now) for _ in range(3)] == [None] * 3
        window.admit(TWO, "a", now)
    assert (window.wait(TWO, "a", 7), window.wait(TWO, "b", 7), window.wait(TWO, "a", 10)) == (3, None, None)
    assert window.wait(Rate("two", 0, 10), "a", 7) is None
    assert len(window) == 1


def test_each_key_and_each_rate_has_its_own_window() -> None:
    window = SlidingWindow()
    one, other = Rate("one", 1, 10), Rate("other", 1, 10)
    assert window.admit(one, "a", 0) is None
    assert window.admit(one, "b", 0) is None
    assert window.admit(other, "a", 0) is None
    assert window.admit(one, "a", 1) == 9


def test_limit_of_zero_is_none() -> None:
    window = SlidingWindow()
    assert all(window.admit(Rate("none", 0, 10), "a", 0) is None for _ in range(1000))
    assert len(window) == 0


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 5))
def test_any_window_holds_at_most_the_limit(steps: list[float], limit: int) -> None:
    window, now, admitted = SlidingWindow(), 0.0, []
    for step in steps:
        now += step
        if window.admit(Rate("any", limit, 10), "a", now) is None:
            admitted.append(now)
    assert all(later - first >= 10 for first, later in zip(admitted, admitted[limit:], strict=False))


def test_idle_keys_are_forgotten() -> None:
    window = SlidingWindow()
    for number in range(100):
        window.admit(TWO, str(number), number)
    assert len(window) == 10


def test_crowd_of_keys_does_not_fill_the_memory() -> None:
    window = SlidingWindow()
    for number in range(limits.MOST_KEYS + 10):
        window.admit(TWO, str(number), 0)
    assert len(window) == limits.MOST_KEYS


def test_an_address_of_ipv6_counts_with_its_whole_network() -> None:
    assert counted_as("2001:db8:1:2:3:4:5:6") == counted_as("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert counted_as("2001:db8:1:3::9") != counted_as("2001:db8:1:2::9")
    assert (counted_as("192.0.2.7"), counted_as("")) == ("192.0.2.7", "")
