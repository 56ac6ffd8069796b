"""What is measured beside this server forwards rightly, so that its figures mean something."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.load import Job, measure
from bench.peers import bare, nginx
from bench.peers.target import Site
from bench.processes import NotStarted, free_port, running, wait_for_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.peers.target import Start

ROOT = Path(__file__).parents[2]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    core, port, log = min(os.sched_getaffinity(0)), free_port(), tmp_path / "upstream.log"
    command = [sys.executable, "-m", "bench.upstream", str(port)]
    with running(command, core=core, log=log, cwd=ROOT) as process:
        wait_for_port(process, port, log)
        yield Site(core, tmp_path, port)


@pytest.mark.parametrize("start", [nginx.start, bare.sanic, bare.relay], ids=["nginx", "sanic", "relay"])
async def test_a_peer_answers_rightly(site: Site, start: Start) -> None:
    with ExitStack() as stack:
        try:
            target = stack.enter_context(start(site))
        except NotStarted as reason:
            assert "not installed" in str(reason)  # then the table says the same
            return
        job = Job(
            port=target.port, headers=dict(target.headers), pid=target.pid, connections=2, seconds=0.05, settle=0,
            stream=target.streams, chunks=3, gap_ms=2,
        )  # fmt: skip
        found = await measure(job)
    assert not found.faults
    assert found.answered > 0
    assert found.cpu > 0
    assert found.chunks == (3 * found.answered if target.streams else 0)
