"""Messages as a Message Pusher gets them, and what is made of its answers."""

from __future__ import annotations

import asyncio
import json
import ssl
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from oneapi.adapters import pusher as adapter
from oneapi.adapters.pusher import HttpPusher
from oneapi.adapters.transport.http1 import Http1Transport
from oneapi.adapters.transport.interface import Timeouts
from oneapi.adapters.transport.proxies import ProxyRules
from oneapi.application.messages.letters import Letter
from oneapi.domain.errors.messages import (
    MessageNotSent,
    PushGarbage,
    PushNotConfigured,
    PushRefused,
    PushUnreachable,
)
from oneapi.domain.options import Options
from tests.support.providers.upstream import Answer, Ending, ProgrammableUpstream, raw, reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    Make = Callable[..., HttpPusher]

TOKEN = "push-secret"
LETTER = Letter("渠道状态变更提醒", "<p>{{7*7}}</p>", "{{7*7}}\n")
TAKEN = reply(b'{"success":true,"message":"ok"}')


@pytest.fixture
async def server() -> AsyncIterator[ProgrammableUpstream]:
    async with ProgrammableUpstream() as server:
        yield server


@pytest.fixture
async def pusher() -> AsyncIterator[Make]:
    """Makes a pusher for an address, and perhaps proxies of the environment."""
    transports: list[Http1Transport] = []

    def make(address: str, proxies: Mapping[str, str] = MappingProxyType({})) -> HttpPusher:
        settings = Options(message_pusher_address=address, message_pusher_token=TOKEN)
        no_authorities = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        transports.append(Http1Transport(Timeouts(), ProxyRules.of(None, proxies), verify=no_authorities))
        return HttpPusher(lambda: settings, transports[-1])

    yield make
    for transport in transports:
        await transport.close()


async def refusal(wanted: HttpPusher) -> MessageNotSent:
    with pytest.raises(MessageNotSent) as caught:
        await wanted.push(LETTER)
    assert TOKEN not in caught.value.reply
    return caught.value


async def test_a_message_arrives(pusher: Make, server: ProgrammableUpstream) -> None:
    server.always("/push/root", TAKEN)
    await pusher(server.url + "/push/root").push(LETTER)
    (request,) = server.requests
    assert request.method == "POST"
    assert request.header("content-type") == "application/json"
    assert json.loads(request.body) == {
        "title": LETTER.subject,
        "description": LETTER.text,
        "content": LETTER.html,
        "url": "",
        "channel": "",
        "token": TOKEN,
    }


async def test_nothing_is_sent_without_an_address(pusher: Make) -> None:
    assert isinstance(await refusal(pusher(" ")), PushNotConfigured)


async def test_refusal_says_what_the_pusher_said(pusher: Make, server: ProgrammableUpstream) -> None:
    said = json.dumps({"success": False, "message": f"wrong token {TOKEN}"}).encode()
    server.always(None, reply(said))
    refused = await refusal(pusher(server.url))
    assert (type(refused), refused.reply) == (PushRefused, "wrong token ***")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"success":"true"}'),
        (200, b"[" * 5000),
        (200, b'{"success":true' + b" " * adapter.LONGEST_ANSWER + b"}"),
        (404, b"not found"),
        (500, b""),
    ],
)
async def test_what_is_no_answer_is_no_success(
    pusher: Make, server: ProgrammableUpstream, status: int, body: bytes
) -> None:
    server.always(None, reply(body, status=status))
    refused = await refusal(pusher(server.url))
    assert isinstance(refused, PushGarbage)
    assert refused.said == status


async def test_redirects_do_not_carry_the_token_away(pusher: Make, server: ProgrammableUpstream) -> None:
    async with ProgrammableUpstream() as other:
        other.always(None, TAKEN)
        server.always(None, reply(b"", status=307, headers={"Location": other.url}))
        refused = await refusal(pusher(server.url))
        assert isinstance(refused, PushGarbage)
        assert refused.said == 307
        assert other.requests == []


@pytest.mark.parametrize("answer", [raw(Ending.STALL), TAKEN.dripping(0.05)], ids=["silent", "dripping"])
async def test_slow_pusher_does_not_keep_anybody_waiting(
    pusher: Make, server: ProgrammableUpstream, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    monkeypatch.setattr(adapter, "PATIENCE", 0.2)
    server.always(None, answer)
    assert isinstance(await asyncio.wait_for(refusal(pusher(server.url)), 3), PushUnreachable)


async def test_pusher_that_is_gone(pusher: Make) -> None:
    async with ProgrammableUpstream() as server:
        pass
    assert isinstance(await refusal(pusher(server.url)), PushUnreachable)


@pytest.mark.parametrize(
    "address", ["push.example.com", "ftp://127.0.0.1/", "http://", "http://[::1", "http://a b"]
)
async def test_addresses_that_cannot_be(pusher: Make, address: str) -> None:
    assert isinstance(await refusal(pusher(address)), PushUnreachable)


async def test_proxies_of_the_environment(pusher: Make, server: ProgrammableUpstream) -> None:
    server.always(None, TAKEN)
    await pusher("http://push.invalid/x", {"http": server.url}).push(LETTER)
    assert server.requests[-1].target == "http://push.invalid/x"
    nowhere: dict[str, Any] = {"http": "http://127.0.0.1:1", "no": "127.0.0.1"}
    await pusher(server.url, nowhere).push(LETTER)
    assert server.requests[-1].target == "/"
