"""CPU and memory of processes are read correctly from the kernel."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from bench.processes import Cores, NotStarted, cpu_seconds, resident_bytes, running, tree, wait_for_port

if TYPE_CHECKING:
    from pathlib import Path

#: A parent that waits and a child that has used 0.1 s of CPU before it says so.
_FAMILY = """
import subprocess, sys, time
code = "import time\\nwhile time.process_time() < 0.1: pass\\nprint('ready', flush=True)\\ntime.sleep(60)"
with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
    print(child.stdout.readline().decode(), flush=True)
    time.sleep(60)
"""


def test_cpu_and_memory_of_a_process_include_its_children(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with running([sys.executable, "-c", _FAMILY], core=min(os.sched_getaffinity(0)), log=log) as process:
        end = time.monotonic() + 20
        while "ready" not in log.read_text() and time.monotonic() < end:
            time.sleep(0.02)
        parent, child = tree(process.pid)
        assert cpu_seconds(process.pid) >= 0.1
        assert cpu_seconds(process.pid) >= cpu_seconds(child)
        assert resident_bytes(parent) > resident_bytes(child) > 1_000_000
        assert os.sched_getaffinity(child) == {min(os.sched_getaffinity(0))}
    assert not resident_bytes(child)


def test_a_program_that_ends_at_once_is_said_to_have_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", "raise SystemExit('no such port')"]
    with (
        running(command, core=min(os.sched_getaffinity(0)), log=log) as process,
        pytest.raises(NotStarted, match="no such port"),
    ):
        wait_for_port(process, 1, log)


@pytest.mark.parametrize(
    ("allowed", "cores"),
    [({3}, (3, 3, 3)), ({0, 1}, (0, 1, 1)), ({0, 2, 5}, (0, 2, 5)), (range(8), (0, 1, 2))],
)
def test_the_server_has_a_core_of_its_own_as_soon_as_there_are_two(
    allowed: set[int], cores: tuple[int, int, int]
) -> None:
    assert Cores.share_out(allowed) == Cores(*cores)
