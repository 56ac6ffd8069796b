"""Tests and balances of channels on running servers: over the wire to a provider, by one process for all nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.e2e.conftest import eventually
from tests.support.gateway.server import Administrator, running
from tests.support.providers.upstream import chat_reply, error_reply, json_reply

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.providers.upstream import ProgrammableUpstream
    from tests.support.stores.databases import FreshDatabase

CHAT = "/v1/chat/completions"
SUBSCRIPTION = "/v1/dashboard/billing/subscription"
USAGE = "/v1/dashboard/billing/usage"
#: Makes the periods of both jobs end.
DUE = """
INSERT INTO leases (name, owner, expires_at, done_at, report) VALUES ('channel_test', '', 0, 0, '');
INSERT INTO leases (name, owner, expires_at, done_at, report) VALUES ('channel_balance', '', 0, 0, '');
"""


def report(admin: Administrator, job: str = "test") -> dict[str, Any]:
    found: dict[str, Any] = admin.call("GET", f"/api/channel/{job}/progress")
    return found


def test_jobs_started_by_hand(tmp_path: Path, upstream: ProgrammableUpstream) -> None:
    upstream.enqueue(chat_reply("I am gpt-4o", prompt_tokens=3, completion_tokens=2))
    with running(tmp_path, TEST_PROMPT="who is there?") as gateway:
        admin = Administrator(gateway.url)
        number = admin.add_channel(upstream.url, "gpt-4o")
        quota = admin.self()["quota"]
        admin.call("GET", f"/api/channel/test/{number}")
        assert upstream.requests[0].json()["messages"] == [{"role": "user", "content": "who is there?"}]
        assert upstream.requests[0].header("authorization") == "Bearer sk-upstream"
        [row] = admin.call("GET", "/api/log/?type=5")
        assert (row["user_id"], row["quota"], row["content"]) == (
            0,
            0,
            "渠道 upstream 测试成功，响应：I am gpt-4o",
        )
        assert (admin.self()["quota"], admin.consumed()) == (quota, [])

        upstream.always(SUBSCRIPTION, json_reply({"hard_limit_usd": 20, "has_payment_method": True}))
        upstream.always(USAGE, json_reply({"total_usage": 150}))
        admin.call("GET", f"/api/channel/update_balance/{number}")
        assert admin.call("GET", f"/api/channel/{number}")["balance"] == 18.5

        admin.set_option("AutomaticDisableChannelEnabled", "true")
        upstream.always(CHAT, error_reply(401, code="invalid_api_key"))
        admin.call("GET", "/api/channel/test")
        eventually(lambda: not report(admin)["running"])
        assert report(admin)["results"][0]["success"] is False
        assert admin.call("GET", f"/api/channel/{number}")["status"] == 3

        assert gateway.stop() == 0
        assert "who is there?" not in gateway.output()
        assert "I am gpt-4o" not in gateway.output()


def test_masters_run_each_turn_of_a_job_once_for_all_nodes(
    tmp_path: Path, fresh_database: FreshDatabase, upstream: ProgrammableUpstream
) -> None:
    """Two nodes, one of them with two workers: each turn tests each channel once."""
    upstream.always(CHAT, chat_reply("yes"))
    upstream.always(SUBSCRIPTION, json_reply({"hard_limit_usd": 20, "has_payment_method": True}))
    upstream.always(USAGE, json_reply({"total_usage": 150}))
    settings = fresh_database.environment | {"CHANNEL_TEST_FREQUENCY": "1", "CHANNEL_UPDATE_FREQUENCY": "1"}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with running(tmp_path / "a", **fresh_database.environment) as first:
        admin = Administrator(first.url)
        for _ in range(3):
            admin.add_channel(upstream.url, "gpt-4o")
        assert first.stop() == 0
    fresh_database.run_script(DUE)
    with (
        running(tmp_path / "a", "--workers", "2", **settings) as first,
        running(tmp_path / "b", **settings) as second,
    ):
        admin, elsewhere = Administrator(first.url), Administrator(second.url)
        for job in ("test", "update_balance"):
            eventually(lambda job=job: report(admin, job)["done"] == 3, 15)
            assert report(elsewhere, job)["results"] == report(admin, job)["results"]
        eventually(lambda: not report(admin)["running"])
    paths = [request.path for request in upstream.requests]
    assert (paths.count(CHAT), paths.count(SUBSCRIPTION)) == (3, 3)
