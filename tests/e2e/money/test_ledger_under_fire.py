"""Money under concurrency, crashes and database outages: no charge is lost or made twice."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from oneapi.adapters.database.connection.dsn import read_dsn
from tests.e2e.conftest import steadily
from tests.support.gateway.server import NO_TLS, Administrator, Gateway, running
from tests.support.network.tcp_proxy import TcpProxy
from tests.support.providers.upstream import chat_reply, chat_stream

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.providers.upstream import ProgrammableUpstream
    from tests.support.stores.databases import FreshDatabase

MODEL = "priced"
CHAT = "/v1/chat/completions"
#: The most tokens of an answer. The prompt is estimated as a third of the body's bytes, see domain/counting.py.
COMPLETION = 100
OVERALL = 20
STANDARD_PORTS = {"postgresql": 5432, "mysql": 3306}


def body(*, stream: bool = False) -> bytes:
    messages = [{"role": "user", "content": "hello"}]
    asked = {"model": MODEL, "messages": messages, "max_tokens": COMPLETION, "stream": stream}
    return json.dumps(asked).encode()


def prompt_of(request: bytes) -> int:
    return len(request) // 3


def prepare(gateway: Gateway, upstream: ProgrammableUpstream) -> Administrator:
    """Create one channel with a model that costs one unit per token, without ``PreConsumedQuota``."""
    admin = Administrator(gateway.url)
    admin.set_option("ModelRatio", json.dumps({MODEL: 1}))
    admin.set_option("CompletionRatio", json.dumps({MODEL: 1}))
    admin.set_option("PreConsumedQuota", "0")
    admin.add_channel(upstream.url, MODEL)
    return admin


def every_worker_serves(url: str, key: str) -> None:
    """Wait until every worker knows the model and the key."""
    steadily(
        lambda: all(MODEL in models for models in asyncio.run(listed_models(url, key))),
        lasting=2,
        within=OVERALL,
    )


async def listed_models(url: str, key: str) -> list[str]:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, timeout=30, headers=headers, verify=NO_TLS) as client:
        return [got.text for got in await asyncio.gather(*(client.get("/v1/models") for _ in range(16)))]


def answer(
    upstream: ProgrammableUpstream, *, stream: bool = False, prompt: int = 10, delay: float = 0
) -> None:
    """Let the upstream report a usage of ``prompt`` and ``COMPLETION`` for every request."""
    if stream:
        upstream.always(CHAT, chat_stream(["a", "b"], usage=(prompt, COMPLETION), delay=delay))
    else:
        upstream.always(
            CHAT, chat_reply("a", prompt_tokens=prompt, completion_tokens=COMPLETION).after(delay)
        )


async def fire(url: str, key: str, count: int, content: bytes) -> list[httpx.Response | Exception]:
    """Send ``count`` requests at once. Returns the answer or exception of each."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(
        base_url=url, limits=httpx.Limits(max_connections=count), timeout=60, headers=headers
    ) as client:
        calls = (client.post(CHAT, content=content) for _ in range(count))
        return await asyncio.gather(*calls, return_exceptions=True)  # type: ignore[return-value]


def settled(admin: Administrator, expected: int) -> list[dict[str, Any]]:
    """The consume rows of the log, once the expected number is reached and no more are added."""
    deadline = time.monotonic() + OVERALL
    while len(admin.consumed()) < expected and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    return admin.consumed()


