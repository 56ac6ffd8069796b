"""Odd numbers from upstreams, users and the database do not stop the ledger: requests are served and charged."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.conftest import eventually
from tests.support.gateway.server import NO_TLS, Administrator, Gateway, running
from tests.support.providers.answers import reply, sse
from tests.support.providers.upstream import chat_reply, error_reply

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.providers.answers import Answer
    from tests.support.providers.upstream import ProgrammableUpstream
    from tests.support.stores.databases import FreshDatabase

CHAT = "/v1/chat/completions"
HELLO = [{"role": "user", "content": "hello"}]
MOST = 2**53
#: Odd values for counts of tokens, as JSON.
WILD = (
    "9007199254740992",
    "9223372036854775808",
    "1e30",
    "-5",
    "1.5",
    '"7"',
    "true",
    "null",
    "[[1]]",
    '{"a":1}',
)


def prepare(gateway: Gateway, **ratios: float) -> Administrator:
    admin = Administrator(gateway.url)
    admin.set_option("ModelRatio", json.dumps({"m": 1} | ratios))
    admin.set_option("CompletionRatio", json.dumps(dict.fromkeys(["m", *ratios], 1)))
    admin.set_option("PreConsumedQuota", "0")
    return admin


def call(gateway: Gateway, key: str, **fields: Any) -> httpx.Response:
    body = {"model": "m", "messages": HELLO} | fields
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(gateway.url + CHAT, json=body, headers=headers, timeout=60, verify=NO_TLS)


def token_of(admin: Administrator, key: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = admin.call("GET", "/api/token/?p=0&page_size=100")
    return next(token for token in found if key.endswith(token["key"]))


def usage(number: str) -> str:
    return f'{{"prompt_tokens":{number},"completion_tokens":{number},"total_tokens":{number}}}'


def wild_reply(number: str) -> Answer:
    message = '{"index":0,"message":{"role":"assistant","content":"hi there"},"finish_reason":"stop"}'
    body = f'{{"id":"1","object":"chat.completion","choices":[{message}],"usage":{usage(number)}}}'
    return reply(body.encode(), headers={"Content-Type": "application/json"})


def wild_stream(number: str) -> Answer:
    delta = '{"index":0,"delta":{"role":"assistant","content":"hi there"},"finish_reason":"stop"}'
    chunk = f'{{"id":"1","object":"chat.completion.chunk","choices":[{delta}],"usage":{usage(number)}}}'
    return sse([f"data: {chunk}\n\n"])


#: Statements by which the table of charges refuses charges of 13 units, and accepts them again.
REFUSE = {
    "sqlite": (
        """CREATE TRIGGER refuse BEFORE INSERT ON ledger WHEN NEW.amount = 13
        BEGIN SELECT RAISE(ABORT, 'secret words'); END;""",
        "DROP TRIGGER refuse",
    ),
    "postgresql": (
        "ALTER TABLE ledger ADD CONSTRAINT secret_words CHECK (amount <> 13)",
        "ALTER TABLE ledger DROP CONSTRAINT secret_words",
    ),
    "mysql": (
        "ALTER TABLE ledger ADD CONSTRAINT secret_words CHECK (amount <> 13)",
        "ALTER TABLE ledger DROP CONSTRAINT secret_words",
    ),
}


def retry_charges(gateway: Gateway) -> tuple[int, str]:
    command = [sys.executable, "-m", "oneapi", "retry-charges"]
    done = subprocess.run(
        command, cwd=gateway.directory, env=gateway.environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def ledger_component(gateway: Gateway) -> tuple[int, str]:
    answer = httpx.get(gateway.url + "/readyz", verify=NO_TLS)
    return answer.status_code, answer.json()["components"]["ledger"]


def test_a_charge_that_the_database_refuses_is_set_aside_and_recovered(
    tmp_path: Path, upstream: ProgrammableUpstream, fresh_database: FreshDatabase
) -> None:
    refuse, allow = REFUSE[fresh_database.product]
    with running(tmp_path, **fresh_database.environment) as gateway:
        admin = prepare(gateway)
        admin.add_channel(upstream.url, "m")
        key, poor = admin.add_token(), admin.add_token(unlimited_quota=False, remain_quota=1000)
        fresh_database.run_script(refuse)
        before = admin.self()
        upstream.enqueue(*(chat_reply("x", prompt_tokens=10, completion_tokens=n) for n in (1, 3, 2, 3)))
        for shown in (key, key, poor, poor):
            assert call(gateway, shown, max_tokens=500).status_code == 200
        now = admin.self()
        assert before["quota"] - now["quota"] == now["used_quota"] - before["used_quota"] == 11 + 12
        assert token_of(admin, poor)["remain_quota"] == 1000 - 12
        for page in ("/api/channel/?p=0", "/api/user/?p=0", "/api/log/?p=0", "/api/token/?p=0"):
            admin.call("GET", page)
        eventually(lambda: ledger_component(gateway) == (200, "ok, 2 charges set aside"))
        assert gateway.stop() == 0
        gateway.start()
        assert ledger_component(gateway) == (200, "ok, 2 charges set aside")
        assert retry_charges(gateway) == (1, "0 charges stored, 2 still refused\n")
        fresh_database.run_script(allow)
        assert retry_charges(gateway) == (0, "2 charges stored, 0 still refused\n")
        assert retry_charges(gateway) == (0, "0 charges stored, 0 still refused\n")
        eventually(lambda: ledger_component(gateway) == (200, "ok"))
        again = Administrator(gateway.url)
        assert before["quota"] - again.self()["quota"] == 11 + 12 + 13 + 13
        assert token_of(again, poor)["remain_quota"] == 1000 - 12 - 13
        assert "was set aside" in gateway.output()


def test_the_ledger_on_every_product(
    tmp_path: Path, upstream: ProgrammableUpstream, fresh_database: FreshDatabase
) -> None:
    with running(tmp_path, **fresh_database.environment) as gateway:
        admin = prepare(gateway, dear=3)
        good = admin.add_channel(upstream.url, "m")
        rich = admin.add_token()
        _triage_1_3_wild_usages_are_not_believed(gateway, admin, upstream, rich)
        _a_token_is_not_raised_beyond_its_bounds(admin)
        _poor_purses_are_overdrawn_by_one_answer(gateway, admin, upstream)
        _failover_with_stored_holds(gateway, admin, upstream, good)
        _a_stale_row_does_not_undo_charges(gateway, admin, upstream, rich)
        assert httpx.get(gateway.url + "/readyz", verify=NO_TLS).json()["components"]["ledger"] == "ok"
        assert gateway.stop() == 0
        assert not list((tmp_path / "spool").glob("*.refused"))
        gateway.start()
        upstream.always(CHAT, chat_reply("hi", prompt_tokens=5, completion_tokens=1))
        before = Administrator(gateway.url).self()["used_quota"]
        assert call(gateway, rich).status_code == 200
        assert Administrator(gateway.url).self()["used_quota"] == before + 6
        assert "Traceback" not in gateway.output()


def _triage_1_3_wild_usages_are_not_believed(
    gateway: Gateway, admin: Administrator, upstream: ProgrammableUpstream, key: str
) -> None:
    for number in WILD:
        for stream in (False, True):
            before = admin.self()["quota"]
            upstream.always(CHAT, wild_stream(number) if stream else wild_reply(number))
            assert call(gateway, key, stream=stream, max_tokens=10).status_code == 200
            after = admin.self()["quota"]
            assert 0 < before - after < 100, (number, stream)
    for row in admin.consumed():
        assert row["prompt_tokens"] < 100
        assert row["completion_tokens"] < 100


def _a_token_is_not_raised_beyond_its_bounds(admin: Administrator) -> None:
    key = admin.add_token(unlimited_quota=False, remain_quota=100)
    token = token_of(admin, key)
    for _ in range(3):
        with pytest.raises(AssertionError, match="remain_quota"):
            admin.call("PUT", "/api/token/", token | {"remain_quota": MOST, "quota_seen": -MOST})
    me = admin.self()
    with pytest.raises(AssertionError, match="quota"):
        admin.call("PUT", "/api/user/", {"id": me["id"], "quota": MOST, "quota_seen": -MOST})
    assert token_of(admin, key)["remain_quota"] == 100
    assert admin.self()["quota"] == me["quota"]


def _poor_purses_are_overdrawn_by_one_answer(
    gateway: Gateway, admin: Administrator, upstream: ProgrammableUpstream
) -> None:
    upstream.always(CHAT, chat_reply("x", prompt_tokens=10, completion_tokens=40_020).after(0.2))
    key = admin.add_token(unlimited_quota=False, remain_quota=1800)
    before = admin.self()["quota"]

    async def all_at_once() -> list[httpx.Response]:
        async with httpx.AsyncClient(timeout=60, verify=NO_TLS) as client:
            body, headers = {"model": "m", "messages": HELLO}, {"Authorization": f"Bearer {key}"}
            return await asyncio.gather(
                *(client.post(gateway.url + CHAT, json=body, headers=headers) for _ in range(10))
            )

    statuses = [answer.status_code for answer in asyncio.run(all_at_once())]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 403}
    token = token_of(admin, key)
    assert (token["remain_quota"], token["used_quota"]) == (1800 - 40_030, 40_030)
    assert admin.self()["quota"] == before - 40_030
    assert {call(gateway, key).status_code for _ in range(3)} == {401}, "one answer for one state"


def _failover_with_stored_holds(
    gateway: Gateway, admin: Administrator, upstream: ProgrammableUpstream, good: int
) -> None:
    """Channels have different prices; the first two fail, and the hold is stored for each."""
    admin.set_option("RetryTimes", "2")
    mapping = json.dumps({"m": "dear"})
    admin.add_channel(upstream.url, "m", priority=10)
    admin.add_channel(upstream.url, "m", priority=5, model_mapping=mapping)
    for fields in ({"max_tokens": 9990}, {}, {"max_tokens": 9990, "stream": True}):
        key = admin.add_token(unlimited_quota=False, remain_quota=400_000)
        upstream.enqueue(error_reply(500), error_reply(500))
        upstream.always(CHAT, wild_stream("30") if "stream" in fields else wild_reply("30"))
        assert call(gateway, key, **fields).status_code == 200
        token = token_of(admin, key)
        assert (token["remain_quota"], token["used_quota"]) == (400_000 - 60, 60)
        row = admin.consumed()[0]
        assert row["channel"] == good
        upstream.enqueue(*[error_reply(500)] * 3)
        assert call(gateway, key, **fields).status_code == 500
        eventually(lambda key=key: token_of(admin, key)["remain_quota"] == 400_000 - 60)
    admin.set_option("RetryTimes", "0")


def _a_stale_row_does_not_undo_charges(
    gateway: Gateway, admin: Administrator, upstream: ProgrammableUpstream, key: str
) -> None:
    limited = admin.add_token(unlimited_quota=False, remain_quota=100_000)
    row, token = admin.self(), token_of(admin, limited)
    upstream.always(CHAT, chat_reply("x", prompt_tokens=10, completion_tokens=20))
    while call(gateway, key).status_code != 200:  # the channels that failed may still be tried first
        time.sleep(0.1)
    assert call(gateway, limited).status_code == 200
    admin.call("PUT", "/api/token/", token)
    assert token_of(admin, limited)["remain_quota"] == 100_000 - 30
    admin.call("PUT", "/api/token/", token_of(admin, limited) | {"remain_quota": 77})
    assert token_of(admin, limited)["remain_quota"] == 77
    charged = admin.self()["used_quota"] - row["used_quota"]
    assert charged >= 60
    admin.call("PUT", "/api/user/", {name: row[name] for name in ("id", "quota", "used_quota", "email")})
    now = admin.self()
    assert (row["quota"] - now["quota"], now["used_quota"] - row["used_quota"]) == (charged, charged)
    admin.call("PUT", "/api/user/", {"id": row["id"], "quota": 12_345_678})
    assert admin.self()["quota"] == 12_345_678


@pytest.mark.parametrize("product", ["postgresql"], indirect=True)
def test_known_keys_are_served_while_postgresql_refuses_connections(
    tmp_path: Path, upstream: ProgrammableUpstream, fresh_database: FreshDatabase
) -> None:
    """SQLSTATE 55000 is treated as an outage by the relay, for unknown keys, and by the console."""
    upstream.always(CHAT, chat_reply("x", prompt_tokens=10, completion_tokens=20))
    with running(tmp_path, **fresh_database.environment) as gateway:
        admin = prepare(gateway)
        admin.add_channel(upstream.url, "m")
        key = admin.add_token()
        assert call(gateway, key).status_code == 200
        fresh_database.shut()
        assert [call(gateway, key).status_code for _ in range(3)] == [200] * 3
        stranger = call(gateway, "sk-" + "x" * 48)
        assert (stranger.status_code, stranger.json()["error"]["code"]) == (503, "storage_unavailable")
        page = httpx.get(
            gateway.url + "/api/user/self", headers={"Authorization": "x" * 32}, verify=NO_TLS, timeout=20
        )
        assert (page.status_code, page.json()["success"]) == (503, False)
        eventually(lambda: ledger_component(gateway) == (503, "cannot write charges"))
