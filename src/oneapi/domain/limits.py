"""Rate limits as arithmetic."""

from __future__ import annotations

from collections import OrderedDict

from attrs import define, field

#: Keys remembered at once; beyond that the one seen longest ago is forgotten, so that no crowd fills the memory.
MOST_KEYS = 50_000


@define
class SlidingWindow:
    """At most ``limit`` events a key within ``seconds``; ``limit`` 0: no limit. Idle keys are forgotten."""

    limit: int
    seconds: float
    _events: OrderedDict[str, list[float]] = field(factory=OrderedDict)

    def admit(self, key: str, now: float) -> bool:
        """Whether one more event is allowed at ``now``; refused ones do not count."""
        if not self.limit:
            return True
        recent = [event for event in self._events.pop(key, ()) if event > now - self.seconds]
        admitted = len(recent) < self.limit
        if admitted:
            recent.append(now)
        self._events[key] = recent
        self._forget(now)
        return admitted

    def __len__(self) -> int:
        return len(self._events)

    def _forget(self, now: float) -> None:
        while self._events:
            key, events = next(iter(self._events.items()))
            if events[-1] > now - self.seconds and len(self._events) <= MOST_KEYS:
                return
            del self._events[key]
