"""A supervisor of several workers as a process: what it does when workers die, and on signals."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 30


@contextlib.contextmanager
def supervised(kind: str) -> Iterator[subprocess.Popen[str]]:
    """The supervisor of two workers of this kind, from ``tests/support/gateway/supervised.py``."""
    command = [sys.executable, "-m", "tests.support.gateway.supervised", kind]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as supervisor:
        try:
            yield supervisor
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(supervisor.pid, signal.SIGKILL)


def announced(supervisor: subprocess.Popen[str], workers: int = 2) -> list[int]:
    """The process ids of the next ``workers`` that start."""
    assert supervisor.stdout is not None
    return [int(supervisor.stdout.readline()) for _ in range(workers)]


def ended(supervisor: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and the standard error."""
    _, errors = supervisor.communicate(timeout=SECONDS)
    return supervisor.returncode, errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("kind", ["willing", "deaf_at_first"])
def test_a_signal_ends_all_workers_and_then_the_supervisor(kind: str, number: signal.Signals) -> None:
    with supervised(kind) as supervisor:
        workers = announced(supervisor)
        supervisor.send_signal(number)
        assert ended(supervisor) == (0, "")
        for worker in workers:
            with pytest.raises(ProcessLookupError):
                os.kill(worker, 0)


def test_workers_that_have_just_started_get_the_signal_too() -> None:
    with supervised("willing") as supervisor:
        announced(supervisor, workers=1)
        supervisor.terminate()
        assert ended(supervisor)[0] == 0


def test_a_killed_worker_is_replaced() -> None:
    with supervised("willing") as supervisor:
        first, second = announced(supervisor)
        os.kill(first, signal.SIGKILL)
        [third] = announced(supervisor, workers=1)
        assert third not in {first, second}
        supervisor.terminate()
        code, errors = ended(supervisor)
        assert code == 0
        assert errors.splitlines() == [f"worker {first} was killed by SIGKILL; it is replaced"]


def test_a_worker_that_fails_ends_all_others() -> None:
    with supervised("failing") as supervisor:
        code, errors = ended(supervisor)
        assert code == 1
        assert "failed with exit code 3; the server stops" in errors


def test_workers_may_take_time_to_stop_and_be_killed_meanwhile() -> None:
    with supervised("stubborn") as supervisor:
        workers = announced(supervisor)
        supervisor.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            supervisor.wait(1.5)
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        assert ended(supervisor) == (0, "")
