from itertools import pairwise

from oneapi.domain.health import FAULTS_TO_REST, Breaker, MetricRule, SuccessWindow


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
