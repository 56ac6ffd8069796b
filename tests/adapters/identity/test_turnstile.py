"""Cloudflare's judgement, as it comes over the wire."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from oneapi.adapters.identity.turnstile import SITEVERIFY, CloudflareTurnstile
from oneapi.domain.errors.people import HumanCheckUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from oneapi.adapters.identity.calls import Calls


@asynccontextmanager
async def site(answer: bytes | None, asked: list[bytes]) -> AsyncIterator[str]:
    """A server that notes what it is asked and says ``answer``, None: nothing; its URL."""
    silence = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        asked.append(head + await reader.readexactly(length))
        if answer is None:
            await silence.wait()
        else:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1")
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/verify"
    finally:
        silence.set()
        server.close()
        await server.wait_closed()


def answer(body: str, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ('{"success":true,"challenge_ts":"2026"}', True),
        ('{"success":false,"error-codes":["timeout-or-duplicate"]}', False),
        ('{"success":"true"}', False),
        ("{}", False),
        ("[]", False),
    ],
)
async def test_judgement(calls: Calls, body: str, *, right: bool) -> None:
    asked: list[bytes] = []
    async with site(answer(body), asked) as url:
        turnstile = CloudflareTurnstile(calls, url)
        assert await turnstile.verify("secret", "token&x=1", "2001:db8::1") is right
    head, _, form = asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /verify ")
    wanted = {"secret": ["secret"], "response": ["token&x=1"], "remoteip": ["2001:db8::1"]}
    assert parse_qs(form.decode()) == wanted


@pytest.mark.parametrize(
    "reply", [answer("nonsense"), answer('{"success":true}', "500 Oh no"), b"", b"\x00\xff\r\n\r\n", None]
)
async def test_no_judgement_is_none_in_favour(
    calls: Calls, reply: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    async with site(reply, []) as url:
        turnstile = CloudflareTurnstile(calls, url)
        with pytest.raises(HumanCheckUnavailable):
            await turnstile.verify("the-secret", "the-token", "192.0.2.1")
    assert "the-secret" not in caplog.text
    assert "the-token" not in caplog.text


async def test_nobody_there(calls: Calls) -> None:
    turnstile = CloudflareTurnstile(calls, "http://127.0.0.1:1/verify")
    with pytest.raises(HumanCheckUnavailable):
        await turnstile.verify("secret", "token", "192.0.2.1")


def test_it_is_cloudflare_that_is_asked() -> None:
    assert SITEVERIFY == "https://challenges.cloudflare.com/turnstile/v0/siteverify"
