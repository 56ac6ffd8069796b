"""Changes by administrators are recorded in the audit log, without secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from oneapi.domain.errors import StorageUnavailable
from tests.entrypoints.admin.conftest import ADMIN, ROOT
from tests.fakes.root import NOW

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi

CHANNEL = {"type": 1, "key": "sk-very-secret", "name": "one", "models": "gpt-4o", "group": "default"}


async def test_a_change_is_recorded_with_its_values(api: AdminApi) -> None:
    admin, root = await api.client(ADMIN), await api.client(ROOT)
    await admin.post("/api/channel/", json=CHANNEL)
    number = next(iter(api.channels.rows))
    await admin.put("/api/channel/", json={"id": number, "name": "two", "key": "sk-another-secret"})
    await admin.delete(f"/api/channel/{number}")
    answer = await root.get("/api/audit")
    assert answer.headers["x-total-count"] == "3"
    deleted, updated, created = answer.json()["data"]
    assert [row["action"] for row in (created, updated, deleted)] == [
        "channel.create",
        "channel.update",
        "channel.delete",
    ]
    assert {row["target"] for row in (created, updated, deleted)} == {f"channel {number}"}
    assert (updated["username"], updated["user_id"], updated["created_at"]) == ("carol", ADMIN, int(NOW))
    assert updated["address"] == api.address
    assert updated["request_id"]
    assert json.loads(updated["before"]) == {"name": "one", "key": "***"}
    assert json.loads(updated["after"]) == {"name": "two", "key": "***"}
    assert (created["before"], deleted["after"]) == ("", "")
    assert "secret" not in answer.text


async def test_a_secret_option_is_masked(api: AdminApi) -> None:
    root = await api.client(ROOT)
    await root.put("/api/option/", json={"key": "SMTPToken", "value": "hush-hush"})
    await root.put("/api/option/", json={"key": "Notice", "value": "hello"})
    rows = (await root.get("/api/audit")).json()["data"]
    assert [row["after"] for row in rows] == ['{"Notice":"hello"}', '{"SMTPToken":"***"}']


async def test_refused_changes_are_not_recorded(api: AdminApi) -> None:
    root = await api.client(ROOT)
    await root.put("/api/option/", json={"key": "Theme", "value": "no such theme"})
    await root.delete("/api/channel/999")
    assert (await root.get("/api/audit")).json()["data"] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?username=carol", ["log.delete"]),
        ("?action=option.update", ["option.update"]),
        ("?target=option%20Notice", ["option.update"]),
        (f"?start_timestamp={int(NOW) + 5}", ["option.update"]),
        (f"?end_timestamp={int(NOW) + 5}", ["log.delete"]),
        ("?page_size=1", ["option.update"]),
        ("?page_size=1&p=1", ["log.delete"]),
    ],
)
async def test_filters(api: AdminApi, query: str, found: list[str]) -> None:
    admin, root = await api.client(ADMIN), await api.client(ROOT)
    await admin.delete("/api/log/?target_timestamp=5")
    api.now += 10
    await root.put("/api/option/", json={"key": "Notice", "value": "hello"})
    assert [row["action"] for row in (await root.get("/api/audit" + query)).json()["data"]] == found


async def test_a_change_applies_even_if_it_cannot_be_recorded(
    api: AdminApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(_: object) -> None:
        raise StorageUnavailable(cause="away")

    monkeypatch.setattr(type(api.audit), "add", lambda _, entry: away(entry))
    root = await api.client(ROOT)
    assert (await root.put("/api/option/", json={"key": "Notice", "value": "kept"})).json()["success"]
    assert (await root.get("/api/notice")).json()["data"] == "kept"
    assert "the audit log lacks an entry: root did option.update to option Notice" in caplog.text
