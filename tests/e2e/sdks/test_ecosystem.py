"""Calls by tools for gateways, with the headers that they send: balances, usage, logs, groups and prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from tests.support.gateway.server import NO_TLS
from tests.support.providers.upstream import chat_reply

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

DOLLAR = 500_000


def ask(site: Site, path: str, shown: str, **headers: str) -> Any:
    named = {"Authorization": f"Bearer {shown}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    answer = httpx.get(site.gateway.url + path, headers=named, timeout=20, verify=NO_TLS)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_token_can_read_its_spending_and_remaining_quota(site: Site) -> None:
    key = site.admin.add_token(unlimited_quota=False, remain_quota=DOLLAR, name="of tools")
    site.upstream.always("/v1/chat/completions", chat_reply("x", prompt_tokens=2000, completion_tokens=0))
    site.client.with_options(api_key=key).chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "hello"}]
    )

    usage = ask(site, "/api/usage/token/", key)["data"]
    spent = usage["total_used"]

    assert spent > 0
    assert usage["total_available"] == DOLLAR - spent
    for path in ("/user/balance", "/v1/user/balance"):
        assert ask(site, path, key) == {"is_active": True, "balance": (DOLLAR - spent) / DOLLAR}
    (row,) = ask(site, "/api/log/token", key)["data"]
    assert (row["token_name"], row["model_name"], row["quota"]) == ("of tools", "gpt-4o", spent)


def test_a_spent_token_has_no_balance_and_is_not_refused(site: Site) -> None:
    key = site.admin.add_token(unlimited_quota=False, remain_quota=0)
    assert ask(site, "/user/balance", key) == {"is_active": False, "balance": 0.0}
    answer = httpx.get(site.gateway.url + "/user/balance", verify=NO_TLS, headers={"Authorization": "sk-no"})
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "one_api_error"


def test_an_access_token_is_accepted_with_the_users_id_under_several_names(site: Site) -> None:
    access_token = site.admin.call("GET", "/api/user/token")
    names = (
        "New-Api-User", "Veloera-User", "X-Api-User", "voapi-user", "User-id", "Rix-Api-User", "neo-api-user",
    )  # fmt: skip
    shown = ask(site, "/api/user/self", access_token, **dict.fromkeys(names, "1"))["data"]
    assert {"quota", "used_quota", "group", "request_count"} <= set(shown)
    assert shown["username"] == "root"


def test_prices_and_groups_are_those_of_the_caller(site: Site) -> None:
    access_token = site.admin.call("GET", "/api/user/token")

    pricing = ask(site, "/api/pricing", access_token, New_Api_User="1")

    priced = {each["model_name"]: each for each in pricing["data"]}
    assert (priced["gpt-4o"]["model_ratio"], priced["gpt-4o"]["enable_groups"]) == (2.5, ["default"])
    for path in ("/api/user/groups", "/api/user/self/groups"):
        assert ask(site, path, access_token)["data"] == {"default": {"ratio": 1.0, "desc": "default"}}
    assert "gpt-4o" in ask(site, "/api/user/models", access_token)["data"]


def test_models_are_listed_with_their_properties(site: Site) -> None:
    listed = {model.id: model for model in site.client.models.list()}
    one = site.client.models.retrieve("gpt-4o")

    assert one == listed["gpt-4o"]
    assert (one.shutdown_date, one.to_dict()["context_length"]) == ("2027-01-14", 128_000)
    assert "image" in one.to_dict()["architecture"]["input_modalities"]  # type: ignore[index]
    assert "architecture" not in listed["dall-e-3"].to_dict()
