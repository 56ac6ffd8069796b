from itertools import pairwise

from oneapi.domain.routing.health import (
    FAULTS_TO_REST,
    RETRY_FLOOR,
    RETRY_WINDOW,
    Breaker,
    MetricRule,
    RetryBudget,
    SuccessWindow,
)


def sick(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(FAULTS_TO_REST):
        breaker.failed(now)
    return breaker


def test_rests_after_five_consecutive_faults() -> None:
    breaker = Breaker()
    for _ in range(FAULTS_TO_REST - 1):
        breaker.failed(0)
    assert not breaker.is_resting(0)
    breaker.failed(0)
    assert breaker.is_resting(29.9)
    assert not breaker.is_resting(30.1)


def test_a_success_between_starts_the_count_again() -> None:
    breaker = Breaker()
    for _ in range(FAULTS_TO_REST - 1):
        breaker.failed(0)
    breaker.succeeded()
    breaker.failed(0)
    assert not breaker.is_resting(0)


def test_one_probe_at_a_time_after_the_rest() -> None:
    breaker = sick()
    breaker.started(31)
    assert breaker.is_resting(32), "a second request must wait for the probe"
    breaker.succeeded()
    assert not breaker.is_resting(32)


def test_a_failed_probe_rests_longer_up_to_five_minutes() -> None:
    breaker = sick()
    ends = [30.0]
    for _ in range(5):
        now = ends[-1] + 1
        breaker.started(now)
        breaker.failed(now)
        ends.append(breaker.resting_until)
    rests = [round(later - earlier - 1) for earlier, later in pairwise(ends)]
    assert rests == [60, 120, 300, 300, 300]


def test_too_many_requests_rests_for_what_was_asked_capped() -> None:
    breaker = Breaker()
    breaker.failed(100, retry_after=7)
    assert breaker.is_resting(106)
    assert not breaker.is_resting(108)
    breaker.failed(200, retry_after=86400)
    assert breaker.resting_until == 500


def test_window_reports_a_low_success_rate_once() -> None:
    window, rule = SuccessWindow(), MetricRule(size=10, threshold=0.8)
    outcomes = [True] * 7 + [False] * 2
    assert [window.record(outcome, rule) for outcome in outcomes] == [None] * 9
    assert window.record(False, rule) == 0.7
    assert window.record(False, rule) is None


def test_window_forgets_what_is_older_than_its_size() -> None:
    window, rule = SuccessWindow(), MetricRule(size=4, threshold=0.5)
    for outcome in [False, False, True, True, True]:
        window.record(outcome, rule)
    assert window.record(False, rule) is None


def test_one_users_requests_rest_no_channel() -> None:
    breaker = Breaker()
    for _ in range(100):
        breaker.failed(0, suspect=7)
    assert not breaker.is_resting(0)
    for user in range(FAULTS_TO_REST):
        breaker.failed(0, suspect=user)
    assert breaker.is_resting(0), "so many users cannot all have asked for it"


def test_a_success_forgets_who_was_suspected() -> None:
    breaker = Breaker()
    for user in range(FAULTS_TO_REST - 1):
        breaker.failed(0, suspect=user)
    breaker.succeeded()
    breaker.failed(0, suspect=0)
    assert (breaker.faults, breaker.suspects) == (1, {0})


def test_one_users_requests_lower_no_rate_of_success() -> None:
    window, rule = SuccessWindow(), MetricRule(size=10, threshold=0.8)
    for _ in range(100):
        assert window.record(False, rule, suspect=7) is None
        assert window.record(True, rule) is None
    rates = [window.record(False, rule, suspect=user) for user in (1, 2, 3)]
    assert rates[-1] is not None or any(rate is not None for rate in rates)


def test_the_budget_is_a_fifth_of_the_requests_or_three() -> None:
    budget = RetryBudget()
    taken = 0
    for number in range(200):
        now = number / 100
        budget.request(now)
        taken += budget.take(now, 1)
    assert RETRY_FLOOR <= taken <= 40


def test_the_budget_counts_requests_under_way_where_they_are_more() -> None:
    budget = RetryBudget()
    budget.request(0)
    assert [budget.take(0, 200) for _ in range(41)] == [True] * 40 + [False]


def test_retries_that_help_are_free() -> None:
    budget = RetryBudget()
    for number in range(100):
        budget.request(number / 100)
        assert budget.take(number / 100, 1)
        assert budget.take(number / 100, 1)
        budget.give_back(2)


def test_the_budget_is_renewed_and_never_negative() -> None:
    budget = RetryBudget()
    while budget.take(0, 1):
        pass
    assert not budget.take(RETRY_WINDOW / 2 - 0.1, 1)
    assert not budget.take(RETRY_WINDOW / 2 + 0.1, 1), "half of the window has passed"
    assert budget.take(2 * RETRY_WINDOW + 1, 1)
    budget.give_back(50)
    assert (budget.spent, budget.spent_before) == (0, 0)
