"""The measurement: short rounds that alternate between the targets, and the medians of their results."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import msgspec
from attrs import evolve, field, frozen

from bench.load import Job, Measured
from bench.peers.target import Site, Start, Target
from bench.processes import (
    Cores,
    NotStarted,
    cpu_seconds,
    free_port,
    machine_seconds,
    running,
    tail,
    wait_for_port,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path


@frozen
class Scenario:
    """One kind of load."""

    name: str
    connections: int
    seconds: float
    warm_up: int = 2
    stream: bool = False
    chunks: int = 0
    gap_ms: int = 0
    prompt_bytes: int = 0
    once: bool = False

    def job(self, target: Target) -> Job:
        """This load on ``target``."""
        return Job(
            port=target.port,
            headers=dict(target.headers),
            pid=target.pid,
            connections=self.connections,
            seconds=self.seconds,
            warm_up=self.warm_up,
            stream=self.stream,
            chunks=self.chunks,
            gap_ms=self.gap_ms,
            prompt_bytes=self.prompt_bytes,
            once=self.once,
            settle=0.0 if target.pid is None else 0.7,
        )


#: Run before all rounds, on a fresh server: memory per open stream, read in the middle of its 3 seconds.
WARM_UP = Scenario("warm-up", 4, 0.5, stream=True, chunks=5, gap_ms=10)
OPEN_STREAMS = Scenario("open", 200, 1.5, warm_up=0, stream=True, chunks=30, gap_ms=100, once=True)
ONE = Scenario("1", 1, 1.0, warm_up=20)
MANY = Scenario("32", 32, 1.5)
CROWD = Scenario("256", 256, 1.5, warm_up=1)
LARGE = Scenario("120 kB", 32, 1.5, warm_up=1, prompt_bytes=120_000)
HUGE = Scenario("1 MB", 32, 1.5, warm_up=1, prompt_bytes=1_000_000)
PACED = Scenario("paced", 32, 1.5, warm_up=1, stream=True, chunks=50, gap_ms=10)
BURST = Scenario("burst", 32, 0.8, warm_up=1, stream=True, chunks=50, gap_ms=0)
ROUND = (ONE, MANY, CROWD, LARGE, HUGE, PACED, BURST)


@frozen
class Found:
    """All measurements of one target, by scenario, one per round."""

    target: Target
    measured: dict[str, list[Measured]] = field(factory=dict)
    #: What is wrong with the bill; None if the target bills nothing.
    bill: list[str] | None = None

    def median(self, scenario: Scenario, value: Callable[[Measured], float]) -> float | None:
        """The median over the rounds; None if it was not measured."""
        rounds = self.measured.get(scenario.name)
        return statistics.median(map(value, rounds)) if rounds else None

    @property
    def answered(self) -> int:
        return self.target.asked + sum(each.sent for rounds in self.measured.values() for each in rounds)

    @property
    def faults(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for rounds in self.measured.values():
            for each in rounds:
                total.update(each.faults)
        return total


@frozen
class Run:
    """The results of a run."""

    found: dict[str, Found]
    #: Name of a target -> why it could not be measured.
    missing: dict[str, str]
    rounds: int
    cores: Cores
    seconds: float
    #: Shares of the machine's CPU that other programs used, and that its host took away, during the run.
    others: float
    stolen: float


class Generator:
    """The load generator's process."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def measure(self, job: Job) -> Measured:
        """Run one job. Raises NotStarted if the generator has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(job).decode() + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise NotStarted(f"the load generator has ended: {tail(self._log)}")
        return msgspec.json.decode(line, type=Measured)


def run(
    starts: Mapping[str, Start],
    work: Path,
    *,
    rounds: int,
    haste: float = 1.0,
    afterwards: Callable[[Target, Generator], int] | None = None,
) -> Run:
    """Start everything, measure ``rounds`` times, end everything. ``haste`` shortens each measurement.

    ``afterwards`` is called with this server after the last round; it returns how many more requests were answered.
    """
    began = time.monotonic()
    with ExitStack() as stack:
        cores = Cores.share_out(os.sched_getaffinity(0))
        generator, upstream_port = _rig(stack, work, cores)
        found: dict[str, Found] = {}
        missing: dict[str, str] = {}
        for name, start in starts.items():
            say(f"starting {name}")
            directory = work / name
            directory.mkdir()
            try:
                target = stack.enter_context(start(Site(cores.server, directory, upstream_port)))
            except NotStarted as error:
                missing[name] = str(error)
                say(f"{name} cannot be measured: {error}")
            else:
                found[name] = Found(target)
        busy, stolen, own, since = *machine_seconds(), cpu_seconds(os.getpid()), time.monotonic()
        for scenario, name in _order(list(found), rounds):
            one = found[name]
            if scenario.stream and not one.target.streams:
                continue
            measured = generator.measure(_hastened(scenario, haste).job(one.target))
            one.measured.setdefault(scenario.name, []).append(measured)
            say(_line(name, scenario, measured))
        seconds = time.monotonic() - since
        capacity = seconds * (os.cpu_count() or 1)
        busy, stolen = machine_seconds()[0] - busy, machine_seconds()[1] - stolen
        others = max(0.0, busy - (cpu_seconds(os.getpid()) - own)) / capacity
        for name, one in found.items():
            more = 0
            if afterwards is not None and name == "ours":
                more = afterwards(one.target, generator)
            if one.target.check_bill is not None:
                found[name] = evolve(one, bill=one.target.check_bill(one.answered + more))
        return Run(found, missing, rounds, cores, time.monotonic() - began, others, stolen / capacity)


def say(text: str) -> None:
    """Report progress on stderr, apart from the result."""
    sys.stderr.write(text + "\n")


def _rig(stack: ExitStack, work: Path, cores: Cores) -> tuple[Generator, int]:
    """The running load generator, and the port of the running upstream."""
    os.sched_setaffinity(0, {cores.generator})
    port = free_port()
    log = work / "upstream.log"
    command = [sys.executable, "-m", "bench.upstream", str(port)]
    wait_for_port(stack.enter_context(running(command, core=cores.upstream, log=log)), port, log)
    log = work / "load.log"
    command = [sys.executable, "-m", "bench.load"]
    pipe = subprocess.PIPE
    process = stack.enter_context(running(command, core=cores.generator, log=log, stdin=pipe, stdout=pipe))
    return Generator(process, log), port


def _order(names: Sequence[str], rounds: int) -> Iterator[tuple[Scenario, str]]:
    """The order of measurements: every scenario alternates between the targets, and each round begins with another."""
    for scenario in (WARM_UP, OPEN_STREAMS):
        yield from ((scenario, name) for name in names)
    for number in range(rounds):
        first = number % max(1, len(names))
        for scenario in ROUND:
            yield from ((scenario, name) for name in (*names[first:], *names[:first]))


def _hastened(scenario: Scenario, haste: float) -> Scenario:
    return scenario if scenario.once else evolve(scenario, seconds=scenario.seconds / haste)


def _line(name: str, scenario: Scenario, measured: Measured) -> str:
    each, unit = (measured.chunks, "chunk") if scenario.stream else (measured.answered, "request")
    return (
        f"{name:8} {scenario.name:8} {measured.answered / measured.elapsed:8.0f}/s"
        f" {measured.cpu / max(1, each) * 1e6:9.1f} us/{unit:7}"
        f"  p50 {measured.latency_p50 * 1e3:.3f} p99 {measured.latency_p99 * 1e3:.3f} ms"
        + (f"  {measured.faults}" if measured.faults else "")
    )
