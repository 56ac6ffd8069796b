"""The processes of a measurement: start each on one core, read its CPU and memory from the kernel, and end it."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_TICKS = os.sysconf("SC_CLK_TCK")


class NotStarted(Exception):
    """A process ended early or did not listen in time; the message has the end of its log."""


@frozen
class Cores:
    """The core of each process; they differ if there are enough cores."""

    server: int
    generator: int
    upstream: int

    @classmethod
    def share_out(cls, allowed: Iterable[int]) -> Cores:
        """Assign the ``allowed`` cores. The server gets one to itself first, then the generator and the upstream."""
        first, *rest = sorted(allowed)
        others = rest or [first]
        return cls(first, others[0], others[min(1, len(others) - 1)])


def free_port() -> int:
    """A port on loopback that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def running(
    command: Sequence[str],
    *,
    core: int,
    log: Path,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    stdout: int | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """The running process, in a session of its own; the whole session is ended on leaving."""

    def prepare() -> None:
        os.sched_setaffinity(0, {core})
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    with log.open("ab") as written:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=None if environment is None else dict(environment),
            stdin=stdin,
            stdout=written if stdout is None else stdout,
            stderr=written,
            text=True,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509  # the rig has no threads
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_port(process: subprocess.Popen[str], port: int, log: Path, seconds: float = 60) -> None:
    """Return once something listens on ``port``. Raises NotStarted if the process ends or the time runs out."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise NotStarted(f"nothing listens on port {port}: {tail(log)}")


def tail(log: Path, characters: int = 800) -> str:
    """The end of a log file."""
    return log.read_text(errors="replace")[-characters:].strip()


def tree(pid: int) -> list[int]:
    """The process and all its descendants."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            for children in Path(f"/proc/{parent}/task").glob("*/children"):
                found.extend(map(int, children.read_text().split()))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the process tree, including all threads and children that have ended."""
    return sum(_cpu_of_process(each) for each in tree(pid))


def _cpu_of_process(pid: int) -> float:
    try:
        # A process's own clock counts nanoseconds where /proc/PID/stat counts ticks of 10 ms. The id is what
        # clock_getcpuclockid(3) computes: https://elixir.bootlin.com/linux/v6.1/source/include/linux/posix-timers.h
        own = time.clock_gettime((~pid << 3) | 2)
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    ended_children = (int(fields[13]) + int(fields[14])) / _TICKS
    return own + ended_children


def resident_bytes(pid: int) -> int:
    """Resident memory of the process tree."""
    pages = 0
    for each in tree(pid):
        with suppress(OSError):
            pages += int(Path(f"/proc/{each}/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def machine_seconds() -> tuple[float, float]:
    """Seconds of CPU that the whole machine has been busy, and that its host has taken away."""
    fields = [int(field) / _TICKS for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _wait, irq, softirq, steal = fields
    return user + nice + system + irq + softirq, steal
