"""A supervisor of two small workers that print their process ids.

Its kind of workers is an argument: ``python -m tests.support.gateway.supervised willing``.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from oneapi.entrypoints.workers import supervise

if TYPE_CHECKING:
    import socket


def willing(_: socket.socket) -> None:
    """End on a signal."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _announce_and_wait()


def stubborn(_: socket.socket) -> None:
    """Ignore signals, like a worker with open answers."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _announce_and_wait()


def deaf_at_first(_: socket.socket) -> None:
    """Ignore the first signal."""
    signal.signal(signal.SIGTERM, lambda *_: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    _announce_and_wait()


def failing(_: socket.socket) -> None:
    """Fail like a worker that cannot start."""
    sys.exit(3)


def _announce_and_wait() -> None:
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    time.sleep(60)


if __name__ == "__main__":
    sys.exit(supervise(globals()[sys.argv[1]], ("127.0.0.1", 0), 2))
