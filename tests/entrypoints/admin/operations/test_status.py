"""``/api/status``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi import __version__

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi


async def test_guest_reads_what_a_front_end_needs(api: AdminApi) -> None:
    answer = await (await api.client()).get("/api/status")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert (answer.status_code, body["success"], body["message"]) == (200, True, "")
    assert len(body["data"]) == 24 + 1  # theme
    assert body["data"]["version"] == __version__
    assert body["data"]["system_name"] == "One API"
    assert body["data"]["server_address"] == "http://localhost:3000"
    assert body["data"]["quota_per_unit"] == 500_000