def token_of(admin: Administrator, key: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = admin.call("GET", "/api/token/?p=0&page_size=100")
    return next(token for token in found if key.endswith(token["key"]))


@pytest.mark.parametrize("stream", [False, True])
def test_quota_for_fifty_serves_exactly_fifty_of_two_hundred(
    tmp_path: Path, upstream: ProgrammableUpstream, fresh_database: FreshDatabase, *, stream: bool
) -> None:
    request = body(stream=stream)
    cost = prompt_of(request) + COMPLETION
    answer(upstream, stream=stream, prompt=prompt_of(request), delay=0.02)
    with running(tmp_path, "--workers", "2", **fresh_database.environment) as gateway:
        admin = prepare(gateway, upstream)
        before = admin.self()
        key = admin.add_token(unlimited_quota=False, remain_quota=50 * cost)
        every_worker_serves(gateway.url, key)
        answers = asyncio.run(fire(gateway.url, key, 200, request))
        statuses = [one.status_code if isinstance(one, httpx.Response) else one for one in answers]
        assert statuses.count(200) == 50
        assert statuses.count(403) == 150
        assert len(settled(admin, 50)) == 50
        token = token_of(admin, key)
        assert (token["remain_quota"], token["used_quota"]) == (0, 50 * cost)
        after = admin.self()
        assert before["quota"] - after["quota"] == 50 * cost
        assert after["used_quota"] - before["used_quota"] == 50 * cost
        assert after["request_count"] - before["request_count"] == 50


def test_a_kill_under_load_loses_nothing_and_charges_nothing_twice(
    tmp_path: Path, upstream: ProgrammableUpstream
) -> None:
    request = body()
    answer(upstream, prompt=10, delay=0.005)
    with running(tmp_path) as gateway:
        admin = prepare(gateway, upstream)
        before = admin.self()
        key = admin.add_token()
        delivered: list[str] = []
        stop = threading.Event()

        def load() -> None:
            with httpx.Client(base_url=gateway.url, timeout=10) as client:
                while not stop.is_set():
                    try:
                        got = client.post(CHAT, content=request, headers={"Authorization": f"Bearer {key}"})
                    except httpx.TransportError:
                        return
                    assert got.status_code == 200
                    delivered.append(got.headers["x-oneapi-request-id"])

        threads = [threading.Thread(target=load) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(1.5)
        gateway.kill()
        stop.set()
        for thread in threads:
            thread.join()
        assert delivered

        gateway.start()
        admin = Administrator(gateway.url)
        rows = settled(admin, len(delivered))
        charged = [row["request_id"] for row in rows]
        assert len(charged) == len(set(charged)), "a request was charged twice"
        assert set(delivered) <= set(charged), "a delivered answer was not charged"
        assert len(charged) - len(delivered) <= 8, "more was charged than was under way"
        after = admin.self()
        cost = 10 + COMPLETION
        assert before["quota"] - after["quota"] == len(charged) * cost
        assert after["used_quota"] - before["used_quota"] == len(charged) * cost


@pytest.mark.parametrize("product", ["postgresql", "mysql"], indirect=True)
def test_database_away_for_ten_seconds(
    tmp_path: Path, upstream: ProgrammableUpstream, fresh_database: FreshDatabase
) -> None:
    request = body()
    answer(upstream, prompt=10)
    there = read_dsn(fresh_database.dsn).url
    with TcpProxy(there.host or "127.0.0.1", there.port or STANDARD_PORTS[fresh_database.product]) as proxy:
        here = there.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        environment = {"SQL_DSN": here}
        with running(tmp_path, **environment) as gateway:
            admin = prepare(gateway, upstream)
            before = admin.self()
            key = admin.add_token()
            headers = {"Authorization": f"Bearer {key}"}
            with httpx.Client(base_url=gateway.url, timeout=10, headers=headers) as client:
                assert client.post(CHAT, content=request).status_code == 200
                proxy.cut()
                served = 0
                until = time.monotonic() + 10
                while time.monotonic() < until:
                    started = time.monotonic()
                    got = client.post(CHAT, content=request)
                    assert got.status_code == 200, got.text
                    assert time.monotonic() - started < 3
                    served += 1
                    time.sleep(0.2)
                unknown = client.post(
                    CHAT, content=request, headers={"Authorization": "Bearer sk-" + "x" * 48}
                )
                assert unknown.status_code == 503
                assert "retry-after" in unknown.headers
                proxy.restore()
            rows = settled(admin, served + 1)
            assert len(rows) == served + 1
            assert before["quota"] - admin.self()["quota"] == (served + 1) * (10 + COMPLETION)


def test_on_sigterm_open_answers_finish_and_every_charge_is_written(
    tmp_path: Path, upstream: ProgrammableUpstream
) -> None:
    upstream.always(CHAT, chat_stream(["one ", "two ", "three"], usage=(5, 3), delay=0.4))
    with running(tmp_path) as gateway:
        admin = prepare(gateway, upstream)
        key = admin.add_token()
        received: list[str] = []

        def stream() -> None:
            headers = {"Authorization": f"Bearer {key}"}
            url = gateway.url + CHAT
            with httpx.stream("POST", url, content=body(stream=True), headers=headers, timeout=20) as got:
                received.extend(got.iter_lines())

        thread = threading.Thread(target=stream)
        thread.start()
        time.sleep(0.6)
        assert gateway.stop() == 0
        thread.join()
        assert "data: [DONE]" in received
        gateway.start()
        [row] = Administrator(gateway.url).consumed()
        assert (row["prompt_tokens"], row["completion_tokens"]) == (5, 3)
