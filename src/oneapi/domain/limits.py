"""Rate limits as arithmetic."""

from __future__ import annotations

from collections import OrderedDict, deque

from attrs import define, field


@define
class SlidingWindow:
    """At most ``limit`` events a key within ``seconds``; ``limit`` 0: no limit. Keys idle for a window are forgotten."""

    limit: int
    seconds: float
    _events: OrderedDict[str, deque[float]] = field(factory=OrderedDict)

    def admit(self, key: str, now: float) -> bool:
        """Whether one more event is allowed at ``now``; refused ones do not count."""
        if not self.limit:
            return True
        self._forget(now)
        events = self._events.setdefault(key, deque())
        self._events.move_to_end(key)
        while events and events[0] <= now - self.seconds:
            events.popleft()
        if len(events) >= self.limit:
            return False
        events.append(now)
        return True

    def _forget(self, now: float) -> None:
        while self._events:
            key, events = next(iter(self._events.items()))
            if events and events[-1] > now - self.seconds:
                return
            del self._events[key]
