"""Which tokens are accepted, and which channel answers: failover, disabling, mapping, prompts, tiers and weights."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.conftest import Site, eventually
from tests.support.gateway.server import NO_TLS, Administrator, Gateway, running
from tests.support.providers.upstream import (
    Answer,
    Ending,
    ProgrammableUpstream,
    chat_reply,
    chat_stream,
    error_reply,
    html_page,
    raw,
    running_upstream,
    sse,
)
from tests.support.waiting import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator

CHAT = "/v1/chat/completions"
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
COMMON_KEY = "c" * 48
DATABASE = "one-api.db"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A gateway with a common user besides root, and ``RetryTimes`` 2."""
    limits = {"RELAY_FIRST_BYTE_TIMEOUT": "1", "RELAY_IDLE_TIMEOUT": "1", "ENFORCE_INCLUDE_USAGE": "true"}
    with running_upstream() as upstream, running(tmp_path_factory.mktemp("gateway"), **limits) as gateway:
        gateway.stop()
        add_common_user(gateway)
        gateway.start()
        admin = Administrator(gateway.url)
        admin.set_option("RetryTimes", "2")
        yield Site(gateway, upstream, admin, admin.add_token(), None)  # type: ignore[arg-type]  # httpx is enough


@pytest.fixture
def site(crowd: Site) -> Site:
    crowd.upstream.forget()
    return crowd


def add_common_user(gateway: Gateway) -> None:
    """A token with an id and a key that the tests know."""
    with closing(sqlite3.connect(gateway.directory / DATABASE)) as database:
        database.execute(
            'INSERT INTO users ("id","username","password","role","status","quota","group")'
            " VALUES (7,'common','-',1,1,1000000,'default')"
        )
        database.execute(
            'INSERT INTO tokens ("user_id","key","status","name","expired_time","remain_quota","unlimited_quota")'
            " VALUES (7,?,1,'common',-1,0,1)",
            (COMMON_KEY,),
        )
        database.commit()


@contextmanager
def channel(site: Site, upstream: ProgrammableUpstream, models: str, **fields: Any) -> Iterator[int]:
    """A channel that exists during a ``with`` block."""
    added = site.admin.add_channel(upstream.url, models, **fields)
    try:
        yield added
    finally:
        site.admin.call("PUT", "/api/channel/", {"id": added, "status": 2})


def ask(
    site: Site, model: str, *, key: str | None = None, language: str = "zh", **fields: Any
) -> httpx.Response:
    return httpx.post(
        site.gateway.url + CHAT,
        json={"model": model, "messages": HELLO} | fields,
        headers={"Authorization": site.key if key is None else key, "Accept-Language": language},
        timeout=15,
        verify=NO_TLS,
    )


def message(answer: httpx.Response) -> str:
    found: str = answer.json()["error"]["message"]
    return found.rpartition(" (request id: ")[0]


# --- tokens ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "status", "chinese", "english"),
    [
        ({"expired_time": 1}, 401, "该令牌已过期", "this token has expired"),
        (
            {"unlimited_quota": False, "remain_quota": 0},
            401,
            "该令牌额度已用尽",
            "the quota of this token is used up",
        ),
        (
            {"subnet": "10.0.0.0/8,192.168.1.0/24"},
            403,
            "该令牌只能在指定网段使用：10.0.0.0/8,192.168.1.0/24，当前 ip：127.0.0.1",
            "this token may only be used from 10.0.0.0/8,192.168.1.0/24; your address is 127.0.0.1",
        ),
        ({"models": "other,M,mm"}, 403, "该令牌无权使用模型：m", "this token may not use the model m"),
    ],
)
def test_refused_tokens(site: Site, fields: dict[str, Any], status: int, chinese: str, english: str) -> None:
    for language, text in (("zh-CN,zh;q=0.9", chinese), ("en-US", english), ("", chinese)):
        key = site.admin.add_token(**fields)
        answer = ask(site, "m", key=key, language=language)
        assert answer.status_code == status
        assert answer.json()["error"]["type"] == "one_api_error"
        assert message(answer) == text
    assert site.upstream.requests == []


