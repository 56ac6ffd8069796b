"""The playground: the relay with a session cookie only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from oneapi.domain.people.users import UserStatus
from oneapi.domain.work import Work
from tests.entrypoints.admin.conftest import USER

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi

CHAT = "/api/playground/chat/completions"
ASKED = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello"}]}


async def test_a_session_counts_as_an_unlimited_token_without_a_row(api: AdminApi) -> None:
    answer = await (await api.client(USER)).post(CHAT, json=ASKED)
    assert answer.status_code == 200
    [(caller, request)] = api.relay.served
    assert caller.account.user.id == USER
    assert caller.account.token.id == 0
    assert caller.account.token.name == "playground"
    assert caller.account.token.unlimited_quota
    assert caller.pinned is None
    assert (request.work, request.model) == (Work.CONVERSE, "gpt-4o")


@pytest.mark.parametrize("authorization", ["", f"access-{USER}", f"Bearer access-{USER}"])
async def test_only_a_session_is_accepted(api: AdminApi, authorization: str) -> None:
    headers = {"Accept-Language": "en"} | ({"Authorization": authorization} if authorization else {})
    answer = await (await api.client()).post(CHAT, json=ASKED, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("your session has ended: sign in again (request id")
    assert answer.json()["error"]["type"] == "one_api_error"
    assert not api.relay.served


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
async def test_pages_of_other_sites_are_refused(api: AdminApi, headers: dict[str, str]) -> None:
    answer = await (await api.client(USER)).post(CHAT, json=ASKED, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["message"].startswith("无权进行此操作，请求来自其他站点")
    assert "access-control-allow-origin" not in answer.headers
    assert not api.relay.served


async def test_a_disabled_user_is_refused_at_once(api: AdminApi) -> None:
    client = await api.client(USER)
    assert (await client.post(CHAT, json=ASKED)).status_code == 200
    api.users.change(USER, status=UserStatus.DISABLED)
    answer = await client.post(CHAT, json=ASKED)
    assert answer.status_code == 403
    assert answer.json()["error"]["message"].startswith("用户已被封禁")
    assert len(api.relay.served) == 1


async def test_a_bad_request_is_refused_in_the_form_of_the_relay(api: AdminApi) -> None:
    answer = await (await api.client(USER)).post(CHAT, json={"model": "gpt-4o"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "messages"
