"""The load generator: ``python -m bench.load`` reads one job per line and answers each with one line, in JSON.

A closed loop: every connection sends a request, checks the answer, and sends the next. One protocol class on bare
connections, because the generator shares its core with the upstream and must not limit what is measured.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
from collections import Counter
from time import monotonic_ns, perf_counter
from typing import cast

import httptools
import msgspec
import uvloop

from bench import wire
from bench.processes import cpu_seconds, resident_bytes


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement of one server."""

    port: int
    headers: dict[str, str]
    #: The process whose CPU and memory are measured, including its descendants; None measures neither.
    pid: int | None
    connections: int
    #: Requests per connection before the measured part.
    warm_up: int = 2
    seconds: float = 1.0
    stream: bool = False
    chunks: int = 0
    gap_ms: int = 0
    #: Size of the messages added to each prompt.
    prompt_bytes: int = 0
    #: Each connection sends one request; ``seconds`` is only the time at which memory is read.
    once: bool = False
    #: Seconds after the last answer that still count, for work that the server postponed.
    settle: float = 0.7
    #: Seconds after the end within which the last answers must arrive.
    patience: float = 60.0


class Measured(msgspec.Struct, kw_only=True):
    """The result of a job. Times are in seconds, as the client measures them."""

    #: Requests answered correctly: in all, and in the measured part.
    sent: int
    answered: int
    #: Fault -> how often it happened in all.
    faults: dict[str, int]
    elapsed: float
    #: Seconds of CPU in the measured part, up to the end of ``settle``.
    cpu: float
    latency_p50: float
    latency_p99: float
    chunks: int
    #: Reads with at least one chunk; fewer than ``chunks`` if the server merged some.
    reads: int
    #: From the upstream's write to the client's read.
    delay_p50: float
    delay_p99: float
    resident_before: int
    resident_during: int


class Connection(asyncio.Protocol):
    """One connection of the closed loop."""

    _transport: asyncio.Transport

    def __init__(self, load: Load) -> None:
        self._load = load
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._rest = b""
        self._number = b""
        self._asked = 0.0
        self._chunks = 0
        self._waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def close(self) -> None:
        """Hang up."""
        self._transport.abort()

    def ask(self) -> None:
        """Send the next request."""
        self._number, request = self._load.next_request()
        self._chunks = 0
        self._waiting = True
        self._asked = perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        before = self._chunks
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._ended(f"not HTTP: {error}")
            self.close()
            return
        if self._chunks > before:
            self._load.reads += 1

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # as asyncio calls it
        if self._waiting:
            self._ended("the connection was closed before the answer's end")
        self._load.lost(self)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)
        if self._load.job.stream:
            text = self._rest + body
            end = text.rfind(b"\n") + 1
            now = monotonic_ns()
            stamps = wire.STAMP.findall(text, 0, end)
            self._rest = text[end:]
            self._chunks += len(stamps)
            self._load.delays.extend([now - int(stamp) for stamp in stamps])

    def on_message_complete(self) -> None:
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body.clear()
        self._rest = b""
        if not self._waiting:
            self._load.fault("an answer that nobody asked for")
            return
        status = self._parser.get_status_code()
        if status != 200:
            self._ended(f"status {status}: {body[:200].decode(errors='replace')}")
        elif self._number not in body:
            self._ended("the answer to another request")
        elif not (self._stream_is_whole(body) if self._load.job.stream else _answer_is_whole(body)):
            self._ended(f"not the whole answer: {body[-200:].decode(errors='replace')}")
        else:
            self._ended(None)

    def _stream_is_whole(self, body: bytes) -> bool:
        return (
            self._chunks == self._load.job.chunks
            and body.rstrip().endswith(b"data: [DONE]")
            and wire.USAGE_SEEN.search(body) is not None
        )

    def _ended(self, fault: str | None) -> None:
        self._waiting = False
        self._load.ended(self, perf_counter() - self._asked, fault)


def _answer_is_whole(body: bytes) -> bool:
    return _ANSWER_TEXT in body and wire.USAGE_SEEN.search(body) is not None


_ANSWER_TEXT = wire.ANSWER_TEXT.encode()
#: After this many faults, a server gets no more requests.
_MOST_FAULTS = 100


