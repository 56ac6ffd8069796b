"""What all peers are to the rig."""

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
    """Where a peer runs: its core, a directory of its own, and the upstream it is to forward to."""

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
    """A server that listens and answers."""

    name: str
    #: With its version.
    title: str
    port: int
    pid: int | None
    headers: Mapping[str, str] = field(factory=dict)
    streams: bool = True
    #: Given the number of requests that were answered, what is wrong with the bill.
    check_bill: Callable[[int], list[str]] | None = None
    #: Requests answered before the first measurement.
    asked: int = 0


#: Starts a peer; NotStarted says why it cannot be had.
Start = Callable[[Site], AbstractContextManager[Target]]


def ask_until_answered(port: int, headers: Mapping[str, str], log: Path, seconds: float = 60) -> None:
    """Return after the first right answer; NotStarted with the last wrong one when the time is over."""
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
