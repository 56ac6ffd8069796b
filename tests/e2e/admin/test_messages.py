"""Mails of a real process: the operator's trial message, and messages that it sends by itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import httpx

from tests.e2e.conftest import eventually
from tests.support.gateway.server import NO_TLS, Administrator, Gateway, running
from tests.support.mail_server import MailServer, running_mail_server
from tests.support.providers.upstream import chat_reply, error_reply

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.providers.upstream import ProgrammableUpstream

EMAIL = "root@example.org"
CHAT = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 5}


def ask(gateway: Gateway, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(
        gateway.url + "/v1/chat/completions", json=CHAT, headers=headers, timeout=20, verify=NO_TLS
    ).status_code


def prepare(gateway: Gateway, server: MailServer) -> Administrator:
    with closing(sqlite3.connect(gateway.directory / "one-api.db", timeout=10)) as database:
        database.execute("UPDATE users SET email = ? WHERE role = 100", (EMAIL,))
        database.commit()
    admin = Administrator(gateway.url)
    settings = {"SMTPServer": "127.0.0.1", "SMTPPort": str(server.port), "SMTPFrom": "gateway@example.com"}
    for key, value in settings.items():
        admin.set_option(key, value)
    return admin


def test_messages_of_a_running_gateway(tmp_path: Path, upstream: ProgrammableUpstream) -> None:
    with running_mail_server() as server, running(tmp_path) as gateway:
        admin = prepare(gateway, server)

        def subjects() -> list[str]:
            return [str(mail.message["Subject"]) for mail in server.mails]

        admin.call("POST", "/api/option/test_mail")
        assert subjects() == ["One API 测试消息"]

        admin.set_option("QuotaRemindThreshold", str(admin.self()["quota"]))
        admin.add_channel(upstream.url, "m", name="main <1>")
        key = admin.add_token()
        upstream.always(None, chat_reply("hi"))
        for _ in range(3):
            assert ask(gateway, key) == 200
        eventually(lambda: len(server.mails) == 2)
        assert subjects()[1] == "额度提醒"

        admin.set_option("AutomaticDisableChannelEnabled", "true")
        upstream.always(None, error_reply(401, "no <such> key", code="invalid_api_key"))
        assert ask(gateway, key) != 200
        eventually(lambda: len(server.mails) == 3)
        assert subjects()[2] == "渠道状态变更提醒"
        assert "「main <1>」" in server.mails[2].part("plain")
        assert "no &lt;such&gt; key" in server.mails[2].part("html")
        assert {tuple(mail.recipients) for mail in server.mails} == {(EMAIL,)}
        assert gateway.stop() == 0
        assert "Traceback" not in gateway.output()
