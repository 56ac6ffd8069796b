"""Databases written by the original: they open unchanged, their tokens work or are refused, their balances continue.

The manifest beside them lists what a correct server shows and accepts; see its ``reading_guide``.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.gateway.server import Administrator, Gateway, running
from tests.support.providers.upstream import (
    ProgrammableUpstream,
    ReceivedRequest,
    json_reply,
    running_upstream,
)
from tests.support.stores.databases import ORIGINALS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.stores.databases import FreshDatabase

MANIFEST: dict[str, Any] = json.loads((ORIGINALS / "manifest.json").read_text())
#: The manifest's name of each product.
KINDS = {"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mariadb"}
SUFFIX = " (request id: "


class Opened:
    """A gateway on a restored database, with the mock upstream that its channels point to."""

    def __init__(self, gateway: Gateway, upstream: ProgrammableUpstream, keys: dict[str, str]) -> None:
        self.gateway = gateway
        self.upstream = upstream
        self._keys = keys
        self.admin = Administrator(gateway.url)

    def bearer(self, label: str) -> dict[str, str]:
        """The header of a token; ``label#N`` pins channel N."""
        name, _, channel = label.partition("#")
        key = self._keys[name] + (f"-{channel}" if channel else "")
        return {"Authorization": f"Bearer sk-{key}"}

    def newest_charge(self) -> dict[str, Any]:
        found: dict[str, Any] = self.admin.call("GET", "/api/log/?type=2&p=0")[0]
        return found


@pytest.fixture
def opened(tmp_path: Path, fresh_database: FreshDatabase) -> Iterator[Opened]:
    fresh_database.restore_original()
    keys = MANIFEST["databases"][KINDS[fresh_database.product]]["token_keys"]
    with running_upstream(port=18399) as upstream, running(tmp_path, **fresh_database.environment) as gateway:
        yield Opened(gateway, upstream, keys)


def test_the_manifest_holds(opened: Opened) -> None:
    """One test per product, because restoring a database and starting a server take most of the time."""
    check_accounts(opened)
    check_tokens(opened)
    check_relays(opened)


def check_accounts(opened: Opened) -> None:
    root = opened.admin.self()
    expected = next(user for user in MANIFEST["users"] if user["name"] == "root")
    assert {name: root[name] for name in ("id", "quota", "used_quota", "request_count", "group")} == {
        name: expected[name] for name in ("id", "quota", "used_quota", "request_count", "group")
    }
    for user in MANIFEST["users"]:
        for login in user.get("logins", []):
            if "expect_on" in login:
                continue
            credentials = {name: login[name] for name in ("username", "password")}
            got = httpx.post(opened.gateway.url + "/api/user/login", json=credentials).json()
            assert got["success"] == login["expect"]["success"], (credentials, got)


def check_tokens(opened: Opened) -> None:
    for token in MANIFEST["tokens"]:
        for call in token.get("auth", []):
            expected = call["expect"]
            if "expect_on" in call or "deviation" in call:
                continue
            got = httpx.get(opened.gateway.url + "/v1/models", headers=opened.bearer(token["label"]))
            assert got.status_code == expected["http"], (token["label"], got.text)
            if "error" in expected:
                assert error_of(got) == expected["error"], token["label"]
            elif isinstance(expected.get("models"), str) and not token["models"]:
                listed = {model["id"] for model in got.json()["data"]}
                assert listed == set(MANIFEST["models_of_group"][expected["models"]]), token["label"]


def check_relays(opened: Opened) -> None:
    for relay in MANIFEST["relays"]:
        if "deviation" in relay:
            continue
        slot = relay.get("upstream")
        opened.upstream.forget()
        if slot:
            opened.upstream.always(None, json_reply(relay["reply"]))
        label = relay["as"].removeprefix("token:")
        got = httpx.request(
            relay["method"],
            opened.gateway.url + relay["path"],
            json=relay["body"],
            headers=opened.bearer(label),
            timeout=20,
        )
        assert got.status_code == relay["expect"]["http"], (relay["name"], got.text)
        if "error" in relay["expect"]:
            assert error_of(got) == relay["expect"]["error"], relay["name"]
        if slot:
            check_upstream(relay["name"], slot, opened.upstream.requests[-1])
        if "log" in relay:
            row = opened.newest_charge()
            shown = {name: row[name] for name in relay["log"]}
            assert shown == relay["log"], relay["name"]


def check_upstream(name: str, slot: dict[str, Any], request: ReceivedRequest) -> None:
    assert request.target == f"/s/{slot['slot']}{slot['path']}", name
    for header, value in slot.get("headers", {}).items():
        assert request.header(header) == value, (name, header)
    if slot.get("model"):
        assert request.json()["model"] == slot["model"], name
    if "messages" in slot:
        assert request.json()["messages"] == slot["messages"], name


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The error object, its message without the request id."""
    error: dict[str, Any] = response.json()["error"]
    error["message"] = error["message"].partition(SUFFIX)[0]
    return error


def test_balances_carry_on_after_a_restart(tmp_path: Path, fresh_database: FreshDatabase) -> None:
    """The columns add up what the original spent and what this server spends."""
    fresh_database.restore_original()
    with running(tmp_path, **fresh_database.environment) as gateway:
        before = Administrator(gateway.url).self()
        gateway.stop()
        gateway.start()
        time.sleep(0.1)
        assert Administrator(gateway.url).self() == before
