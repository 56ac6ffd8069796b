"""Conversations over WebSockets, with a real server on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import http
import json
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve

from oneapi.adapters.transport.interface import Timeouts
from oneapi.adapters.transport.mock import MockTransport
from oneapi.adapters.transport.proxies import ProxyRules
from oneapi.adapters.transport.websocket import WebSocketCaller
from oneapi.domain.errors import (
    UpstreamBroken,
    UpstreamGarbage,
    UpstreamRefusal,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from oneapi.domain.routing.channels import Channel
from tests.adapters.upstream.gateway_calls import asked, whole
from tests.support.gateway.gateways import gateway_over
from tests.support.network.tunnel_proxy import TunnelProxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from websockets.http11 import Request, Response

QUICK = Timeouts(connect=1, first_byte=0.2, idle=0.2)
CHANNEL = Channel(7, 18, "app|secretsecret|key", 1, "c")
FIRST = {"header": {"code": 0}, "payload": {"choices": {"status": 0, "text": [{"content": "He"}]}}}
LAST = {
    "header": {"code": 0},
    "payload": {
        "choices": {"status": 2, "text": [{"content": "llo"}]},
        "usage": {"text": {"prompt_tokens": 3, "completion_tokens": 2}},
    },
}


class Provider:
    """Answers each conversation with ``frames``; then hangs up, stays silent, or breaks off."""

    def __init__(self) -> None:
        self.frames: list[Any] = []
        self.then = "close"
        self.heard: list[str] = []
        self.paths: list[str] = []
        self.gone = asyncio.Event()
        self.url = ""

    async def converse(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.paths.append(connection.request.path)
        self.heard.append(str(await connection.recv()))
        for frame in self.frames:
            await connection.send(json.dumps(frame))
        if self.then == "break":
            connection.transport.abort()
        elif self.then == "stay":
            with contextlib.suppress(Exception):
                await connection.wait_closed()
            self.gone.set()

    def check(self, connection: ServerConnection, request: Request) -> Response | None:
        if self.then != "refuse":
            return None
        del request
        return connection.respond(http.HTTPStatus.UNAUTHORIZED, '{"message":"bad signature"}')


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    server: Server
    async with serve(made.converse, "127.0.0.1", 0, process_request=made.check) as server:
        made.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield made


async def test_frames_are_lines(provider: Provider) -> None:
    provider.frames = [{"a": "1\n2"}, {"b": "\u2028"}]
    response = await WebSocketCaller(QUICK).send(provider.url + "/chat?x=1", b'{"ask":1}')
    assert response.status == 200
    lines = (await response.read(1000)).splitlines()
    assert [json.loads(line) for line in lines] == provider.frames
    assert (provider.heard, provider.paths) == (['{"ask":1}'], ["/chat?x=1"])
    response.release()


async def test_silence_ends(provider: Provider) -> None:
    provider.then = "stay"
    response = await WebSocketCaller(QUICK).send(provider.url, b"{}")
    with pytest.raises(UpstreamTimeout):
        await response.next()
    response.release()
    await asyncio.wait_for(provider.gone.wait(), 2)


async def test_broken_connection(provider: Provider) -> None:
    provider.frames, provider.then = [FIRST], "break"
    response = await WebSocketCaller(QUICK).send(provider.url, b"{}")
    assert await response.next()
    with pytest.raises(UpstreamBroken):
        await response.next()


async def test_answer_beyond_the_limit(provider: Provider) -> None:
    provider.frames = [{"a": "x" * 100}] * 3
    response = await WebSocketCaller(QUICK).send(provider.url, b"{}")
    with pytest.raises(UpstreamGarbage):
        await response.read(150)
    response.release()


async def test_nobody_there() -> None:
    with pytest.raises(UpstreamUnreachable):
        await WebSocketCaller(QUICK).send("ws://127.0.0.1:1/chat?authorization=secret", b"{}")


@pytest.mark.parametrize("scheme", ["http", "socks5"])
@pytest.mark.parametrize("named", [True, False], ids=["fixed", "environment"])
async def test_a_conversation_through_a_proxy(provider: Provider, scheme: str, *, named: bool) -> None:
    provider.frames = [FIRST]
    async with TunnelProxy(int(provider.url.rpartition(":")[2])) as proxy:
        url = f"{scheme}://127.0.0.1:{proxy.port}"
        proxies = ProxyRules.of(url, {}) if named else ProxyRules.of(None, {"http": url, "no": "not.example"})
        response = await WebSocketCaller(QUICK, proxies).send("ws://provider.example/chat", b"{}")
        assert json.loads(await response.next()) == FIRST
        response.release()
        if not named:
            with pytest.raises(UpstreamUnreachable):
                await WebSocketCaller(QUICK, proxies).send("ws://not.example/chat", b"{}")
        assert proxy.asked == ["provider.example:80"]


async def test_a_proxy_that_refuses_the_conversation(provider: Provider) -> None:
    async with TunnelProxy(1, verdict=b"HTTP/1.1 403 Forbidden\r\n\r\n") as proxy:
        caller = WebSocketCaller(QUICK, ProxyRules.of(f"http://127.0.0.1:{proxy.port}", {}))
        with pytest.raises(UpstreamUnreachable, match="answered '403'"):
            await caller.send("ws://provider.example/chat?authorization=secret", b"{}")
    assert not provider.heard


async def test_refused_handshake_is_an_answer(provider: Provider) -> None:
    provider.then = "refuse"
    response = await WebSocketCaller(QUICK).send(provider.url, b"{}")
    assert (response.status, await response.read(1000)) == (401, b'{"message":"bad signature"}')
    assert await response.next() == b""


# --- through the gateway -------------------------------------------------------------------------


@pytest.fixture
def ask(provider: Provider) -> Callable[..., Any]:
    gateway = gateway_over(
        MockTransport(), enforce_include_usage=False, limit=10_000, websocket=WebSocketCaller(QUICK)
    )
    channel = Channel(7, 18, CHANNEL.key, 1, "c", base_url=provider.url.replace("ws", "http"))

    async def call(*, stream: bool = False) -> Any:
        fields = {"model": "Spark-Max", "messages": [{"role": "user", "content": "hi"}]}
        return await gateway.call(asked(fields=fields, stream=stream), channel, "Spark-Max")

    return call


async def test_conversation(provider: Provider, ask: Callable[..., Any]) -> None:
    provider.frames = [FIRST, LAST]
    answer = await ask()
    body = json.loads(await whole(answer))
    assert body["choices"][0]["message"]["content"] == "Hello"
    assert (answer.usage.prompt, answer.usage.completion) == (3, 2)
    assert provider.paths[0].startswith("/v3.5/chat?authorization=")
    assert json.loads(provider.heard[0])["header"] == {"app_id": "app"}


async def test_streamed_conversation_is_cut_when_the_client_leaves(
    provider: Provider, ask: Callable[..., Any]
) -> None:
    provider.frames, provider.then = [FIRST], "stay"
    answer = await ask(stream=True)
    assert b"He" in await answer.next()
    await answer.close()
    await asyncio.wait_for(provider.gone.wait(), 2)


async def test_refusal_names_no_secret(provider: Provider, ask: Callable[..., Any]) -> None:
    provider.then = "refuse"
    with pytest.raises(UpstreamRefusal) as caught:
        await ask()
    assert (caught.value.said, caught.value.cause) == (401, "bad signature")
