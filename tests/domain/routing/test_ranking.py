from itertools import cycle

from oneapi.domain.routing.channels import Channel, ChannelStatus
from oneapi.domain.routing.ranking import by_priority, rank, steady


def channel(number: int, *, priority: int = 0, weight: int = 0) -> Channel:
    return Channel(
        id=number,
        type=1,
        key="k",
        status=ChannelStatus.ENABLED,
        name=str(number),
        priority=priority,
        weight=weight,
    )


def order(channels: list[Channel], draws: list[float], resting: set[int] | None = None) -> list[int]:
    numbers = cycle(draws)
    ranked = rank(by_priority(channels), resting or set(), lambda: next(numbers))
    return [candidate.channel.id for candidate in ranked]


def test_higher_priority_comes_first_also_below_zero() -> None:
    channels = [channel(1, priority=-5), channel(2, priority=10), channel(3, priority=0)]
    assert order(channels, [0.0]) == [2, 3, 1]


def test_weight_decides_within_a_tier() -> None:
    channels = [channel(1, weight=1), channel(2, weight=9)]
    assert order(channels, [0.05]) == [1, 2]
    assert order(channels, [0.15]) == [2, 1]


def test_weight_zero_counts_as_one() -> None:
    channels = [channel(1, weight=0), channel(2, weight=1)]
    assert order(channels, [0.49]) == [1, 2]
    assert order(channels, [0.51]) == [2, 1]


def test_every_channel_is_ranked_once() -> None:
    channels = [channel(number, weight=number) for number in range(1, 8)]
    assert sorted(order(channels, [0.99, 0.0, 0.5])) == [1, 2, 3, 4, 5, 6, 7]


def test_resting_channels_come_last_whatever_their_priority() -> None:
    channels = [channel(1, priority=10), channel(2), channel(3)]
    assert order(channels, [0.0], resting={1, 2}) == [3, 1, 2]


def test_a_conversation_stays_with_its_channel_and_conversations_are_spread() -> None:
    tiers = by_priority([channel(1, weight=1), channel(2, weight=3), channel(3, weight=4)])
    first = [rank(tiers, set(), steady(f"7/{number}"))[0].channel.id for number in range(800)]
    assert first == [rank(tiers, set(), steady(f"7/{number}"))[0].channel.id for number in range(800)]
    assert [60 < first.count(1) < 140, 250 < first.count(2) < 350, 350 < first.count(3) < 450] == [True] * 3
