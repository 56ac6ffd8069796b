"""``/v1/oneapi/proxy``: calls are billed, limited to the token's models, and logged however they end."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.conftest import Site, eventually
from tests.support.providers.upstream import Ending, error_reply, json_reply, raw, reply

if TYPE_CHECKING:
    from collections.abc import Iterator

PRICE = 500


@pytest.fixture
def proxy(site: Site) -> Iterator[int]:
    """A channel without log rows: SQLite reuses the ids of deleted channels, so older rows are deleted."""
    channel = site.admin.add_channel(site.upstream.url, "", type=43, key="Token up")
    site.admin.call("DELETE", f"/api/log/?target_timestamp={int(time.time()) + 1}")
    yield channel
    site.admin.call("DELETE", f"/api/channel/{channel}")


def call(site: Site, channel: int, path: str = "/v2/items", *, key: str = "", **more: Any) -> httpx.Response:
    return httpx.post(
        f"{site.gateway.url}/v1/oneapi/proxy/{channel}{path}",
        headers={"authorization": f"Bearer {key or site.key}"},
        timeout=20,
        **more,
    )


def rows(site: Site, channel: int) -> list[dict[str, Any]]:
    """All log rows of the channel, of any type."""
    found: list[dict[str, Any]] = site.admin.call(
        "GET", f"/api/log/?type=0&p=0&page_size=100&channel={channel}"
    )
    return found


def test_a_call_is_paid_and_logged(site: Site, proxy: int) -> None:
    before = site.quota()
    site.upstream.enqueue(json_reply({"ok": True}))
    assert call(site, proxy, json={"a": 1}).json() == {"ok": True}
    (row,) = rows(site, proxy)
    assert (row["type"], row["quota"], row["content"]) == (2, PRICE, "proxy: POST /v2/items")
    assert before - site.quota() == PRICE


def test_the_operator_sets_the_price(site: Site, proxy: int) -> None:
    site.admin.set_option("ProxyPrice", "0")
    try:
        eventually(lambda: free(site, proxy))
    finally:
        site.admin.set_option("ProxyPrice", str(PRICE))


def free(site: Site, proxy: int) -> bool:
    site.upstream.enqueue(json_reply({}))
    before = site.quota()
    call(site, proxy)
    return site.quota() == before and rows(site, proxy)[0]["quota"] == 0


def test_a_token_without_quota_reaches_nothing(site: Site, proxy: int) -> None:
    key = site.admin.add_token(unlimited_quota=False, remain_quota=PRICE - 1)
    refused = call(site, proxy, key=key)
    assert (refused.status_code, site.upstream.requests) == (403, [])
    assert rows(site, proxy) == []


@pytest.mark.parametrize(
    "named",
    [
        {"json": {"model": "dear"}},
        {"json": {"x": [{"MODEL": "dear"}]}},
        {"data": {"model": "dear"}},
        {"data": {"model": "dear"}, "files": {"file": b"x"}},
        {"path": "/v1beta/models/dear:generateContent"},
        {"path": "/v2/items?model=dear"},
    ],
)
def test_the_token_is_limited_to_its_models(site: Site, proxy: int, named: dict[str, Any]) -> None:
    key = site.admin.add_token(models="cheap")
    refused = call(site, proxy, key=key, **named)
    assert (refused.status_code, site.upstream.requests) == (403, [])
    assert "dear" in refused.text
    site.upstream.enqueue(json_reply({}))
    assert call(site, proxy, key=key, json={"model": "cheap"}).status_code == 200


@pytest.mark.parametrize("path", ["/..;/x", "/%25252e%25252e/x", "/%c0%ae%c0%ae/x", "/.%00./x"])
def test_no_path_leaves_the_base_url(site: Site, proxy: int, path: str) -> None:
    assert call(site, proxy, path).status_code == 400
    assert site.upstream.requests == []
    assert rows(site, proxy) == []


def test_a_failed_call_is_free_and_logged(site: Site, proxy: int) -> None:
    before = site.quota()
    site.upstream.enqueue(error_reply(500))
    assert call(site, proxy).status_code == 500
    site.upstream.enqueue(json_reply({}).stopped(Ending.RESET, at_byte=5))
    assert call(site, proxy).status_code == 502
    assert [row["quota"] for row in rows(site, proxy)] == [0, 0]
    assert site.quota() == before


def test_clients_that_close_at_once_leave_their_rows(site: Site, proxy: int) -> None:
    """Each client sends a request, reads the beginning of the answer or all of it, and closes the connection."""
    site.upstream.always("/v2/items", reply(b"x" * 5000))
    there = urlsplit(site.gateway.url)
    request = (
        f"GET /v1/oneapi/proxy/{proxy}/v2/items HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {site.key}\r\n\r\n"
    ).encode()
    for number in range(20):
        with socket.create_connection((there.hostname, there.port), timeout=10) as client:
            client.sendall(request)
            wanted = 1 if number % 2 else 5000
            while wanted > 0 and (piece := client.recv(65_536)):
                wanted -= len(piece)
    eventually(lambda: len(rows(site, proxy)) == 20)
    assert {row["quota"] for row in rows(site, proxy)} == {PRICE}
    assert len({row["request_id"] for row in rows(site, proxy)}) == 20


def test_a_client_that_leaves_within_a_stream_leaves_its_row(site: Site, proxy: int) -> None:
    steps: list[bytes | float | Ending] = [b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"]
    for _ in range(100):
        steps += (b"tick", 0.2)
    site.upstream.enqueue(raw(*steps))
    with httpx.stream(
        "GET",
        f"{site.gateway.url}/v1/oneapi/proxy/{proxy}/v2/items",
        headers={"authorization": f"Bearer {site.key}"},
        timeout=20,
    ) as answer:
        next(answer.iter_raw())
    eventually(lambda: len(rows(site, proxy)) == 1)
    assert (rows(site, proxy)[0]["quota"], rows(site, proxy)[0]["end_cause"]) == (PRICE, "client_left")