class Load:
    """One job while it runs."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.reads = 0
        self.delays: list[int] = []
        self._faults: Counter[str] = Counter()
        self._latencies: list[float] = []
        self._sent = 0
        self._number = 0
        self._until = 0.0
        self._asks_left: dict[Connection, int] = {}
        self._busy: set[Connection] = set()
        self._idle = asyncio.Event()
        before, after = wire.request_parts(
            stream=job.stream, chunks=job.chunks, gap_ms=job.gap_ms, prompt_bytes=job.prompt_bytes
        )
        length = len(before) + wire.NUMBER_DIGITS + len(after)
        headers = {"Host": f"127.0.0.1:{job.port}", "Content-Type": "application/json", **job.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {wire.PATH} HTTP/1.1\r\n{lines}Content-Length: {length}\r\n\r\n"
        self._before, self._after = head.encode() + before, after

    async def run(self) -> Measured:
        """Warm up, measure, wait until the server is at rest."""
        job = self.job
        resident_before = self._resident()
        for _ in range(job.connections):
            await self._connect()
        if job.warm_up:
            await self._loop(asks=job.warm_up)
        self._latencies.clear()
        self.delays.clear()
        self.reads = 0
        cpu_before, started = self._cpu(), perf_counter()
        resident = asyncio.create_task(self._resident_after(job.seconds))
        if not self._faults:  # a server that fails during the warm-up is not measured
            await self._loop(asks=1) if job.once else await self._loop(seconds=job.seconds)
        elapsed = perf_counter() - started
        await asyncio.sleep(job.settle)
        cpu = self._cpu() - cpu_before
        for connection in list(self._asks_left):
            connection.close()
        self._latencies.sort()
        self.delays.sort()
        return Measured(
            sent=self._sent,
            answered=len(self._latencies),
            faults=dict(self._faults),
            elapsed=elapsed,
            cpu=cpu,
            latency_p50=_at(self._latencies, 0.5),
            latency_p99=_at(self._latencies, 0.99),
            chunks=len(self.delays),
            reads=self.reads,
            delay_p50=_at(self.delays, 0.5) / 1e9,
            delay_p99=_at(self.delays, 0.99) / 1e9,
            resident_before=resident_before,
            resident_during=await resident,
        )

    def next_request(self) -> tuple[bytes, bytes]:
        """The next number, and the request that carries it."""
        self._number += 1
        number = b"%0*d" % (wire.NUMBER_DIGITS, self._number)
        return number, b"%b%b%b" % (self._before, number, self._after)

    def ended(self, connection: Connection, latency: float, fault: str | None) -> None:
        """Note that an answer is complete or has failed; its connection goes on or stops."""
        if fault is None:
            self._sent += 1
            self._latencies.append(latency)
        else:
            self.fault(fault)
        self._asks_left[connection] -= 1
        if fault is None and (self._asks_left[connection] > 0 or perf_counter() < self._until):
            self._ask(connection)
        else:
            self._rest(connection)

    def lost(self, connection: Connection) -> None:
        """Note that a connection is lost; it takes no further part."""
        self._asks_left.pop(connection, None)
        self._rest(connection)

    def fault(self, text: str) -> None:
        """Count a fault."""
        self._faults[text] += 1
        if self._faults.total() >= _MOST_FAULTS:
            self._until = 0.0
            self._idle.set()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(self), "127.0.0.1", self.job.port)
        self._asks_left[connection] = 0

    async def _loop(self, asks: int = 0, seconds: float = 0.0) -> None:
        """Let all connections send requests, ``asks`` each or for some ``seconds``, and await the answers."""
        closed_meanwhile = self.job.connections - len(self._asks_left)
        for _ in range(closed_meanwhile):
            await self._connect()
        self._idle.clear()
        self._until = perf_counter() + seconds if seconds else 0.0
        self._busy = set(self._asks_left)
        for connection in self._busy:
            self._asks_left[connection] = asks
        for connection in list(self._busy):
            self._ask(connection)
        try:
            await asyncio.wait_for(self._idle.wait(), seconds + self.job.patience)
        except TimeoutError:
            self._faults["no answer in time"] += len(self._busy)

    def _ask(self, connection: Connection) -> None:
        if self.job.gap_ms:  # spread, so that the chunks of different streams do not fall together
            asyncio.get_running_loop().call_later(random.random() * self.job.gap_ms / 1000, connection.ask)
        else:
            connection.ask()

    def _rest(self, connection: Connection) -> None:
        self._busy.discard(connection)
        if not self._busy:
            self._idle.set()

    def _cpu(self) -> float:
        return 0.0 if self.job.pid is None else cpu_seconds(self.job.pid)

    def _resident(self) -> int:
        return 0 if self.job.pid is None else resident_bytes(self.job.pid)

    async def _resident_after(self, seconds: float) -> int:
        await asyncio.sleep(seconds)
        return self._resident()


def _at(ascending: list[float] | list[int], share: float) -> float:
    """The value below which a ``share`` of all lies; 0 if there are none."""
    return ascending[min(len(ascending) - 1, int(len(ascending) * share))] if ascending else 0.0


async def measure(job: Job) -> Measured:
    """Run one job to its end."""
    return await Load(job).run()


def main() -> None:
    """Do the jobs that come in, one after another."""
    gc.disable()
    for line in sys.stdin:
        measured = uvloop.run(measure(msgspec.json.decode(line, type=Job)))
        print(msgspec.json.encode(measured).decode(), flush=True)
        gc.collect()


if __name__ == "__main__":
    main()
