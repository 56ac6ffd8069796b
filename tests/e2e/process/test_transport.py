"""General behaviour of a real process: pages, health, limits by address, compression, slaves."""

from __future__ import annotations

import gzip
import sqlite3
from typing import TYPE_CHECKING

import httpx
import pytest

from oneapi.adapters.database.connection.dsn import read_dsn
from tests.e2e.conftest import eventually
from tests.support.gateway.server import NO_TLS, Administrator, Gateway, running
from tests.support.network.tcp_proxy import TcpProxy
from tests.support.waiting import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.stores.databases import FreshDatabase

LIMITS = {
    "GLOBAL_API_RATE_LIMIT": "6",
    "GLOBAL_WEB_RATE_LIMIT": "4",
    "CRITICAL_RATE_LIMIT": "3",
    "INITIAL_ROOT_ACCESS_TOKEN": "root-access",
    "INITIAL_ROOT_TOKEN": "root-key",
}
ROOT = {"Authorization": "root-access"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with low limits. Loopback is a trusted proxy, so ``X-Forwarded-For`` names the counted address."""
    with running(tmp_path_factory.mktemp("gateway"), **LIMITS) as gateway:
        yield gateway


_addresses = iter(range(1, 255))


#: The ``Accept`` header of a browser that navigates to a page.
PAGE = {"Accept": "text/html,*/*;q=0.8"}


def caller(gateway: Gateway, **headers: str) -> httpx.Client:
    """A client with an address that has not called before."""
    address = {"X-Forwarded-For": f"198.51.100.{next(_addresses)}"}
    return httpx.Client(base_url=gateway.url, headers=address | headers, timeout=20, verify=NO_TLS)


@pytest.mark.parametrize("path", ["/", "/login", "/user/reset?a=b", "/API/status", "/a/b.js"])
def test_pages(gateway: Gateway, path: str) -> None:
    with caller(gateway, **PAGE) as client:
        page = client.get(path)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert page.headers["cache-control"] == "no-cache"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"]
        assert page.headers["x-oneapi-request-id"]
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert client.post(path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api"),
        ("GET", "/apifoo"),
        ("HEAD", "/api/user/logout"),
        ("OPTIONS", "/api/status"),
        ("GET", "/v1"),
        ("GET", "/v1beta"),
        ("DELETE", "/v1/models"),
    ],
)
def test_api_paths_are_not_pages(gateway: Gateway, method: str, path: str) -> None:
    with caller(gateway) as client:
        answer = client.request(method, path)
        assert answer.status_code == 404
        assert "max-age" not in answer.headers["cache-control"]
        if method != "HEAD":
            assert answer.json()["error"]["message"] == f"Invalid URL ({method} {path})"


def test_documentation_is_served_with_and_without_the_last_slash(gateway: Gateway) -> None:
    with caller(gateway) as client:
        for path in ("/api/docs", "/api/docs/", "/api/docs/docs.js", "/api/docs/docs.css"):
            page = client.get(path)
            assert page.status_code == 200
            assert "script-src 'self'" in page.headers["content-security-policy"]
            assert page.headers["x-frame-options"] == "DENY"
        assert client.get("/api/openapi.json").json()["openapi"] == "3.1.0"


def test_health(gateway: Gateway) -> None:
    with caller(gateway) as client:
        for _ in range(10):  # beyond any limit
            assert client.get("/healthz").json() == {"status": "ok"}
            ready = client.get("/readyz")
        assert (ready.status_code, ready.headers["cache-control"]) == (200, "no-store")
        assert ready.json() == {
            "status": "ready",
            "components": {
                "database": "ok",
                "catalog": "ok",
                "spool": "ok",
                "ledger": "ok",
                "redis": "not configured",
            },
        }
        assert client.head("/readyz").status_code == 200


@pytest.mark.parametrize("product", ["postgresql"], indirect=True)
def test_without_its_database_a_server_is_alive_but_not_ready(
    fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    there = read_dsn(fresh_database.dsn).url
    with TcpProxy(there.host or "127.0.0.1", there.port or 5432) as proxy:
        here = there.set(drivername="postgres", host="127.0.0.1", port=proxy.port)
        environment = {
            "SQL_DSN": here.render_as_string(hide_password=False) + "?sslmode=disable",
            "REDIS_CONN_STRING": "redis://127.0.0.1:1/0",
        }
        with running(tmp_path, **environment) as gateway, caller(gateway) as client:
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["components"]["redis"]) == (200, "unreachable")
            proxy.cut()
            eventually(lambda: client.get("/readyz").status_code == 503)
            assert client.get("/readyz").json() == {
                "status": "not ready",
                "components": {
                    "database": "unreachable",
                    "catalog": "ok",
                    "spool": "ok",
                    "ledger": "ok",
                    "redis": "unreachable",
                },
            }
            assert client.get("/healthz").status_code == 200
            proxy.restore()
            eventually(lambda: client.get("/readyz").status_code == 200)


def statuses(client: httpx.Client, path: str, times: int) -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def test_all_calls_from_an_address_are_counted(gateway: Gateway) -> None:
    with caller(gateway) as client, caller(gateway) as other:
        key = {"Authorization": "Bearer sk-root-key"}
        assert statuses(client, "/api/status", 2) == [200] * 2
        assert client.get("/api/user/self").status_code == 401
        assert client.get("/api/user/self", headers=ROOT).status_code == 200
        assert client.get("/dashboard/billing/usage", headers=key).status_code in (200, 401)
        assert client.get("/v1/dashboard/billing/usage", headers=key).status_code in (200, 401)
        refused = client.get("/api/notice", headers={"Accept-Language": "en"})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 180
        assert refused.json() == {"success": False, "message": "too many requests, try again later"}
        billing = client.get("/dashboard/billing/usage", headers=key)
        assert (billing.status_code, billing.json()["error"]["code"]) == (429, "rate_limit_exceeded")
        assert billing.headers["retry-after"]
        assert client.get("/v1/models", headers=key).status_code == 200  # the relay does not count
        assert client.get("/login", headers=PAGE).status_code == 200  # pages have a limit of their own
        assert other.get("/api/status").status_code == 200


def test_attempts_to_guess_secrets_are_counted_together(gateway: Gateway) -> None:
    with caller(gateway) as client:
        tries = [client.post("/api/user/login", json={"username": "root", "password": "x"}) for _ in range(4)]
        assert [answer.status_code for answer in tries] == [200, 200, 200, 429]
        assert int(tries[-1].headers["retry-after"]) > 180
        assert client.get("/api/status").status_code == 200


def test_requests_for_pages_and_unknown_paths_are_counted(gateway: Gateway) -> None:
    with caller(gateway, **PAGE) as client:
        assert statuses(client, "/login", 2) == [200] * 2
        assert statuses(client, "/v1/nothing", 2) == [404] * 2
        refused = client.get("/")
        assert (refused.status_code, client.get("/api/nothing").status_code) == (429, 429)
        assert refused.headers["retry-after"]


def test_forged_headers_do_not_evade_a_limit(tmp_path: Path) -> None:
    """Neither the headers of an untrusted client, nor a chain that a client sends through a proxy."""
    settings = LIMITS | {"TRUSTED_PROXIES": "none", "GLOBAL_API_RATE_LIMIT": "0"}
    with running(tmp_path, **settings) as gateway:
        url = gateway.url + "/api/user/login"
        headers = [
            {"X-Forwarded-For": "203.0.113.1"},
            {"X-Real-IP": "203.0.113.2"},
            {"X-Forwarded-For": "203.0.113.3, 203.0.113.4"},
            {"Forwarded": "for=203.0.113.5", "X-Client-IP": "203.0.113.6"},
        ]
        seen = [httpx.post(url, json={}, headers=each, verify=NO_TLS).status_code for each in headers]
        assert seen == [200, 200, 200, 429]
        token = {"name": "t", "subnet": "203.0.113.0/24", "unlimited_quota": True}
        made = httpx.post(gateway.url + "/api/token/", json=token, headers=ROOT, verify=NO_TLS)
        key = {"Authorization": made.json()["data"]["key"], "X-Forwarded-For": "203.0.113.7"}
        assert httpx.get(gateway.url + "/v1/models", headers=key, verify=NO_TLS).status_code == 403


def test_forged_chains_of_proxies_do_not_evade_a_limit(gateway: Gateway) -> None:
    with caller(gateway) as client:
        own = client.headers["X-Forwarded-For"]
        seen = [
            client.post("/api/user/login", json={}, headers={"X-Forwarded-For": chain}).status_code
            for chain in (own, f"203.0.113.1, {own}", f"10.0.0.9, {own}", f"203.0.113.2,{own}, 10.0.0.2")
        ]
        assert seen == [200, 200, 200, 429]


def test_debug_switches_all_limits_off(tmp_path: Path) -> None:
    with running(tmp_path, DEBUG="true", **LIMITS) as gateway, caller(gateway) as client:
        assert set(statuses(client, "/api/status", 8) + statuses(client, "/", 8)) == {200}
        for _ in range(5):
            assert client.post("/api/user/login", json={}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("gzip;q=0, *", False),
        ("", False),
        ("gzip;q=x", False),
    ],
)
def test_long_answers_are_compressed_for_clients_that_accept_it(
    gateway: Gateway, accepted: str, *, packed: bool
) -> None:
    with caller(gateway) as client:
        for path in ("/api/option/", "/api/docs/docs.js", "/api/openapi.json"):
            headers = ROOT | {"Accept-Encoding": accepted}
            with client.stream("GET", path, headers=headers) as answer:
                body = b"".join(answer.iter_raw())
            assert answer.status_code == 200
            assert answer.headers["vary"] == "Accept-Encoding"
            assert ("content-encoding" in answer.headers) == packed, path
            plain = gzip.decompress(body) if packed else body
            assert len(plain) > 1024
            assert int(answer.headers["content-length"]) == len(body)
        short = client.get("/api/notice", headers={"Accept-Encoding": accepted})
        assert "content-encoding" not in short.headers
        assert short.headers["cache-control"] == "no-store"


def test_answers_of_the_relay_are_not_compressed(gateway: Gateway) -> None:
    with caller(gateway, Authorization="Bearer sk-root-key") as client:
        models = client.get("/v1/models", headers={"Accept-Encoding": "gzip"})
        assert "content-encoding" not in models.headers


def test_a_slave_redirects_requests_for_pages(gateway: Gateway, tmp_path: Path) -> None:
    environment = {
        "NODE_TYPE": "slave",
        "FRONTEND_BASE_URL": "https://front.example/",
        "SQLITE_PATH": str(gateway.directory / "one-api.db"),
        "GLOBAL_WEB_RATE_LIMIT": "1",
    }
    with running(tmp_path, **environment) as slave, caller(slave) as client:
        for path in ("/", "/login?a=b&c=%20d", "/api/nothing", "/v1/nothing", "/user/重置"):
            answer = client.get(path)
            assert answer.status_code == 301
            assert answer.headers["location"] == "https://front.example" + str(
                answer.request.url.raw_path, "ascii"
            )
        for odd in ("//evil.example", "/\\evil.example", "//evil.example/%2e%2e"):
            location = httpx.URL(
                client.get(httpx.URL(slave.url).copy_with(raw_path=odd.encode())).headers["location"]
            )
            assert location.host == "front.example"
        assert client.post("/login").status_code == 301
        assert client.get("/api/status").json()["success"]
        assert client.get("/healthz").status_code == 200
        assert client.get("/v1/models", headers={"Authorization": "sk-root-key"}).status_code == 200


def test_a_master_logs_that_it_serves_its_own_pages(tmp_path: Path) -> None:
    with running(tmp_path, FRONTEND_BASE_URL="https://front.example") as gateway:
        assert "FRONTEND_BASE_URL is set, but has an effect only on a slave" in gateway.output()
        assert httpx.get(gateway.url + "/login", headers=PAGE, verify=NO_TLS).status_code == 200


def test_options_and_sessions_apply_in_all_processes_at_once(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "2", THEME="berry", SESSION_SECRET="") as gateway:
        admin = Administrator(gateway.url)

        def seen() -> set[tuple[str, str]]:
            """New connections may reach either process."""
            found = [httpx.get(gateway.url + "/api/status", verify=NO_TLS).json()["data"] for _ in range(16)]
            return {(one["system_name"], one["theme"]) for one in found}

        assert seen() == {("One API", "berry")}
        admin.set_option("SystemName", "Ours")
        admin.set_option("Theme", "air")
        eventually(lambda: seen() == {("Ours", "air")}, seconds=AT_ONCE)


def test_the_cookie_of_a_banned_user_is_removed(tmp_path: Path) -> None:
    with running(tmp_path) as gateway, caller(gateway) as client:
        assert client.post("/api/user/login", json={"username": "root", "password": "123456"}).json()[
            "success"
        ]
        with sqlite3.connect(tmp_path / "one-api.db") as database:
            database.execute("UPDATE users SET status = 2")
        database.close()
        banned = client.get("/api/user/self")
        assert banned.json() == {"success": False, "message": "用户已被封禁"}
        assert "session" in banned.headers["set-cookie"]
        assert "session" not in client.cookies
        assert client.get("/api/user/self").status_code == 401
