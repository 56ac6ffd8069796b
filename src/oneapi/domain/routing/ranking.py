"""The channels that can serve a request, and the order in which they are tried."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from oneapi.domain.routing.channels import Channel


@record
class Candidate:
    """A channel to be tried; ``resting`` ones are tried last."""

    channel: Channel
    resting: bool = False


def by_priority(channels: Iterable[Channel]) -> tuple[tuple[Channel, ...], ...]:
    """``channels`` grouped by priority, the highest first."""
    tiers: dict[int, list[Channel]] = {}
    for channel in channels:
        tiers.setdefault(channel.priority, []).append(channel)
    return tuple(tuple(tiers[priority]) for priority in sorted(tiers, reverse=True))


def rank(
    tiers: Sequence[Sequence[Channel]],
    resting: Collection[int],
    draw: Callable[[], float],
) -> list[Candidate]:
    """All channels of ``tiers`` in the order in which they are tried.

    Higher tiers come first; within a tier the order is random, weighted by ``weight`` (0 counts as 1). Channels whose
    id is in ``resting`` come after all others. ``draw`` returns a random number in [0, 1).
    """
    ready: list[Candidate] = []
    tired: list[Candidate] = []
    for tier in tiers:
        for channel in _shuffled(tier, draw):
            if channel.id in resting:
                tired.append(Candidate(channel, resting=True))
            else:
                ready.append(Candidate(channel))
    return ready + tired


def steady(key: str) -> Callable[[], float]:
    """A ``draw`` that repeats the same numbers for the same ``key``, so that its requests get the same order."""
    state = key.encode(errors="surrogatepass")

    def draw() -> float:
        nonlocal state
        state = hashlib.sha256(state).digest()
        return int.from_bytes(state[:6]) / (1 << 48)

    return draw


def _shuffled(tier: Sequence[Channel], draw: Callable[[], float]) -> list[Channel]:
    if len(tier) == 1:
        return list(tier)
    rest = list(tier)
    order = []
    while len(rest) > 1:
        point = draw() * sum(max(channel.weight, 1) for channel in rest)
        index = 0
        for index, channel in enumerate(rest):  # noqa: B007  # the loop's result is the index
            point -= max(channel.weight, 1)
            if point < 0:
                break
        order.append(rest.pop(index))
    return order + rest
