"""The choices that forms offer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import oneapi.data
from oneapi.domain.routing.channels import ChannelRecord
from tests.entrypoints.admin.conftest import ROOT, USER

DATA = Path(oneapi.data.__file__).parent

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi


async def test_models_of_each_channel_type(api: AdminApi) -> None:
    data = (await (await api.client(USER)).get("/api/models")).json()["data"]
    assert set(data) == {str(number) for number in range(1, 52)}
    assert data["34"] == []
    original = json.loads((DATA / "channel_models.json").read_text())
    for number, models in original.items():
        assert data[number] == models or data[number][: len(models)] == models, "later ones stand behind"
    assert "gpt-4.1" in data["1"]


async def test_whole_catalogue_without_an_envelope(api: AdminApi) -> None:
    body = (await (await api.client(ROOT)).get("/api/channel/models")).json()
    assert set(body) == {"object", "data"}
    assert (len(body["data"]), len({entry["id"] for entry in body["data"]})) == (492, 471)
    first = body["data"][0]
    assert (first["object"], first["created"], first["root"], first["parent"]) == (
        "model",
        1626777600,
        first["id"],
        None,
    )
    assert first["permission"][0]["id"] == "modelperm-LwHkVFn8AcMItP432fKKDIKJ"


async def test_available_models_are_those_of_the_callers_group(api: AdminApi) -> None:
    await api.channels.add(
        [
            ChannelRecord(type=1, name="a", models="b,a", group="default,vip"),
            ChannelRecord(type=1, name="b", models="c", group="vip"),
            ChannelRecord(type=1, name="off", models="d", group="default", status=2),
        ]
    )
    root = await api.client(ROOT)
    await root.delete("/api/channel/disabled")
    user = await api.client(USER)
    assert (await user.get("/api/user/available_models")).json()["data"] == ["a", "b"]
    api.users.change(USER, group="vip")
    assert (await user.get("/api/user/available_models")).json()["data"] == ["a", "b", "c"]
    api.users.change(USER, group="nobody's")
    assert (await user.get("/api/user/available_models")).json()["data"] == []
