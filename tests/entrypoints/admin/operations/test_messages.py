"""Root sends trial messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.errors.messages import MailRefused, PushNotConfigured
from tests.entrypoints.admin.conftest import ROOT

if TYPE_CHECKING:
    from tests.entrypoints.admin.conftest import AdminApi

ENGLISH = {"Accept-Language": "en"}


async def test_a_trial_mail_goes_to_roots_own_address(api: AdminApi) -> None:
    api.users.change(ROOT, email="root@example.com")
    client = await api.client(ROOT)
    assert (await client.post("/api/option/test_mail")).json() == {"success": True, "message": ""}
    assert (await client.post("/api/option/test_mail", headers=ENGLISH)).json()["success"]
    assert [(to, letter.subject) for to, letter in api.mailer.sent] == [
        ("root@example.com", "One API 测试消息"),
        ("root@example.com", "One API: test message"),
    ]


async def test_mail_needs_an_address(api: AdminApi) -> None:
    answer = await (await api.client(ROOT)).post("/api/option/test_mail")
    assert answer.json() == {"success": False, "message": "您的账户还没有绑定邮箱"}
    assert api.mailer.sent == []


async def test_root_gets_the_mail_servers_answer(api: AdminApi) -> None:
    api.users.change(ROOT, email="root@example.com")
    refused = MailRefused(code=554, reply="554 5.7.1 spam")
    api.mailer.failures.append(refused)
    answer = await (await api.client(ROOT)).post("/api/option/test_mail")
    assert (answer.status_code, answer.json()) == (
        200,
        {"success": False, "message": "发送邮件失败：邮件服务器拒绝了邮件（554）：554 5.7.1 spam"},
    )


async def test_pusher(api: AdminApi) -> None:
    client = await api.client(ROOT)
    assert (await client.post("/api/option/test_pusher")).json()["success"]
    assert [letter.subject for letter in api.pusher.pushed] == ["One API 测试消息"]
    api.pusher.failures.append(PushNotConfigured())
    answer = await client.post("/api/option/test_pusher", headers=ENGLISH)
    assert answer.json()["message"] == "failed to push the message: Message Pusher is not configured"
