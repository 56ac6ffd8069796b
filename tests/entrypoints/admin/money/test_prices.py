"""``/api/pricing`` and related routes: prices for the caller's group, and nothing about other groups."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.domain.routing.channels import ChannelRecord
from tests.entrypoints.admin.conftest import ROOT, USER

if TYPE_CHECKING:
    import httpx

    from tests.entrypoints.admin.conftest import AdminApi

OPENAI, ANTHROPIC = 1, 14


async def serving(api: AdminApi, models: str, kind: int = OPENAI, **fields: Any) -> None:
    await api.channels.add([ChannelRecord(type=kind, name="c", models=models, **fields)])
    await (await api.client(ROOT)).delete(
        "/api/channel/disabled"
    )  # this also makes the gateway read its channels again


async def options(api: AdminApi, **values: str) -> None:
    root = await api.client(ROOT)
    for key, value in values.items():
        assert (await root.put("/api/option/", json={"key": key, "value": value})).json()["success"]


async def prices(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    body = (await client.get("/api/pricing")).json()
    assert body["success"]
    return {each["model_name"]: each for each in body["data"]}


async def test_a_model_as_new_apis_clients_read_it(api: AdminApi) -> None:
    await serving(api, "gpt-4o,deploy-1")
    await options(
        api,
        ModelRatio='{"gpt-4o": 1.25, "deploy-1": 3}',
        CompletionRatio='{"gpt-4o": 4}',
        GroupRatio='{"default": 0.5, "vip": 1}',
    )
    body = (await (await api.client(USER)).get("/api/pricing")).json()
    assert body["data"][1] == {
        "model_name": "gpt-4o",
        "owner_by": "openai",
        "vendor_id": 1,
        "enable_groups": ["default"],
        "supported_endpoint_types": ["openai", "anthropic"],
        "model_ratio": 1.25,
        "completion_ratio": 4.0,
        "quota_type": 0,
        "model_price": 0.0,
        "description": "",
        "icon": "",
        "tags": "",
    }
    assert (body["data"][0]["owner_by"], body["data"][0]["vendor_id"]) == ("", 0)
    assert body["vendors"] == [{"id": 1, "name": "openai", "description": "", "icon": ""}]
    assert body["group_ratio"] == {"default": 0.5}
    assert body["usable_group"] == {"default": "default"}
    assert body["supported_endpoint"]["openai"] == {"path": "/v1/chat/completions", "method": "POST"}
    assert body["auto_groups"] == []


async def test_list_prices_have_separate_ratios_for_caches_and_audio(api: AdminApi) -> None:
    await serving(api, "claude-opus-4-5", ANTHROPIC)
    await serving(api, "gpt-audio")
    await options(api, UnpricedModelPolicy="listed_only")
    found = await prices(await api.client(USER))
    claude, audio = found["claude-opus-4-5"], found["gpt-audio"]
    assert (claude["cache_ratio"], claude["create_cache_ratio"]) == (0.1, 1.25)
    assert "audio_ratio" not in claude
    # dollars per million tokens: 2.5 for text, 32 for audio in, 64 for audio out
    assert (audio["model_ratio"], audio["audio_ratio"], audio["audio_completion_ratio"]) == (1.25, 12.8, 2.0)


async def test_the_price_is_for_the_channel_and_the_mapped_model(api: AdminApi) -> None:
    await serving(api, "mine", model_mapping='{"mine": "gpt-4o"}', priority=5)
    await serving(api, "mine", model_mapping='{"mine": "gpt-4"}')
    await options(api, ModelRatio='{"gpt-4o": 7, "gpt-4": 9}')
    assert (await prices(await api.client(USER)))["mine"]["model_ratio"] == 7


async def test_models_without_a_price_are_listed_only_if_they_are_served(api: AdminApi) -> None:
    await serving(api, "of-tomorrow")
    user = await api.client(USER)
    assert (await prices(user))["of-tomorrow"]["model_ratio"] == 30
    await options(api, UnpricedModelPolicy="refuse")
    assert not await prices(user)


@pytest.mark.parametrize(
    ("model", "endpoints"),
    [
        ("text-embedding-3-small", ["embeddings"]),
        ("rerank-v3.5", ["jina-rerank"]),
        ("dall-e-3", ["image-generation"]),
        ("whisper-1", []),
        ("gpt-4o", ["openai", "anthropic"]),
    ],
)
async def test_the_endpoints_of_a_model(api: AdminApi, model: str, endpoints: list[str]) -> None:
    await serving(api, model)
    assert (await prices(await api.client(USER)))[model]["supported_endpoint_types"] == endpoints


async def test_the_version_changes_with_the_prices(api: AdminApi) -> None:
    await serving(api, "gpt-4o")
    user = await api.client(USER)
    before = (await user.get("/api/pricing")).json()["pricing_version"]
    assert (await user.get("/api/pricing")).json()["pricing_version"] == before
    await options(api, ModelRatio='{"gpt-4o": 7}')
    assert (await user.get("/api/pricing")).json()["pricing_version"] != before


async def test_prices_as_tables(api: AdminApi) -> None:
    await serving(api, "claude-opus-4-5", ANTHROPIC)
    await options(api, UnpricedModelPolicy="listed_only")
    assert (await (await api.client(USER)).get("/api/ratio_config")).json()["data"] == {
        "model_ratio": {"claude-opus-4-5": 2.5},
        "completion_ratio": {"claude-opus-4-5": 5.0},
        "cache_ratio": {"claude-opus-4-5": 0.1},
        "create_cache_ratio": {"claude-opus-4-5": 1.25},
        "model_price": {},
    }


async def test_users_see_their_own_group_and_guests_the_default_one(api: AdminApi) -> None:
    await serving(api, "a", group="default")
    await serving(api, "b", group="vip")
    await options(api, GroupRatio='{"default": 1, "vip": 0.5}')
    api.users.change(USER, group="vip")
    user, guest = await api.client(USER), await api.client()

    assert set(await prices(user)) == {"b"}
    assert set(await prices(guest)) == {"a"}
    for path in ("/api/user/self/groups", "/api/user/groups"):
        assert (await user.get(path)).json()["data"] == {"vip": {"ratio": 0.5, "desc": "vip"}}
    assert (await guest.get("/api/user/groups")).json()["data"] == {
        "default": {"ratio": 1.0, "desc": "default"}
    }
    assert (await user.get("/api/user/models")).json()["data"] == ["b"]
    assert "vip" not in json.dumps((await guest.get("/api/pricing")).json())


@pytest.mark.parametrize("path", ["/api/pricing", "/api/ratio_config", "/api/user/groups"])
async def test_guests_see_nothing_if_registration_is_closed(api: AdminApi, path: str) -> None:
    await options(api, RegisterEnabled="false")
    for guest in (await api.client(), await api.client(Authorization="Bearer of-nobody")):
        assert not (await guest.get(path)).json()["success"]
    assert (await (await api.client(USER)).get(path)).json()["success"]
    access = await api.client(Authorization="access-11", New_Api_User="11")
    assert (await access.get(path)).json()["success"]
