"""The interface between the rig and the servers that it measures."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from attrs import field, frozen

from bench import wire
from bench.processes import NotStarted

if TYPE_CHECKING:
    from pathlib import Path


@frozen
class Site:
    """Where a peer runs: its core, its own directory, and the upstream to which it forwards."""

    core: int
    directory: Path
    upstream_port: int

    @property
    def upstream_url(self) -> str:
        return f"http://127.0.0.1:{self.upstream_port}"

    @property
    def log(self) -> Path:
        return self.directory / "log"


@frozen
class Target:
    """A server that is ready to be measured."""

    name: str
    #: The name for the report, with the version.
    title: str
    port: int
    pid: int | None
    headers: Mapping[str, str] = field(factory=dict)
    streams: bool = True
    #: The number of answered requests -> what is wrong with the bill.
    check_bill: Callable[[int], list[str]] | None = None
    #: Requests answered before the first measurement.
    asked: int = 0


#: Starts a peer. Raises NotStarted with the reason if that is impossible.
Start = Callable[[Site], AbstractContextManager[Target]]


def ask_until_answered(port: int, headers: Mapping[str, str], log: Path, seconds: float = 60) -> None:
    """Return after the first correct answer. Raises NotStarted with the last wrong one if the time runs out."""
    before, after = wire.request_parts(stream=False)
    body = before + b"0" * wire.NUMBER_DIGITS + after
    end = time.monotonic() + seconds
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", wire.PATH, body, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            answer = response.read().decode(errors="replace")
            if response.status == 200 and wire.ANSWER_TEXT in answer:
                return
            fault = f"status {response.status}: {answer[:300]}"
        except (OSError, http.client.HTTPException) as error:
            fault = repr(error)
        finally:
            connection.close()
        if time.monotonic() > end:
            raise NotStarted(f"no answer after {seconds:.0f} s: {fault}; log: {log}")
        time.sleep(0.2)
