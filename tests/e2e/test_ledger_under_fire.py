"""Money under concurrency, crashes and a database that goes away: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.server import Administrator, Gateway, running
from tests.support.tcp_proxy import TcpProxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.databases import FreshDatabase
    from tests.support.upstream import ThreadedUpstream

MODEL = "priced"
PROMPT, COMPLETION = 400, 100
COST = PROMPT + COMPLETION


def chat(**fields: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": "hello"}]} | fields


def prepare(gateway: Gateway, upstream: ThreadedUpstream) -> Administrator:
    """One channel, one model whose every token costs one unit, no padding of the reservation."""
    admin = Administrator(gateway.url)
    admin.set_option("ModelRatio", f'{{"{MODEL}": 1}}')
    admin.set_option("CompletionRatio", f'{{"{MODEL}": 1}}')
    admin.set_option("PreConsumedQuota", "0")
    admin.add_channel(upstream.url, MODEL)
    return admin


def settled(admin: Administrator, expected: int, seconds: float = 10) -> list[dict[str, Any]]:
    """The consume rows once there are ``expected`` of them and no more come."""
    deadline = time.monotonic() + seconds
    while len(rows := admin.consumed()) < expected and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.3)
    return admin.consumed() if len(rows) == expected else rows


async def fire(url: str, key: str, count: int, body: dict[str, Any]) -> list[httpx.Response]:
    limits = httpx.Limits(max_connections=count)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60) as client:
        calls = (
            client.post("/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {key}"})
            for _ in range(count)
        )
        return await asyncio.gather(*calls)


@pytest.mark.parametrize("stream", [False, True])
def test_quota_for_fifty_serves_exactly_fifty_of_two_hundred(
    tmp_path: Path, upstream: ThreadedUpstream, fresh_database: FreshDatabase, stream: bool
) -> None:
    # What is reserved is what the upstream reports: max_tokens plus the estimate of "hello".
    with running(tmp_path, "--workers", "2", **fresh_database.environment) as gateway:
        admin = prepare(gateway, upstream)
        reserved = reservation(admin, upstream, gateway)
        upstream.chat(prompt_tokens=reserved - COMPLETION, completion_tokens=COMPLETION)
        key = admin.add_token(unlimited_quota=False, remain_quota=50 * reserved)
        answers = asyncio.run(fire(gateway.url, key, 200, chat(max_tokens=COMPLETION, stream=stream)))
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(200) == 50
        assert statuses.count(403) == 150
        rows = settled(admin, 51)
        assert len(rows) == 51  # with the one that found out the reservation
        token = next(token for token in admin.call("GET", "/api/token/?p=0") if key.endswith(token["key"]))
        assert (token["remain_quota"], token["used_quota"]) == (0, 50 * reserved)


def reservation(admin: Administrator, upstream: ThreadedUpstream, gateway: Gateway) -> int:
    """The smallest quota with which one request of ours is admitted; found by asking."""
    upstream.chat(prompt_tokens=0, completion_tokens=0)
    low, high = 0, 4 * COST
    upstream.chat(prompt_tokens=1, completion_tokens=0)
    while high - low > 1:
        middle = (low + high) // 2
        key = admin.add_token(unlimited_quota=False, remain_quota=middle)
        [answer] = asyncio.run(fire(gateway.url, key, 1, chat(max_tokens=COMPLETION)))
        low, high = (low, middle) if answer.status_code == 200 else (middle, high)
    return high
