"""A channel's recent record: when it rests, and when its success rate is too low to keep it on."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from attrs import define, field, frozen

if TYPE_CHECKING:
    from collections.abc import Sequence

FAULTS_TO_REST = 5
REST_SECONDS: Sequence[float] = (30, 60, 120, 300)
LONGEST_RETRY_AFTER = 300.0


@define
class Breaker:
    """Takes a channel out of rotation after ``FAULTS_TO_REST`` consecutive faults of its own.

    After the rest one request at a time is let through (a probe); success closes the breaker, a fault lengthens the
    rest.
    """

    faults: int = 0
    rests: int = 0
    resting_until: float = 0.0
    probe_started: float = 0.0

    def is_resting(self, now: float) -> bool:
        """Whether the channel should be left alone at ``now``."""
        if now < self.resting_until:
            return True
        return self.rests > 0 and now < self.probe_started + REST_SECONDS[0]

    def started(self, now: float) -> None:
        """A request goes to the channel at ``now``; after a rest that is the probe."""
        if self.rests:
            self.probe_started = now

    def succeeded(self) -> None:
        self.faults = self.rests = 0
        self.resting_until = self.probe_started = 0.0

    def failed(self, now: float, retry_after: float | None = None) -> None:
        """A fault of the channel's own; ``retry_after`` is what a 429 asked for, in seconds."""
        self.faults += 1
        if retry_after is not None:
            self.resting_until = max(self.resting_until, now + min(retry_after, LONGEST_RETRY_AFTER))
        if self.faults >= FAULTS_TO_REST or self.rests:
            rest = REST_SECONDS[min(self.rests, len(REST_SECONDS) - 1)]
            self.resting_until = max(self.resting_until, now + rest)
            self.rests += 1
            self.faults = 0
            self.probe_started = 0.0


@frozen
class MetricRule:
    """Disable a channel whose last ``size`` results contain too few successes (``ENABLE_METRIC``)."""

    size: int
    threshold: float


@define
class SuccessWindow:
    """The last results of one channel, upstream faults and successes only."""

    results: deque[bool] = field(factory=deque)

    def record(self, success: bool, rule: MetricRule) -> float | None:  # noqa: FBT001  # it is the result itself
        """Remember one result; the success rate when it fell below the threshold (the window is then emptied)."""
        self.results.append(success)
        while len(self.results) > rule.size:
            self.results.popleft()
        if success or len(self.results) < rule.size:
            return None
        rate = sum(self.results) / len(self.results)
        if rate >= rule.threshold:
            return None
        self.results.clear()
        return rate