@pytest.mark.parametrize(
    ("key", "chinese", "english"),
    [
        ("", "未提供令牌", "no token was given"),
        ("Bearer", "无效的令牌", "this token is not valid"),
        ("Bearer sk-", "未提供令牌", "no token was given"),
        ("Bearer sk-unknown", "无效的令牌", "this token is not valid"),
        ("Basic cm9vdDoxMjM0NTY=", "无效的令牌", "this token is not valid"),
    ],
)
def test_missing_and_unknown_tokens(site: Site, key: str, chinese: str, english: str) -> None:
    for language, text in (("zh", chinese), ("en", english)):
        answer = ask(site, "m", key=key.strip(), language=language)
        assert answer.status_code == 401
        assert message(answer) == text


def test_tokens_limited_to_this_subnet_and_model_are_accepted(site: Site) -> None:
    site.upstream.always(CHAT, chat_reply("x"))
    key = site.admin.add_token(subnet="10.0.0.0/8, 127.0.0.0/8", models="m,other")
    with channel(site, site.upstream, "m"):
        assert ask(site, "m", key=key).status_code == 200
        for shown in (key.removeprefix("sk-"), f"Bearer {key}", f"Bearer {key.removeprefix('sk-')}"):
            assert ask(site, "m", key=shown).status_code == 200


def test_disabled_token(site: Site) -> None:
    key = site.admin.add_token(name="switched-off")
    row = next(row for row in site.admin.call("GET", "/api/token/?p=0") if row["name"] == "switched-off")
    site.upstream.always(CHAT, chat_reply("x"))
    with channel(site, site.upstream, "m"):
        assert ask(site, "m", key=key).status_code == 200
        site.admin.call("PUT", "/api/token/?status_only=true", {"id": row["id"], "status": 2})
        eventually(lambda: ask(site, "m", key=key).status_code == 401, AT_ONCE)
        assert message(ask(site, "m", key=key)) == "该令牌状态不可用"


def test_the_owner_must_have_quota(site: Site) -> None:
    site.upstream.always(CHAT, chat_reply("x", prompt_tokens=1))
    key = site.admin.add_token(unlimited_quota=False, remain_quota=1)
    with channel(site, site.upstream, "gpt-4o"):
        answer = ask(site, "gpt-4o", key=key, language="en", max_tokens=1000)
        assert (answer.status_code, message(answer)) == (403, "the quota of this token is not sufficient")
        answer = ask(site, "gpt-4o", key=COMMON_KEY, max_tokens=1_000_000)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "insufficient_user_quota")
    assert site.upstream.requests == []


def test_an_administrator_may_pin_a_channel(site: Site) -> None:
    site.upstream.always(CHAT, chat_reply("x"))
    with (
        running_upstream() as other,
        channel(site, site.upstream, "m"),
        channel(site, other, "else") as pinned,
    ):
        other.always(CHAT, error_reply(500))
        other.enqueue(chat_reply("pinned"))
        answer = ask(site, "m", key=f"{site.key}-{pinned}")
        assert answer.json()["choices"][0]["message"]["content"] == "pinned"
        assert ask(site, "m", key=f"{site.key}-{pinned}").status_code == 500, "and nobody else answers for it"
        assert site.upstream.requests == []
        for wrong in ("999", "x", "", "1x"):
            answer = ask(site, "m", key=f"{site.key}-{wrong}")
            assert (answer.status_code, message(answer)) == (400, "无效的渠道 Id")
        site.admin.call("PUT", "/api/channel/", {"id": pinned, "status": 2})
        answer = ask(site, "m", key=f"{site.key}-{pinned}")
        assert (answer.status_code, message(answer)) == (403, "该渠道已被禁用")


def test_a_common_user_may_not(site: Site) -> None:
    site.upstream.always(CHAT, chat_reply("x"))
    with channel(site, site.upstream, "m") as pinned:
        assert ask(site, "m", key=f"sk-{COMMON_KEY}").status_code == 200
        for suffix in (pinned, 999, "x"):
            answer = ask(site, "m", key=f"sk-{COMMON_KEY}-{suffix}")
            assert (answer.status_code, message(answer)) == (403, "普通用户不支持指定渠道")


# --- failover ----------------------------------------------------------------------------------

