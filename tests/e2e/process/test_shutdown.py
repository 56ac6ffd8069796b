"""SIGTERM: short answers finish, longer ones end with an error, all are billed, and the exit code is 0."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import eventually
from tests.support.gateway.server import Administrator, Gateway, running
from tests.support.providers.upstream import Ending, chat_reply, chat_stream

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.providers.upstream import ProgrammableUpstream

CHAT = "/v1/chat/completions"
GRACE = 1.5


def wire(key: str, *, stream: bool) -> bytes:
    body = json.dumps(
        {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}], "stream": stream}
    ).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: h\r\nAuthorization: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Call:
    """One request on its own connection, which stays open."""

    def __init__(self, gateway: Gateway, key: str, *, stream: bool = True) -> None:
        self._socket = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
        self._socket.sendall(wire(key, stream=stream))
        self.received = b""

    def read(self, until: bytes | None = None) -> bytes:
        """Everything received, once it contains ``until`` or, without it, once the connection ends."""
        while (until is None or until not in self.received) and (piece := self._socket.recv(65536)):
            self.received += piece
        if until is None:
            self._socket.close()
        return self.received

    @property
    def answered(self) -> bool:
        """Whether anything has been received."""
        return bool(self.received or select.select([self._socket], [], [], 0)[0])

    def close(self) -> None:
        self._socket.close()


def reaching(
    upstream: ProgrammableUpstream, gateway: Gateway, key: str, until: bytes = b"", *, stream: bool = True
) -> Call:
    """A call that has reached the upstream and been answered up to ``until``.

    Tries again for a while, because other workers learn of a new channel up to a second later.
    """
    reached, deadline = len(upstream.requests) + 1, time.monotonic() + 20
    call = Call(gateway, key, stream=stream)
    while len(upstream.requests) < reached:
        assert time.monotonic() < deadline
        if call.answered and len(upstream.requests) < reached:
            call.close()
            call = Call(gateway, key, stream=stream)
        time.sleep(0.05)
    if until:
        call.read(until)
    return call


def listens(gateway: Gateway) -> bool:
    """Whether the server still accepts connections."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", gateway.port), timeout=1):
        return True
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
def test_open_streams_end_with_the_reason(
    tmp_path: Path, upstream: ProgrammableUpstream, workers: str
) -> None:
    environment = {"SHUTDOWN_GRACE": str(GRACE), "WORKERS": workers}
    with running(tmp_path, **environment) as gateway:
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, "gpt-4o")
        key = admin.add_token()
        before = admin.self()["quota"]
        upstream.enqueue(
            chat_stream(["one ", "two ", "three"]).stopped(Ending.STALL, after_events=4),
            chat_stream(["word "] * 400, delay=0.05),
            chat_stream(["short "] * 10, delay=0.05),
        )
        stalled = reaching(upstream, gateway, key, b"three")
        talking = reaching(upstream, gateway, key, b"word ")
        short = reaching(upstream, gateway, key, b"short ")
        upstream.enqueue(chat_reply("late").after(30))
        whole = reaching(upstream, gateway, key, stream=False)

        began = time.monotonic()
        assert gateway.stop() == 0
        assert GRACE <= time.monotonic() - began < GRACE + 8

        said = short.read()
        assert b"data: [DONE]" in said
        assert b'"error"' not in said
        for call in (stalled, talking):
            said = call.read()
            assert b"data: [DONE]" not in said
            event = json.loads(said.rpartition(b"data: ")[2].partition(b"\n\n")[0])
            assert event["error"]["code"] == "shutting_down"
            assert said.endswith(b"0\r\n\r\n"), "the answer ends as HTTP wants it"
        said = whole.read()
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 1\r\n" in said

        gateway.start()
        admin = Administrator(gateway.url)
        rows: list[dict[str, Any]] = admin.consumed()
        causes = sorted(row["end_cause"] for row in rows)
        assert causes == ["delivered", "gateway_stopped", "gateway_stopped"]
        assert before - admin.self()["quota"] == sum(row["quota"] for row in rows)
        assert all(row["quota"] > 0 for row in rows)
        assert min(row["completion_tokens"] for row in rows if row["end_cause"] == "gateway_stopped") == 3


@pytest.mark.parametrize("workers", ["1", "2"])
def test_signals_to_the_whole_group_and_repeated_ones_interrupt_nothing(
    tmp_path: Path, upstream: ProgrammableUpstream, workers: str
) -> None:
    """Ctrl-C in a terminal and systemd signal the whole group; workers also get the supervisor's signal."""
    with running(tmp_path, WORKERS=workers) as gateway:
        assert gateway.process is not None
        admin = Administrator(gateway.url)
        admin.add_channel(upstream.url, "gpt-4o")
        key = admin.add_token()
        upstream.enqueue(chat_stream(["word "] * 40, delay=0.05))
        call = reaching(upstream, gateway, key, b"word ")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGINT):
            os.killpg(gateway.process.pid, number)
            time.sleep(0.1)
        assert gateway.process.wait(20) == 0
        assert b"data: [DONE]" in call.read()
        assert "Traceback" not in gateway.output()


def test_two_workers_end_on_a_signal_before_they_serve(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, {"WORKERS": "2"})
    gateway.launch()
    try:
        eventually(lambda: listens(gateway), seconds=60)
        began = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - began < 15
    finally:
        gateway.kill()


def test_workers_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    with running(tmp_path, WORKERS="2") as gateway:
        assert gateway.process is not None
        gateway.process.kill()
        gateway.process.wait(10)
        eventually(lambda: not listens(gateway), seconds=20)


def test_idle_connections_and_half_sent_heads_do_not_delay_the_end(tmp_path: Path) -> None:
    with running(tmp_path, SHUTDOWN_GRACE="30") as gateway:
        sockets = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(3)]
        sockets[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n")
        assert sockets[0].recv(1000).startswith(b"HTTP/1.1 200")
        sockets[1].sendall(b"GET /healthz HTTP/1.1\r\n")
        began = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - began < 8
        refused = sockets[1].recv(1000)
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 1\r\n" in refused
        for one in sockets:
            one.close()
