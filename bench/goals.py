"""The goals of the server, and whether one run reaches them."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from attrs import frozen

from bench import rounds

if TYPE_CHECKING:
    from bench.load import Measured
    from bench.rounds import Found, Run, Scenario


@frozen
class Verdict:
    """The result for one goal; ``reached`` is None if it was not measured."""

    goal: str
    measured: str
    reached: bool | None


def rate(measured: Measured) -> float:
    """Requests per second."""
    return measured.answered / measured.elapsed


def cpu_per_request(measured: Measured) -> float:
    """Microseconds of CPU per request."""
    return measured.cpu / max(1, measured.answered) * 1e6


def cpu_per_chunk(measured: Measured) -> float:
    """Microseconds of CPU per chunk, including a share of the stream's other costs."""
    return measured.cpu / max(1, measured.chunks) * 1e6


def kilobytes_per_stream(measured: Measured) -> float:
    """Resident memory per stream while all are open."""
    return (measured.resident_during - measured.resident_before) / rounds.OPEN_STREAMS.connections / 1000


def chunks_alone(measured: Measured) -> float:
    """The number of reads per chunk: 1 if no two chunks arrived together."""
    return measured.reads / max(1, measured.chunks)


def megabytes_before(measured: Measured) -> float:
    """Resident memory before the load."""
    return measured.resident_before / 1e6


def megabytes_during(measured: Measured) -> float:
    """Resident memory under the load."""
    return measured.resident_during / 1e6


def added_p50(found: Found, direct: Found | None) -> float | None:
    """Median milliseconds at concurrency 1 beyond those of the direct call in the same round."""
    if direct is None:
        return None
    own, bare = (each.measured.get(rounds.ONE.name, []) for each in (found, direct))
    added = [(one.latency_p50 - other.latency_p50) * 1e3 for one, other in zip(own, bare, strict=False)]
    return statistics.median(added) if added else None


def times_small_prompt(found: Found, scenario: Scenario) -> float | None:
    """CPU per request of ``scenario``, as a multiple of that of a 1.5 kB request at 32."""
    large, small = found.median(scenario, cpu_per_request), _cpu_at_32(found)
    return large / small if large and small else None


def judge(run: Run) -> list[Verdict]:
    """All goals; empty when this server was not measured."""
    ours = run.found.get("ours")
    if ours is None:
        return []
    verdicts = [
        _at_most("CPU per billed request at 32", 250, ours.median(rounds.MANY, cpu_per_request), "us"),
        _as_fast_at_256(ours),
        _times_small_prompt(ours, rounds.LARGE, 1.5),
        _times_small_prompt(ours, rounds.HUGE, 3),
        *_beside_the_direct_call(ours, run.found.get("direct")),
        _at_most("CPU per paced chunk", 80, ours.median(rounds.PACED, cpu_per_chunk), "us"),
        _at_most("memory per open stream", 64, ours.median(rounds.OPEN_STREAMS, kilobytes_per_stream), "kB"),
        _times_nginx(ours, run.found.get("nginx")),
        _times_less_than_litellm(ours, run.found.get("litellm")),
        Verdict("every request billed exactly once", "; ".join(ours.bill or ["yes"]), ours.bill == []),
    ]
    faults = sum(found.faults.total() for found in run.found.values())
    return [*verdicts, Verdict("no wrong or missing answer from anyone", f"{faults}", faults == 0)]


def _at_most(goal: str, bound: float, measured: float | None, unit: str) -> Verdict:
    text = "-" if measured is None else f"{measured:.2f} {unit}" if bound < 10 else f"{measured:.0f} {unit}"
    return Verdict(f"{goal} <= {bound:g} {unit}", text, None if measured is None else measured <= bound)


def _as_fast_at_256(ours: Found) -> Verdict:
    many, crowd = ours.median(rounds.MANY, rate), ours.median(rounds.CROWD, rate)
    goal = "requests/s at 256 >= 90 % of those at 32"
    if many is None or crowd is None:
        return Verdict(goal, "-", None)
    return Verdict(goal, f"{crowd / many:.0%}", crowd >= 0.9 * many)


def _beside_the_direct_call(ours: Found, direct: Found | None) -> list[Verdict]:
    goals = (
        "p50 at concurrency 1 beyond the direct call",
        "p99 under way of a paced chunk beyond the direct call",
    )
    if direct is None:
        return [Verdict(goal, "-", None) for goal in goals]
    late, direct_late = (found.median(rounds.PACED, lambda each: each.delay_p99) for found in (ours, direct))
    held_back = None if late is None or direct_late is None else (late - direct_late) * 1e3
    return [
        _at_most(goals[0], 0.5, added_p50(ours, direct), "ms"),
        _at_most(goals[1], 5, held_back, "ms"),
    ]


def _times_small_prompt(ours: Found, scenario: Scenario, bound: float) -> Verdict:
    goal = f"CPU per request with a {scenario.name} prompt, times 1.5 kB"
    return _at_most(goal, bound, times_small_prompt(ours, scenario), "x")


def _times_nginx(ours: Found, nginx: Found | None) -> Verdict:
    own, others = _cpu_at_32(ours), _cpu_at_32(nginx)
    return _at_most("CPU per request, times nginx", 12, own / others if own and others else None, "x")


def _times_less_than_litellm(ours: Found, litellm: Found | None) -> Verdict:
    own, others = _cpu_at_32(ours), _cpu_at_32(litellm)
    goal = "CPU per request, times less than LiteLLM >= 50 x"
    if not own or not others:
        return Verdict(goal, "-", None)
    return Verdict(goal, f"{others / own:.0f} x", others >= 50 * own)


def _cpu_at_32(found: Found | None) -> float | None:
    return None if found is None else found.median(rounds.MANY, cpu_per_request)
