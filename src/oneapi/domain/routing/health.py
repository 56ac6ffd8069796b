"""A channel's recent results: when it rests, and when its success rate is too low to keep it enabled."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from attrs import define, field, frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

FAULTS_TO_REST = 5
REST_SECONDS: Sequence[float] = (30, 60, 120, 300)
LONGEST_RETRY_AFTER = 300.0


@frozen
class LowSuccessRate:
    """Too few of a channel's requests succeed."""

    rate: float

    def __str__(self) -> str:
        return f"success rate {self.rate:.2%}"


@frozen
class NoBalance:
    """Nothing is left on the account behind a channel."""

    def __str__(self) -> str:
        return "no balance left"


@frozen
class SlowTest:
    """A channel's test took longer than the operator allows."""

    seconds: float
    threshold: float

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, more than {self.threshold:g} s"


#: Why a channel is disabled; a text is the provider's own message. ``str`` gives the form for the process log.
Cause = LowSuccessRate | NoBalance | SlowTest | str


@define
class Breaker:
    """A circuit breaker: rests a channel after ``FAULTS_TO_REST`` consecutive faults of its own.

    After the rest, one request at a time goes through as a probe: success closes the breaker, a fault lengthens the
    rest.
    """

    faults: int = 0
    rests: int = 0
    resting_until: float = 0.0
    probe_started: float = 0.0
    #: Users whose requests may have caused a fault since the last success.
    suspects: set[int] = field(factory=set)

    def is_resting(self, now: float) -> bool:
        """Whether requests should avoid the channel at ``now``."""
        if now < self.resting_until:
            return True
        return self.rests > 0 and now < self.probe_started + REST_SECONDS[0]

    def started(self, now: float) -> None:
        """Record that a request goes to the channel at ``now``; after a rest, it is the probe."""
        if self.rests:
            self.probe_started = now

    def succeeded(self) -> None:
        self.faults = self.rests = 0
        self.suspects.clear()
        self.resting_until = self.probe_started = 0.0

    def failed(self, now: float, retry_after: float | None = None, suspect: int | None = None) -> None:
        """Count a fault; ``retry_after`` is the delay in seconds that a 429 asked for.

        ``suspect`` is the user whose request may have caused it. Such faults count once per user, so that one user's
        requests cannot take the channel away from the others.
        """
        if suspect is not None:
            if suspect in self.suspects:
                return
            self.suspects.add(suspect)
        self.faults += 1
        if retry_after is not None:
            self.resting_until = max(self.resting_until, now + min(retry_after, LONGEST_RETRY_AFTER))
        if self.faults >= FAULTS_TO_REST or self.rests:
            rest = REST_SECONDS[min(self.rests, len(REST_SECONDS) - 1)]
            self.resting_until = max(self.resting_until, now + rest)
            self.rests += 1
            self.faults = 0
            self.probe_started = 0.0


RETRY_SHARE = 0.2
RETRY_WINDOW = 10.0
_HALF_WINDOW = RETRY_WINDOW / 2
#: Retries allowed in each window in any case: three per second.
RETRY_FLOOR = 30


@define
class RetryBudget:
    """Limits retries during an outage to a fifth of the requests, but at least ``RETRY_FLOOR`` per ``RETRY_WINDOW``.

    A retry is taken from the budget when it starts and given back when its request succeeds, so that retries which help
    are free. Requests are counted over the last ``RETRY_WINDOW`` seconds; requests under way count instead if they are
    more. Two half windows take turns, which needs no list of times.
    """

    began: float = 0.0
    requests: int = 0
    requests_before: int = 0
    spent: int = 0
    spent_before: int = 0

    def request(self, now: float) -> None:
        """Count a new request."""
        if now >= self.began + _HALF_WINDOW:
            self._turn(now)
        self.requests += 1

    def take(self, now: float, under_way: int) -> bool:
        """Whether one more retry may start; if so, it is counted."""
        self._turn(now)
        requests = max(self.requests + self.requests_before, under_way)
        if self.spent + self.spent_before >= max(RETRY_FLOOR, RETRY_SHARE * requests):
            return False
        self.spent += 1
        return True

    def give_back(self, retries: int) -> None:
        """Return ``retries`` to the budget: their request succeeded."""
        now = min(retries, self.spent)
        self.spent -= now
        self.spent_before = max(0, self.spent_before - (retries - now))

    def _turn(self, now: float) -> None:
        if now < self.began + _HALF_WINDOW:
            return
        recent = now < self.began + RETRY_WINDOW
        self.requests_before, self.spent_before = (self.requests, self.spent) if recent else (0, 0)
        self.requests = self.spent = 0
        self.began = now


@frozen
class MetricRule:
    """Disables a channel when too few of its last ``size`` results are successes (``ENABLE_METRIC``)."""

    size: int
    threshold: float


@define
class SuccessWindow:
    """The last results of one channel: successes and upstream faults, each with its suspect as in ``Breaker``."""

    results: deque[tuple[bool, int | None]] = field(factory=deque)

    def record(
        self,
        success: bool,  # noqa: FBT001  # the result itself
        rule: MetricRule,
        suspect: int | None = None,
    ) -> float | None:
        """Record one result. Returns the success rate if it fell below the threshold, and then empties the window.

        A fault with a suspect is recorded once per user.
        """
        if suspect is not None and (success, suspect) in self.results:
            return None
        self.results.append((success, suspect))
        while len(self.results) > rule.size:
            self.results.popleft()
        if success or len(self.results) < rule.size:
            return None
        rate = sum(result for result, _ in self.results) / len(self.results)
        if rate >= rule.threshold:
            return None
        self.results.clear()
        return rate
