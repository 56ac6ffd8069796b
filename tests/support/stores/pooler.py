"""PgBouncer in front of the tests' PostgreSQL server, with given settings."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from oneapi.adapters.database.connection.dsn import read_dsn
from tests.support.network.ports import free_port
from tests.support.stores.databases import POSTGRES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: PgBouncer does not run as root; it becomes this user, who needs no rights.
UNPRIVILEGED = "nobody"


@contextlib.contextmanager
def pooled(database: str, folder: Path, settings: Mapping[str, str]) -> Iterator[str]:
    """The address of ``database`` behind a PgBouncer with ``settings``, for the length of a ``with`` block."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("no pgbouncer: apt install pgbouncer")
    server, port = read_dsn(POSTGRES).url, free_port()
    lines = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_type": "any",
        "logfile": "",
        **settings,
    }
    file = folder / "pgbouncer.ini"
    file.write_text(
        f"[databases]\n{database} = host={server.host} port={server.port or 5432} user={server.username}\n"
        "[pgbouncer]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())
    )
    user = ["-u", UNPRIVILEGED] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [program, *user, str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 10
        while not _accepts(port):
            assert process.poll() is None, "pgbouncer ended"
            assert time.monotonic() < deadline, "pgbouncer does not listen"
            time.sleep(0.02)
        yield f"postgres://{server.username}@127.0.0.1:{port}/{database}?sslmode=disable"
    finally:
        process.terminate()
        process.wait(10)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
