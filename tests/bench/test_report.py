"""Figures become medians, verdicts and a table."""

from __future__ import annotations

import msgspec
import pytest
from attrs import evolve

from bench import goals, report, rounds
from bench.load import Measured
from bench.peers.target import Target
from bench.processes import Cores
from bench.profiling import summary
from bench.rounds import Found, Run

MEASURED = Measured(
    sent=110, answered=100, faults={}, elapsed=0.1, cpu=0.02, latency_p50=0.0004, latency_p99=0.002, chunks=400,
    reads=400, delay_p50=0.0001, delay_p99=0.001, resident_before=50_000_000, resident_during=55_000_000,
)  # fmt: skip
#: 200 us a request, 50 us a chunk, 25 kB a stream.
SCENARIOS = [each.name for each in (rounds.WARM_UP, rounds.OPEN_STREAMS, *rounds.ROUND)]


def found(name: str, **changes: float | dict[str, int]) -> Found:
    measured = msgspec.structs.replace(MEASURED, **changes)
    target = Target(name, name.title(), 1, None if name == "direct" else 1)
    return Found(target, {each: [measured] * 3 for each in SCENARIOS}, bill=[] if name == "ours" else None)


def run_of(*each: Found) -> Run:
    return Run({one.target.name: one for one in each}, {}, 3, Cores(0, 1, 1), 1.0, others=0.0, stolen=0.0)


ALL = (
    found("direct", latency_p50=0.0001, delay_p99=0.0005),
    found("ours"),
    found("nginx", cpu=0.002),
    found("litellm", cpu=1.2),
)


def test_a_run_that_reaches_everything_passes_everything() -> None:
    assert all(verdict.reached for verdict in goals.judge(run_of(*ALL)))


@pytest.mark.parametrize(
    ("changed", "goal"),
    [
        (found("ours", cpu=0.0251), "CPU per billed request at 32"),
        (found("ours", latency_p50=0.00061), "p50 at concurrency 1"),
        (found("ours", delay_p99=0.0056), "p99 under way"),
        (found("ours", resident_during=62_900_000), "memory per open stream"),
        (found("ours", chunks=240), "CPU per paced chunk"),
        (found("nginx", cpu=0.0016), "CPU per request, times nginx"),
        (found("litellm", cpu=0.99), "CPU per request, times less than LiteLLM"),
        (evolve(found("ours"), bill=["log rows: 99"]), "every request billed exactly once"),
        (found("nginx", cpu=0.002, faults={"status 502": 1}), "no wrong or missing answer"),
    ],
)
def test_each_goal_can_be_missed(changed: Found, goal: str) -> None:
    rest = [one for one in ALL if one.target.name != changed.target.name]
    missed = [verdict.goal for verdict in goals.judge(run_of(*rest, changed)) if verdict.reached is False]
    assert [text for text in missed if text.startswith(goal)]
    assert len(missed) == 1 or changed.target.name == "ours"


def test_falling_behind_at_256_is_a_missed_goal() -> None:
    slower = found("ours")
    slower.measured["256"] = [msgspec.structs.replace(MEASURED, elapsed=0.12)]
    missed = [verdict.goal for verdict in goals.judge(run_of(ALL[0], slower)) if verdict.reached is False]
    assert missed == ["requests/s at 256 >= 90 % of those at 32"]


@pytest.mark.parametrize(("scenario", "bound"), [(rounds.LARGE, 1.5), (rounds.HUGE, 3)])
def test_a_large_prompt_that_costs_too_many_times_a_small_one_is_a_missed_goal(
    scenario: rounds.Scenario, bound: float
) -> None:
    costly = found("ours")
    costly.measured[scenario.name] = [msgspec.structs.replace(MEASURED, cpu=MEASURED.cpu * (bound + 0.01))]
    missed = [verdict.goal for verdict in goals.judge(run_of(*ALL[:1], costly)) if verdict.reached is False]
    assert missed == [f"CPU per request with a {scenario.name} prompt, times 1.5 kB <= {bound:g} x"]


def test_what_was_not_measured_is_neither_reached_nor_missed() -> None:
    verdicts = {verdict.goal: verdict.reached for verdict in goals.judge(run_of(found("ours")))}
    assert list(verdicts.values()).count(None) == 4
    assert False not in verdicts.values()


def test_the_median_of_the_rounds_counts() -> None:
    one = found("ours")
    one.measured["32"] = [msgspec.structs.replace(MEASURED, cpu=cpu) for cpu in (0.9, 0.01, 0.03)]
    assert one.median(rounds.MANY, goals.cpu_per_request) == pytest.approx(300)


def test_the_table_shows_every_target_what_is_missing_and_whether_the_machine_was_quiet() -> None:
    run = evolve(run_of(*ALL), missing={"relay": "aiohttp is not installed"})
    text = report.markdown(run, goals.judge(run))
    assert "| | Direct | Ours | Nginx | Litellm |" in text
    assert "| CPU us/request at 32 | - | 200 | 20 | 12000 |" in text
    assert "relay is not in the table: aiohttp is not installed" in text
    assert "| CPU per request, times less than LiteLLM >= 50 x | 60 x | PASS |" in text
    assert "too busy" not in text
    assert "too busy" in report.markdown(evolve(run, others=0.2), [])


def test_the_json_holds_every_round() -> None:
    document = msgspec.json.decode(report.as_json(run_of(*ALL), []))
    assert len(document["measured"]["nginx"]["paced"]) == 3
    assert document["bill"] == {"ours": []}


def test_a_profile_is_summed_by_file_line_and_function() -> None:
    text = summary(
        "main (a.py:1);relay (b.py:10) 3\nmain (a.py:2);relay (b.py:20) 1\n"
        "_connection_worker_thread (aiosqlite/core.py:59) 96\n"
    )
    assert text.startswith("4 samples")
    assert " 100.0%  b.py" in text
    assert "  75.0%  relay (b.py:10)" in text
    assert " 100.0%  main (a.py)" in text
