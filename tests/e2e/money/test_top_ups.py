"""Codes and grants on a gateway with two workers: credited once, and available at once in both workers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

from tests.e2e.money.test_ledger_under_fire import (
    COMPLETION,
    answer,
    body,
    every_worker_serves,
    fire,
    prepare,
    prompt_of,
    settled,
)
from tests.support.gateway.server import NO_TLS, Administrator, running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.providers.upstream import ProgrammableUpstream
    from tests.support.stores.databases import FreshDatabase


def served(url: str, key: str, count: int, request: bytes) -> int:
    """How many of ``count`` concurrent calls are answered; the others are refused for lack of quota."""
    answers = asyncio.run(fire(url, key, count, request))
    statuses = [one.status_code if isinstance(one, httpx.Response) else one for one in answers]
    others = [
        one for one in answers if not isinstance(one, httpx.Response) or one.status_code not in (200, 403)
    ]
    assert not others, [getattr(one, "text", one) for one in others]
    return statuses.count(200)


def make_codes(admin: Administrator, count: int, quota: int) -> list[str]:
    keys: list[str] = admin.call("POST", "/api/redemption/", {"name": "e2e", "count": count, "quota": quota})
    return keys


async def redeem_all(url: str, access_token: str, keys: list[str]) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(
        base_url=url, headers={"Authorization": access_token}, timeout=30, verify=NO_TLS
    ) as client:
        calls = (client.post("/api/user/topup", json={"key": key}) for key in keys)
        return [got.json() for got in await asyncio.gather(*calls)]


def test_codes_and_grants_are_credited_once_and_can_be_spent_at_once(
    tmp_path: Path, upstream: ProgrammableUpstream, fresh_database: FreshDatabase
) -> None:
    request = body()
    cost = prompt_of(request) + COMPLETION
    answer(upstream, prompt=prompt_of(request), delay=0.02)
    with running(tmp_path, "--workers", "2", **fresh_database.environment) as gateway:
        admin = prepare(gateway, upstream)
        access = admin.call("GET", "/api/user/token")
        codes = make_codes(admin, 3, cost)
        key = admin.add_token()
        fresh_database.run_script(f"UPDATE users SET quota = {2 * cost}")  # noqa: S608  # a number made here
        every_worker_serves(gateway.url, key)
        assert served(gateway.url, key, 12, request) == 2
        assert served(gateway.url, key, 12, request) == 0, "both workers know by now"

        tried = asyncio.run(redeem_all(gateway.url, access, [codes[n % 3] for n in range(16)]))
        assert sorted(one["success"] for one in tried) == [False] * 13 + [True] * 3
        assert {one["message"] for one in tried} == {"", "兑换失败，该兑换码已被使用"}
        assert served(gateway.url, key, 12, request) == 3

        admin.call("POST", "/api/topup", {"user_id": 1, "quota": 4 * cost})
        assert served(gateway.url, key, 12, request) == 4

        [rich] = make_codes(admin, 1, 1000 * cost)
        asyncio.run(redeem_all(gateway.url, access, [rich]))
        assert served(gateway.url, key, 12, request) == 12
        assert len(settled(admin, 2 + 3 + 4 + 12)) == 2 + 3 + 4 + 12
        me = admin.self()
        assert me["used_quota"] == (2 + 3 + 4 + 12) * cost
        assert me["quota"] + me["used_quota"] == (2 + 3 + 4 + 1000) * cost
        rows = admin.call("GET", "/api/log/?type=1&page_size=100")
        assert sorted(row["quota"] // cost for row in rows) == [1, 1, 1, 4, 1000]
        assert {row["redeemed_by"] for row in admin.call("GET", "/api/redemption/")} == {1}
