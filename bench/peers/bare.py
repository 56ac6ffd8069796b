"""The baselines: the direct call, Sanic without a call, and a minimal relay."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from bench.peers.target import Site, Target, ask_until_answered
from bench.processes import NotStarted, free_port, running, wait_for_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parents[2]
RELAY_KEY = "sk-bench-relay"


@contextmanager
def direct(site: Site) -> Iterator[Target]:
    """The upstream itself, without a server in between."""
    yield Target("direct", "direct call", site.upstream_port, None)


@contextmanager
def sanic(site: Site) -> Iterator[Target]:
    """Sanic, answering without a call."""
    port = free_port()
    command = [sys.executable, "-m", "bench.peers.bare_sanic", str(port)]
    with running(command, core=site.core, log=site.log, cwd=_ROOT) as process:
        wait_for_port(process, port, site.log)
        ask_until_answered(port, {}, site.log, 10)
        yield Target("sanic", f"Sanic {version('sanic')}, no call", port, process.pid, streams=False)


@contextmanager
def relay(site: Site) -> Iterator[Target]:
    """Sanic and aiohttp, forwarding only. Raises NotStarted without aiohttp, which the server itself does not need."""
    try:
        version("aiohttp")
    except PackageNotFoundError:
        raise NotStarted("aiohttp is not installed") from None
    port = free_port()
    command = [sys.executable, "-m", "bench.peers.bare_relay", str(port), site.upstream_url]
    headers = {"Authorization": f"Bearer {RELAY_KEY}"}
    with running(command, core=site.core, log=site.log, cwd=_ROOT) as process:
        wait_for_port(process, port, site.log)
        ask_until_answered(port, headers, site.log, 10)
        yield Target("relay", "bare relay (Sanic + aiohttp)", port, process.pid, headers)
