"""``/api/usage/token`` and ``/api/log/token``: what a token can read about itself."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from oneapi.domain.logs.rows import LogRow, LogType
from oneapi.domain.people.tokens import NEVER, Token, TokenStatus
from oneapi.domain.people.users import UserStatus
from tests.entrypoints.admin.conftest import OTHER, USER
from tests.fakes.root import NOW

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

PATHS = ("/api/usage/token", "/api/log/token")
TOKEN = Token(
    id=1,
    user_id=USER,
    key="",
    status=TokenStatus.ENABLED,
    name="laptop",
    expired_time=NEVER,
    remain_quota=700,
    unlimited_quota=False,
    used_quota=300,
    created_time=int(NOW) - 100,
)


_numbers = itertools.count()


async def showing(api: AdminApi, token: Token = TOKEN) -> httpx.AsyncClient:
    """A client of ``token``, with a key that the gateway has not seen before."""
    key = f"alice{next(_numbers)}"
    api.tokens.rows[token.id] = evolve(token, key=key)
    return await api.client(Authorization=f"Bearer sk-{key}")


async def usage(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/api/usage/token/")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    assert (body["code"], body["message"]) == (True, "ok")
    data: dict[str, Any] = body["data"]
    return data


async def test_the_usage_of_a_token(api: AdminApi) -> None:
    assert await usage(await showing(api)) == {
        "object": "token_usage",
        "name": "laptop",
        "total_granted": 1000,
        "total_used": 300,
        "total_available": 700,
        "unlimited_quota": False,
        "model_limits": {},
        "model_limits_enabled": False,
        "expires_at": 0,
    }


async def test_limits_of_a_token(api: AdminApi) -> None:
    limited = evolve(TOKEN, models="gpt-4o,claude-opus-4-1", expired_time=2_000_000_000, unlimited_quota=True)
    data = await usage(await showing(api, limited))
    assert data["model_limits"] == {"gpt-4o": True, "claude-opus-4-1": True}
    assert (data["model_limits_enabled"], data["unlimited_quota"]) == (True, True)
    assert data["expires_at"] == 2_000_000_000


@pytest.mark.parametrize(
    "spent",
    [
        evolve(TOKEN, remain_quota=0),
        evolve(TOKEN, remain_quota=0, status=TokenStatus.EXHAUSTED),
        evolve(TOKEN, status=TokenStatus.EXPIRED, expired_time=1),
    ],
)
async def test_a_spent_token_gets_its_report(api: AdminApi, spent: Token) -> None:
    client = await showing(api, spent)
    assert (await usage(client))["total_available"] == spent.remain_quota
    assert (await client.get("/api/log/token")).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("shown", ["", "Bearer sk-of-nobody", "Bearer access-11"])
async def test_without_a_token_the_call_is_refused(api: AdminApi, path: str, shown: str) -> None:
    for client in (await api.client(Authorization=shown), await api.client(USER, Authorization=shown)):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["success"]) == (401, False)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("token", "status"),
    [(evolve(TOKEN, status=TokenStatus.DISABLED), 401), (evolve(TOKEN, subnet="192.0.2.0/24"), 200)],
)
async def test_a_token_that_may_not_be_used_here_is_refused(
    api: AdminApi, path: str, token: Token, status: int
) -> None:
    answer = await (await showing(api, token)).get(path)
    assert (answer.status_code, answer.json()["success"]) == (status, False)


@pytest.mark.parametrize("path", PATHS)
async def test_the_token_of_a_banned_user_is_refused(api: AdminApi, path: str) -> None:
    api.users.change(USER, status=UserStatus.DISABLED)
    assert not (await (await showing(api)).get(path)).json()["success"]


async def test_the_log_rows_of_a_token(api: AdminApi) -> None:
    own = LogRow(
        id=7,
        user_id=USER,
        created_at=int(NOW),
        type=LogType.CONSUME,
        token_name="laptop",
        model_name="gpt-4o",
    )
    api.logs.rows += [
        own,
        evolve(own, created_at=int(NOW) + 1, model_name="newest"),
        evolve(own, user_id=OTHER),
        evolve(own, token_name="phone"),
        evolve(own, created_at=TOKEN.created_time - 1),
    ]
    body = (await (await showing(api)).get("/api/log/token")).json()
    assert body["success"]
    assert [row["model_name"] for row in body["data"]] == ["newest", "gpt-4o"]
    assert {row["id"] for row in body["data"]} == {0}


@pytest.mark.parametrize("path", PATHS)
async def test_pages_of_other_sites_may_read_reports(api: AdminApi, path: str) -> None:
    answer = await (await showing(api)).get(path, headers={"Origin": "https://tools.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
