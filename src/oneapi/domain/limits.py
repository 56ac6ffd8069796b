"""Rate limits over sliding windows, without a clock or storage."""

from __future__ import annotations

from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address, ip_network

from attrs import define, field, frozen

#: The most keys remembered at once; then the least recently seen is forgotten, so that memory stays bounded.
MOST_KEYS = 50_000


@frozen
class Rate:
    """At most ``limit`` events of one key within ``seconds``, counted under ``name``; ``limit`` 0: no limit."""

    name: str
    limit: int
    seconds: float


def counted_as(address: str) -> str:
    """The key for a caller at ``address``: an IPv6 address counts by its /64, which one subscriber usually holds."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, IPv6Address):
        return str(ip_network((ip.packed[:8] + bytes(8), 64)))
    return str(ip)


@define
class SlidingWindow:
    """Recent events by key, for any number of rates. Idle keys are forgotten."""

    _events: OrderedDict[tuple[str, str], tuple[float, deque[float]]] = field(factory=OrderedDict)

    def admit(self, rate: Rate, key: str, now: float) -> float | None:
        """Count the event and return None; or, over the limit, return the seconds to wait and count nothing."""
        if not rate.limit:
            return None
        _, events = self._events.pop((rate.name, key), (0.0, deque[float]()))
        while events and events[0] <= now - rate.seconds:
            events.popleft()
        wait = None
        if len(events) < rate.limit:
            events.append(now)
        else:
            wait = events[0] + rate.seconds - now
        self._events[rate.name, key] = (events[-1] + rate.seconds, events)
        self._forget(now)
        return wait

    def wait(self, rate: Rate, key: str, now: float) -> float | None:
        """The result that ``admit`` would give, without counting an event."""
        _, events = self._events.get((rate.name, key), (0.0, ()))
        recent = [event for event in events if event > now - rate.seconds]
        if not rate.limit or len(recent) < rate.limit:
            return None
        return recent[0] + rate.seconds - now

    def __len__(self) -> int:
        return len(self._events)

    def _forget(self, now: float) -> None:
        while self._events:
            name, (ends, _) = next(iter(self._events.items()))
            if ends > now and len(self._events) <= MOST_KEYS:
                return
            del self._events[name]
