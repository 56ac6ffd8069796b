"""The admin API of a real process on every database: odd input is refused with a clear error, good input is stored."""

from __future__ import annotations

from itertools import product as every
from typing import TYPE_CHECKING, Any

import httpx

from tests.support.gateway.server import NO_TLS, Administrator, running

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.stores.databases import FreshDatabase

ODD_TEXTS = ("", "a\x00b", "😀" * 40, "x" * 70_000, "\\'; --")
ODD_NUMBERS = (-1, 2**31, 2**53, 2**63, 10**30)
ODD_VALUES: tuple[Any, ...] = (*ODD_TEXTS, *ODD_NUMBERS, 1.5, True, None, ["x"], {"a": 1})
ODD_QUERIES = ("", "\x00", "😀%_\\'", str(2**53), str(-(2**63)), "9" * 400)
TOKEN = ("name", "status", "expired_time", "remain_quota", "unlimited_quota", "models", "subnet")
CHANNEL = (
    "type",
    "key",
    "status",
    "name",
    "weight",
    "base_url",
    "other",
    "models",
    "group",
    "model_mapping",
    "priority",
    "config",
    "system_prompt",
)
USER = ("username", "password", "display_name", "role", "status", "email", "group", "quota", "quota_seen")
MONEY = ("name", "count", "quota", "status", "user_id", "remark", "key")
LISTS = (
    "/api/user/",
    "/api/token/",
    "/api/channel/",
    "/api/redemption/",
    "/api/log/",
    "/api/log/self",
    "/api/log/stat",
    "/api/log/self/stat",
    "/api/log/dashboard",
    "/api/log/self/dashboard",
)
SEARCHES = (
    "/api/user/search",
    "/api/token/search",
    "/api/channel/search",
    "/api/redemption/search",
    "/api/log/search",
    "/api/log/self/search",
)
FILTERS = ("p", "page_size", "order", "days", "type", "channel", "start_timestamp", "username", "token_name")


def test_odd_input_never_fails_the_server(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    with (
        running(tmp_path, **fresh_database.environment) as gateway,
        httpx.Client(base_url=gateway.url, timeout=20, verify=NO_TLS) as client,
    ):
        admin = Administrator(gateway.url)
        admin.add_token()
        admin.add_channel("https://api.example.com", "m")
        client.post("/api/user/login", json={"username": "root", "password": "123456"})
        admin.call("POST", "/api/user/", {"username": "odd", "password": "password"})

        def ask(method: str, path: str, **arguments: Any) -> None:
            answer = client.request(method, path, **arguments)
            assert answer.status_code in (200, 400, 413), (method, path, arguments, answer.text)
            assert isinstance(answer.json()["success"], bool)

        for field, value in every(TOKEN, ODD_VALUES):
            ask("POST", "/api/token/", json={"name": "t"} | {field: value})
            ask("PUT", "/api/token/", json={"id": 1, "name": "t"} | {field: value})
        for field, value in every(CHANNEL, ODD_VALUES):
            ask("PUT", "/api/channel/", json={"id": 1, field: value})
        for field, value in every(("key", "models", "group"), ODD_VALUES):
            body = {"type": 1, "key": "k", "name": "c", "models": "m"} | {field: value}
            ask("POST", "/api/channel/", json=body)
        for value in ODD_VALUES:
            ask("PUT", "/api/token/", json={"id": value})
            ask("PUT", "/api/channel/", json={"id": value})
            ask("PUT", "/api/option/", json={"key": "Notice", "value": value})
            ask("PUT", "/api/option/", json={"key": value, "value": "x"})
        for value in ODD_TEXTS:
            ask("POST", "/api/user/login", json={"username": value, "password": value})
        ask_of_users(ask)
        ask_of_money(ask)
        for path, name, text in every(LISTS, FILTERS, ODD_QUERIES):
            ask("GET", path, params={name: text})
        for path, text in every(SEARCHES, ODD_QUERIES):
            ask("GET", path, params={"keyword": text})
        assert gateway.output().count("failed") == 0, gateway.output()


def ask_of_money(ask: Callable[..., None]) -> None:
    for field, value in every(MONEY, ODD_VALUES):
        body = {"name": "r", "count": 1, "quota": 1, "user_id": 1} | {field: value}
        for path in ("/api/redemption/", "/api/topup", "/api/user/topup"):
            ask("POST", path, json=body)
        ask("PUT", "/api/redemption/", json={"id": 1, field: value})
    for value in ODD_VALUES:
        ask("PUT", "/api/redemption/", json={"id": value})


def ask_of_users(ask: Callable[..., None]) -> None:
    for value in ODD_TEXTS:
        ask("POST", "/api/user/reset", json={"email": value, "token": value})
        ask("POST", "/api/user/manage", json={"username": value, "action": value})
    for field, value in every(USER, ODD_VALUES):
        ask("PUT", "/api/user/", json={"id": 2, field: value})
    for field, value in every(("username", "password", "aff_code"), ODD_VALUES):
        ask("POST", "/api/user/register", json={"username": "x", "password": "password"} | {field: value})


def test_texts_are_returned_unchanged(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    with running(tmp_path, **fresh_database.environment) as gateway:
        admin = Administrator(gateway.url)
        name = "令牌 😀 'a' \\ \u202e"
        token = admin.call("POST", "/api/token/", {"name": name, "models": "gpt-4o", "subnet": "10.0.0.0/8"})
        assert admin.call("GET", f"/api/token/{token['id']}") == token
        assert token["name"] == name
        assert [one["id"] for one in admin.call("GET", "/api/token/search?keyword=令牌")] == [token["id"]]
        assert admin.call("GET", "/api/token/search?keyword=%25") == []
        access = {"Authorization": admin.call("GET", "/api/user/token")}
        me = httpx.get(gateway.url + "/api/user/self", headers=access, verify=NO_TLS).json()["data"]
        assert me["username"] == "root"
        admin.set_option("Notice", name * 1000)
        assert admin.call("GET", "/api/notice") == name * 1000
        number = admin.add_channel("https://api.example.com", "a,b", name=name, model_mapping='{"a":"令"}')
        shown = admin.call("GET", f"/api/channel/{number}")
        assert (shown["name"], shown["model_mapping"], shown["key"]) == (name, '{"a":"令"}', "")
        assert admin.call("GET", "/api/user/available_models") == ["a", "b"]
        admin.call("PUT", "/api/channel/", {"id": number, "models": "c"})
        assert admin.call("GET", "/api/user/available_models") == ["c"]
        admin.call("DELETE", f"/api/channel/{number}")
        assert admin.call("GET", "/api/user/available_models") == []
