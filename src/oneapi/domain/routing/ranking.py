"""Which channels may serve a request, and in which order they are tried."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from oneapi.domain.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from oneapi.domain.routing.channels import Channel


@record
class Candidate:
    """A channel in the order of trial; a ``resting`` one comes last."""

    channel: Channel
    resting: bool = False


def by_priority(channels: Iterable[Channel]) -> tuple[tuple[Channel, ...], ...]:
    """Channels in tiers, the highest priority first."""
    tiers: dict[int, list[Channel]] = {}
    for channel in channels:
        tiers.setdefault(channel.priority, []).append(channel)
    return tuple(tuple(tiers[priority]) for priority in sorted(tiers, reverse=True))


def rank(
    tiers: Sequence[Sequence[Channel]],
    resting: Collection[int],
    draw: Callable[[], float],
) -> list[Candidate]:
    """All channels of ``tiers`` in the order of trial.

    Higher tiers come first; inside a tier the order is drawn by ``weight`` (0 counts as 1). Channels whose id is in
    ``resting`` are tried only when all others failed. ``draw`` returns a number in [0, 1).
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
    """Draws that are the same each time for the same ``key``: what has it in common is tried in the same order."""
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
        for index, channel in enumerate(rest):  # noqa: B007  # the index is what the loop finds
            point -= max(channel.weight, 1)
            if point < 0:
                break
        order.append(rest.pop(index))
    return order + rest