RETRYABLE: dict[str, Answer] = {
    "closed": raw(Ending.CLOSE),
    "reset": raw(Ending.RESET),
    "silent": raw(Ending.STALL),
    "garbage": raw(b"\x00garbage\r\n\r\n", Ending.CLOSE),
    "HTML": html_page(200),
    "HTML, 502": html_page(),
    "429": error_reply(429),
    "401": error_reply(401),
    "403": error_reply(403),
    "404": error_reply(404),
    "500": error_reply(500),
    "503": error_reply(503),
    "error in a success": error_reply(200, type="server_error"),
    "error as the first event": sse([{"error": {"message": "no", "type": "server_error"}}]),
    "broken before content": chat_stream(["x"]).stopped(Ending.RESET, after_events=1),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", RETRYABLE)
def test_failover(site: Site, fault: str, *, stream: bool) -> None:
    """The other channel answers; the log row lists both attempts."""
    good = chat_stream(["good"], usage=(3, 1)) if stream else chat_reply("good", prompt_tokens=3)
    with (
        running_upstream() as bad,
        channel(site, bad, "m", priority=9) as first,
        channel(site, site.upstream, "m") as second,
    ):
        bad.always(CHAT, RETRYABLE[fault])
        site.upstream.always(CHAT, good)
        answer = ask(site, "m", stream=stream)
        assert answer.status_code == 200, answer.text
        assert "good" in answer.text
        assert (len(bad.requests), len(site.upstream.requests)) == (1, 1)
        row = site.newest_charge()
        assert row["channel"] == second
        attempts = json.loads(row["attempts"])
        assert [attempt["channel_id"] for attempt in attempts] == [first, second]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_no_failover_for_the_callers_fault(site: Site, status: int) -> None:
    with running_upstream() as bad, channel(site, bad, "m", priority=9), channel(site, site.upstream, "m"):
        bad.always(CHAT, error_reply(status))
        assert ask(site, "m").status_code == status
        assert site.upstream.requests == []


def test_no_failover_after_the_first_byte(site: Site) -> None:
    with running_upstream() as bad, channel(site, bad, "m", priority=9), channel(site, site.upstream, "m"):
        bad.always(CHAT, chat_stream(["one", "two"]).stopped(Ending.RESET, after_events=3))
        answer = ask(site, "m", stream=True)
        assert answer.status_code == 200
        assert "one" in answer.text
        assert "[DONE]" not in answer.text
        assert site.upstream.requests == []


def test_attempts_are_limited(site: Site) -> None:
    """``RetryTimes`` 2 allows three attempts, each on another channel; the client gets the last error."""
    site.upstream.always(CHAT, error_reply(503))
    with channel(site, site.upstream, "m"), channel(site, site.upstream, "m"):
        assert ask(site, "m").status_code == 503
        assert len(site.upstream.requests) == 2
        with channel(site, site.upstream, "m"), channel(site, site.upstream, "m"):
            assert ask(site, "m").status_code == 503
            assert len(site.upstream.requests) == 5


@pytest.fixture
def disabling(site: Site) -> Iterator[Site]:
    site.admin.set_option("AutomaticDisableChannelEnabled", "true")
    yield site
    site.admin.set_option("AutomaticDisableChannelEnabled", "false")


def test_automatic_disabling(disabling: Site) -> None:
    """A channel is disabled once, although three requests are refused at the same time.

    A fourth request would exceed the retry budget. At once, no request is sent to the channel any more.
    """
    site = disabling
    site.upstream.always(CHAT, chat_reply("x"))
    with (
        running_upstream() as bad,
        channel(site, bad, "m", priority=9) as first,
        channel(site, site.upstream, "m"),
        ThreadPoolExecutor(3) as clients,
    ):
        bad.always(CHAT, error_reply(401, "Incorrect API key", code="invalid_api_key").after(0.1))
        assert {answer.status_code for answer in clients.map(lambda _: ask(site, "m"), range(3))} == {200}
        eventually(lambda: site.admin.call("GET", f"/api/channel/{first}")["status"] == 3, AT_ONCE)
        time.sleep(0.3)
        refused = len(bad.requests)
        assert [ask(site, "m").status_code for _ in range(5)] == [200] * 5
        assert len(bad.requests) == refused
    assert site.gateway.output().count(f"(#{first}) was disabled") == 1


def test_without_the_option_a_channel_stays_enabled(site: Site) -> None:
    site.upstream.always(CHAT, error_reply(401))
    with channel(site, site.upstream, "m") as only:
        assert ask(site, "m").status_code == 502
        time.sleep(0.1)
        assert site.admin.call("GET", f"/api/channel/{only}")["status"] == 1


# --- what a channel changes --------------------------------------------------------------------


def test_model_mapping(site: Site) -> None:
    site.upstream.always(CHAT, chat_reply("x", prompt_tokens=1))
    with channel(site, site.upstream, "alias,plain", model_mapping='{"alias": "gpt-4o", "other": "z"}'):
        for asked, sent in (("alias", "gpt-4o"), ("plain", "plain")):
            assert ask(site, asked, of_tomorrow={"a": [1.50]}).status_code == 200
            assert site.upstream.requests[-1].json()["model"] == sent
            assert b'"of_tomorrow":{"a":[1.5]}' in site.upstream.requests[-1].body
            assert site.newest_charge()["model_name"] == sent


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (
            [{"role": "system", "content": "old", "name": "n"}, *HELLO],
            [{"role": "system", "content": "new", "name": "n"}],
        ),
        (HELLO, [{"role": "system", "content": "new"}]),
        ([{"role": "developer", "content": "d"}, *HELLO], None),
    ],
)
def test_system_prompt(site: Site, messages: list[dict[str, Any]], expected: list[Any] | None) -> None:
    """The client's first system message is replaced, or one is put in front; other messages are unchanged."""
    exact = rb'{"role": "user",  "content":"\u00e9 \/ 1.0", "odd": 1.00}'
    site.upstream.always(CHAT, chat_reply("x"))
    body = json.dumps({"model": "m", "messages": messages}).encode()[:-2] + b", " + exact + b"]}"
    with channel(site, site.upstream, "m", system_prompt="new"):
        answer = httpx.post(
            site.gateway.url + CHAT, content=body, headers={"Authorization": site.key}, verify=NO_TLS
        )
        assert answer.status_code == 200
        assert exact in site.upstream.requests[-1].body
        sent = site.upstream.requests[-1].json()["messages"]
        if expected is None:
            assert [row["role"] for row in sent] == ["system", "developer", "user", "user"]
        else:
            assert sent[:-1] == [*expected, *HELLO]
        assert site.newest_charge()["system_prompt_reset"] is True


