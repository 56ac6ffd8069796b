"""Redis servers for tests: the one that ``TEST_REDIS_URL`` names, and a cluster of one node."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.network import ports

if TYPE_CHECKING:
    from collections.abc import Iterator

REDIS = os.environ.get("TEST_REDIS_URL") or f"redis://127.0.0.1:6379/{ports.NUMBER}"


def place(url: str) -> tuple[str, int]:
    """Host and port."""
    host, _, port = url.removeprefix("redis://").split("/")[0].rpartition(":")
    return host, int(port)


@pytest.fixture
def redis() -> str:
    """The address of a Redis server."""
    try:
        socket.create_connection(place(REDIS), 1).close()
    except OSError:
        if os.environ.get("ONEAPI_TEST_REQUIRE_SERVERS"):
            pytest.fail("no Redis server: set TEST_REDIS_URL")
        pytest.skip("no Redis server: set TEST_REDIS_URL")
    return REDIS


@pytest.fixture(scope="session")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of one node, as a list of nodes; a new one takes two seconds to be ready."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("no redis-server to start a cluster with")
    port = ports.free_port()
    settings = {
        "port": port,
        "bind": "127.0.0.1",
        "save": "",
        "dir": tmp_path_factory.mktemp("cluster"),
        "cluster-enabled": "yes",
        "cluster-port": ports.free_port(),
    }
    arguments = [text for name, value in settings.items() for text in (f"--{name}", str(value))]
    process = subprocess.Popen([server, *arguments], stdout=subprocess.DEVNULL)
    try:
        _ask(port, "CLUSTER ADDSLOTSRANGE 0 16383", "+OK")
        _ask(port, "CLUSTER INFO", "cluster_state:ok")
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _ask(port: int, command: str, wanted: str) -> None:
    """Send ``command`` until the answer contains ``wanted``."""
    deadline, answer = time.monotonic() + 10, ""
    while wanted not in answer:
        assert time.monotonic() < deadline, answer
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.sendall(command.encode() + b"\r\n")
                answer = connection.recv(65536).decode()
        except OSError:
            time.sleep(0.02)
