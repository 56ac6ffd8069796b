"""Databases that the original wrote open as they are, on every product, and show what their manifest says."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.adapters.database.repositories.channels import SqlChannelRepository
from oneapi.adapters.database.repositories.logs import SqlLogRepository
from oneapi.adapters.database.repositories.options import SqlOptionRepository
from oneapi.adapters.database.repositories.people.accounts import SqlAccountReader
from oneapi.adapters.database.repositories.people.tokens import SqlTokenRepository
from oneapi.adapters.database.repositories.people.users import SqlUserRepository
from oneapi.domain.logs.rows import LogFilter, LogType
from tests.support.stores.databases import ORIGINALS

if TYPE_CHECKING:
    from oneapi.adapters.database.connection.engine import Database

MANIFEST: dict[str, Any] = json.loads((ORIGINALS / "manifest.json").read_text())
KINDS = {"sqlite": "sqlite", "postgresql": "postgres", "mysql": "mariadb"}


@pytest.fixture
def secrets(product: str) -> dict[str, Any]:
    """What the original made at random in the database of this product."""
    databases = MANIFEST["databases"]
    found: dict[str, Any] = databases[next(key for key in databases if KINDS[product].startswith(key[:4]))]
    return found


async def test_users(original: Database) -> None:
    users = SqlUserRepository(original)
    for wanted in MANIFEST["users"]:
        user = await users.by_id(wanted["id"])
        assert user is not None
        for name in ("role", "status", "quota", "used_quota", "request_count", "group"):
            assert getattr(user, name) == wanted[name], (wanted["name"], name)
        for name in ("display_name", "email", "github_id", "wechat_id", "lark_id", "oidc_id"):
            assert getattr(user, name) == (wanted[name] or ""), (wanted["name"], name)
        assert user.inviter_id == (wanted["inviter_id"] or 0)


async def test_access_tokens_in_their_exact_letters(original: Database, secrets: dict[str, Any]) -> None:
    users = SqlUserRepository(original)
    ids = {user["name"]: user["id"] for user in MANIFEST["users"]}
    assert secrets["access_tokens"]
    for name, access_token in secrets["access_tokens"].items():
        user = await users.by_access_token(access_token)
        assert user is not None
        assert user.id == ids[name]
        assert await users.by_access_token(access_token.upper()) is None
    assert await users.by_access_token("") is None


async def test_token_keys_authenticate_in_their_exact_letters(
    original: Database, secrets: dict[str, Any]
) -> None:
    accounts = SqlAccountReader(original)
    wanted = {token["label"]: token for token in MANIFEST["tokens"]}
    assert len(secrets["token_keys"]) == len(wanted)
    for label, key in secrets["token_keys"].items():
        account = await accounts.account_by_key(key)
        assert account is not None, label
        assert account.token.key == key
        for name in ("id", "user_id", "name", "status", "expired_time", "remain_quota", "unlimited_quota"):
            assert getattr(account.token, name) == wanted[label][name], (label, name)
        assert (account.token.models, account.token.subnet) == (
            wanted[label]["models"],
            wanted[label]["subnet"],
        )
        assert account.user.id == account.token.user_id
        assert await accounts.account_by_key(key.swapcase()) is None
        assert await accounts.account_by_key(key + " ") is None


async def test_channels(original: Database) -> None:
    records = {record.id: record for record in await SqlChannelRepository(original).all()}
    assert sorted(records) == sorted(channel["id"] for channel in MANIFEST["channels"])
    nullable = ("weight", "base_url", "other", "model_mapping", "priority", "system_prompt")
    plain = ("type", "key", "status", "name", "models", "group", "used_quota")
    for wanted in MANIFEST["channels"]:
        record = records[wanted["id"]]
        for name in (*plain, *nullable):
            assert getattr(record, name) == wanted[name], (wanted["label"], name)
        assert record.balance == (wanted["balance"] or 0.0)
        assert record.config == (wanted["config"] or "")


async def test_options(original: Database) -> None:
    stored = await SqlOptionRepository(original).all()
    assert stored == MANIFEST["options"]["stored"]


async def test_logs(original: Database) -> None:
    logs = SqlLogRepository(original)
    wanted = MANIFEST["logs"]
    rows = await logs.page(LogFilter(), offset=0, limit=1000)
    assert len(rows) == MANIFEST["row_counts"]["logs"] == await logs.count(LogFilter())
    assert Counter(str(row.type) for row in rows) == {k: n for k, n in wanted["rows_by_type"].items() if n}
    assert await logs.consumed(LogFilter()) == wanted["consume_quota_total"]
    for username, sums in wanted["consume_by_user"].items():
        where = LogFilter(username=username)
        assert await logs.consumed(where) == sums["quota"]
        assert await logs.count(LogFilter(username=username, type=LogType.CONSUME)) == sums["rows"]


async def test_balances_of_all_tokens(original: Database) -> None:
    tokens = SqlTokenRepository(original)
    found = {}
    for user in MANIFEST["users"]:
        for token in await tokens.page(user["id"], offset=0, limit=100, order=""):
            found[str(token.id)] = [token.remain_quota, token.used_quota]
    assert found == MANIFEST["numbers"]["before"]["tokens [remain_quota, used_quota]"]
