"""Reports of a run, as a Markdown table and as JSON."""

from __future__ import annotations

import os
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench import goals, rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.load import Measured
    from bench.rounds import Found, Run, Scenario

#: If other programs use more than this share of the machine, the figures cannot be trusted.
_QUIET = 0.05

_Cell = tuple[str, "Callable[[Found], str]"]


def markdown(run: Run, verdicts: Sequence[goals.Verdict]) -> str:
    """The report in Markdown: header, figures, peers that could not be measured, goals."""
    parts = [_header(run), _figures(run)]
    parts += [f"{name} is not in the table: {why}" for name, why in run.missing.items()]
    parts += [
        f"{found.target.title} failed {count} times: {fault}"
        for found in run.found.values()
        for fault, count in found.faults.most_common(3)
    ]
    if verdicts:
        parts.append(_goals(verdicts))
    return "\n\n".join(parts) + "\n"


def as_json(run: Run, verdicts: Sequence[goals.Verdict]) -> bytes:
    """All measurements, round by round."""
    document = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "rounds": run.rounds,
        "used by others": run.others,
        "stolen by the host": run.stolen,
        "missing": run.missing,
        "measured": {name: found.measured for name, found in run.found.items()},
        "bill": {name: found.bill for name, found in run.found.items() if found.bill is not None},
        "goals": [{"goal": one.goal, "measured": one.measured, "reached": one.reached} for one in verdicts],
    }
    return msgspec.json.format(msgspec.json.encode(document))


def machine() -> str:
    """The machine in one line."""
    named = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = named[1] if named else platform.machine()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    kernel = platform.release().partition("-")[0]
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {kernel}, Python {platform.python_version()}"


def _header(run: Run) -> str:
    cores = run.cores
    if cores.server == cores.generator:
        pinned = "All on one core: the load generator and the upstream take from the server"
    else:
        pinned = (
            f"The server is pinned to core {cores.server}, the load generator to core {cores.generator}, the upstream"
            f" to core {cores.upstream}; requests/s of the fastest are bound by generator and upstream"
        )
    busy = f"Other programs used {run.others:.0%} of the machine"
    if run.others > _QUIET or run.stolen > _QUIET:
        busy += f", its host {run.stolen:.0%}: **too busy for figures to quote**"
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    return (
        f"{date}, {machine()}.\n{pinned}. One worker each. Requests (except large prompts) and answers of 1.5 kB,"
        f" keep-alive, every answer checked;\n"
        f"medians of {run.rounds} alternating rounds, CPU time of the whole process tree. {busy}."
    )


def _figures(run: Run) -> str:
    found = list(run.found.values())
    direct = run.found.get("direct")
    rows: list[_Cell] = []
    for scenario in (rounds.ONE, rounds.MANY, rounds.CROWD):
        at = f"at {scenario.name}"
        rows += [
            (f"requests/s {at}", _cell(scenario, goals.rate, "{:.0f}")),
            (f"CPU us/request {at}", _cell(scenario, goals.cpu_per_request, "{:.0f}", cpu=True)),
            (f"p50 / p99 ms {at}", _latency(scenario)),
        ]
    for scenario in (rounds.LARGE, rounds.HUGE):
        prompt = f"{scenario.name} prompt"
        rows += [
            (f"{prompt}: CPU us/request at 32", _cell(scenario, goals.cpu_per_request, "{:.0f}", cpu=True)),
            (f"{prompt}: CPU, times 1.5 kB", _times_small_prompt(scenario)),
        ]
    rows += [
        ("p50 ms at 1 beyond direct", lambda each: _number(goals.added_p50(each, direct), "{:.2f}")),
        ("paced stream: CPU us/chunk", _cell(rounds.PACED, goals.cpu_per_chunk, "{:.0f}", cpu=True)),
        ("paced stream: chunk under way, p50 / p99 ms", _delay),
        ("paced stream: chunks read singly", _cell(rounds.PACED, goals.chunks_alone, "{:.0%}")),
        ("burst: CPU us/chunk", _cell(rounds.BURST, goals.cpu_per_chunk, "{:.1f}", cpu=True)),
        ("memory MB fresh", _cell(rounds.WARM_UP, goals.megabytes_before, "{:.0f}", cpu=True)),
        ("memory MB at 256", _cell(rounds.CROWD, goals.megabytes_during, "{:.0f}", cpu=True)),
        ("kB per open stream", _cell(rounds.OPEN_STREAMS, goals.kilobytes_per_stream, "{:.0f}", cpu=True)),
        ("CPU at 32, times nginx", lambda each: _ratio(each, run.found.get("nginx"))),
        ("CPU at 32, times the bare relay", lambda each: _ratio(each, run.found.get("relay"))),
    ]
    titles = " | ".join(each.target.title for each in found)
    lines = [f"| | {titles} |", "|---" + "|--:" * len(found) + "|"]
    lines += [f"| {name} | " + " | ".join(cell(each) for each in found) + " |" for name, cell in rows]
    return "\n".join(lines)


def _goals(verdicts: Sequence[goals.Verdict]) -> str:
    words = {True: "PASS", False: "**FAIL**", None: "not measured"}
    lines = ["| goal of One API | measured | |", "|---|--:|---|"]
    lines += [f"| {one.goal} | {one.measured} | {words[one.reached]} |" for one in verdicts]
    return "\n".join(lines)


def _cell(
    scenario: Scenario, value: Callable[[Measured], float], form: str, *, cpu: bool = False
) -> Callable[[Found], str]:
    """A median. ``cpu``: the kernel measures it for a process, so the direct call has none."""

    def cell(found: Found) -> str:
        return "-" if cpu and found.target.pid is None else _number(found.median(scenario, value), form)

    return cell


def _latency(scenario: Scenario) -> Callable[[Found], str]:
    def cell(found: Found) -> str:
        p50 = found.median(scenario, lambda each: each.latency_p50 * 1e3)
        p99 = found.median(scenario, lambda each: each.latency_p99 * 1e3)
        return f"{_number(p50, '{:.2f}')} / {_number(p99, '{:.2f}')}"

    return cell


def _times_small_prompt(scenario: Scenario) -> Callable[[Found], str]:
    return lambda found: _number(goals.times_small_prompt(found, scenario), "{:.2f}")


def _delay(found: Found) -> str:
    p50 = found.median(rounds.PACED, lambda each: each.delay_p50 * 1e3)
    p99 = found.median(rounds.PACED, lambda each: each.delay_p99 * 1e3)
    return "-" if p50 is None else f"{_number(p50, '{:.2f}')} / {_number(p99, '{:.2f}')}"


def _ratio(found: Found, beside: Found | None) -> str:
    own = found.median(rounds.MANY, goals.cpu_per_request)
    other = None if beside is None else beside.median(rounds.MANY, goals.cpu_per_request)
    return _number(own / other if own and other else None, "{:.1f}")


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def write(run: Run, verdicts: Sequence[goals.Verdict], directory: Path) -> None:
    """Write the report to stdout, and to ``result.md`` and ``result.json`` in ``directory``."""
    text = markdown(run, verdicts)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "result.md").write_text(text)
    (directory / "result.json").write_bytes(as_json(run, verdicts))
    sys.stdout.write(text)
