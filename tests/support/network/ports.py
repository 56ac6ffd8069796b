"""The number of this test process (pytest-xdist), and ports that no other test process uses."""

from __future__ import annotations

import os
import socket

PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def free_port() -> int:
    """A port on loopback on which nothing listens."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port // 2 % PROCESSES == NUMBER:  # systems assign only every second port
            return port
