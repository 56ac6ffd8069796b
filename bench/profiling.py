"""Profiles of the server's CPU time: py-spy samples it while the load generator keeps it busy."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from bench import rounds
from bench.processes import cpu_seconds, tree

if TYPE_CHECKING:
    from bench.peers.target import Target
    from bench.rounds import Generator, Scenario

_SECONDS = 8
_RATE = 400
_SHOWN = 60
#: A frame is ``function (file:line)``.
_FILE = re.compile(r".*\((.*):\d+\)$")
_LINE = re.compile(r":\d+\)$")
_WAITING = ("_connection_worker_thread (aiosqlite", "_worker (concurrent/futures/thread.py")


def profile(target: Target, generator: Generator, directory: Path) -> int:
    """Write ``profile-32`` and ``profile-paced``: stacks as .raw, sums as .txt. Returns the requests answered."""
    many = evolve(rounds.MANY, seconds=_SECONDS + 1)
    paced = evolve(rounds.PACED, connections=64, seconds=_SECONDS + 1)
    return _record(target, generator, many, directory) + _record(target, generator, paced, directory)


def _record(target: Target, generator: Generator, scenario: Scenario, directory: Path) -> int:
    spy = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if spy is None or target.pid is None:
        rounds.say("no profile: py-spy is not installed")
        return 0
    worker = max(tree(target.pid), key=cpu_seconds)
    raw = directory / f"profile-{scenario.name}.raw"
    # Nonblocking: otherwise py-spy stops all threads at every sample, and is measured itself.
    command = (
        f"{spy} record --nonblocking --format raw --rate {_RATE} --duration {_SECONDS} --pid {worker}".split()
    )
    with subprocess.Popen([*command, "--output", raw], stdout=subprocess.DEVNULL) as recording:
        before = thread_seconds(worker)
        measured = generator.measure(scenario.job(target))
        after = thread_seconds(worker)
        recording.wait()
    used = Counter({name: round((after[name] - before.get(name, 0)) * 1e3) for name in after})
    threads = "\n".join(f"{milliseconds:7} ms  {name}" for name, milliseconds in used.most_common(12))
    raw.with_suffix(".txt").write_text(
        f"CPU of each thread\n{threads}\n{measured.answered} requests, {measured.chunks} chunks\n\n"
        + summary(raw.read_text())
    )
    rounds.say(f"profile: {raw.with_suffix('.txt')}")
    return measured.sent


def thread_seconds(pid: int) -> dict[str, float]:
    """CPU seconds of each thread of a process, by thread id."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return {f"{task.name}": int((task / "schedstat").read_text().split()[0]) / 1e9 for task in tasks}


def summary(raw: str) -> str:
    """The most expensive entries in py-spy's raw stacks: files, lines, and functions with everything that they call.

    Each with its share of the samples. Threads that wait for work are left out, because py-spy cannot tell that they
    sleep in C. Time in C counts towards the Python line that called it.
    """
    files: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for sample in raw.splitlines():
        stack, _, count = sample.rpartition(" ")
        frames = stack.split(";")
        if frames[-1].startswith(_WAITING):
            continue
        lines[frames[-1]] += int(count)
        files[_FILE.sub(r"\1", frames[-1])] += int(count)
        for function in {_LINE.sub(")", frame) for frame in frames}:
            functions[function] += int(count)
    total = max(1, lines.total())
    parts = [f"{total} samples"]
    for title, counter in (("files", files), ("lines", lines), ("functions with callees", functions)):
        shares = [f"{count / total:7.1%}  {name}" for name, count in counter.most_common(_SHOWN)]
        parts.append("\n".join([title, *shares]))
    return "\n\n".join(parts) + "\n"