@pytest.mark.parametrize("include", [None, True])
def test_usage_is_requested_on_streams(site: Site, *, include: bool | None) -> None:
    """By ``ENFORCE_INCLUDE_USAGE``; clients that did not request usage do not see it."""
    site.upstream.always(CHAT, chat_stream(["x"], usage=(70, 40)))
    options = {"include_usage": True, "odd": 1} if include else {"odd": 1}
    with channel(site, site.upstream, "m"):
        answer = ask(site, "m", stream=True, stream_options=options)
    assert site.upstream.requests[-1].json()["stream_options"] == {"include_usage": True, "odd": 1}
    assert ('"usage"' in answer.text) == bool(include)
    row = site.newest_charge()
    assert (row["prompt_tokens"], row["completion_tokens"]) == (70, 40)


# --- choice ------------------------------------------------------------------------------------


def spread(site: Site, model: str, count: int) -> Counter[str]:
    """How often each channel, named by its key, was called."""
    site.upstream.forget()
    site.upstream.always(CHAT, chat_reply("x"))
    named = {"Authorization": site.key}
    with httpx.Client(base_url=site.gateway.url, headers=named, verify=NO_TLS) as client:
        for _ in range(count):
            assert client.post(CHAT, json={"model": model, "messages": HELLO}).status_code == 200
    return Counter(request.header("authorization") or "" for request in site.upstream.requests)


def test_priorities_and_weights(site: Site) -> None:
    """Only the highest tier is used, by weight; a weight of 0 counts as 1."""
    with (
        channel(site, site.upstream, "m", key="sk-low", priority=1, weight=100),
        channel(site, site.upstream, "m", key="sk-three", priority=5, weight=3),
        channel(site, site.upstream, "m", key="sk-one", priority=5, weight=0),
    ):
        found = spread(site, "m", 300)
        assert set(found) == {"Bearer sk-three", "Bearer sk-one"}
        assert 190 <= found["Bearer sk-three"] <= 260  # 225 +- 35: wrong once in 300 000 runs


def test_negative_priorities(site: Site) -> None:
    with (
        channel(site, site.upstream, "m", key="sk-low", priority=-5),
        channel(site, site.upstream, "m", key="sk-high", priority=-1),
    ):
        assert set(spread(site, "m", 20)) == {"Bearer sk-high"}
